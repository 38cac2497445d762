#include "shared/connectors/google_ads/google_ads.hpp"

#include <array>

#include "shared/connectors/google/grants.hpp"
#include "shared/connectors/google_ads/reports.hpp"

namespace wf::google_ads {
namespace {

using std::chrono::days;

constexpr days backfill{90};
// Clicks and cost settle in days. Conversions, which are in all reports, count for the day of their click:
// most within a month, some after three.
constexpr days settling{7};
constexpr days converting{30};
constexpr days converting_at_most{90};
// So that a day's last conversions are still read by the first scan of a week.
constexpr days weekly = converting_at_most + days{7};

template <const Report& report>
HttpRequest request(const Query& query) {
  return report_request(report, query);
}
template <const Report& report>
Result<Page> parse(const HttpReply& reply, const Query& query, UnixSeconds source_at) {
  return parse_report(report, reply, query, source_at);
}

constexpr std::array streams{
    Stream{.id = "campaigns",
           .first_sync = backfill,
           .overlap = settling,
           .weekly_overlap = weekly,
           .final_after = converting_at_most,
           .request = request<campaigns>,
           .parse = parse<campaigns>},
    Stream{.id = "search_terms",
           .first_sync = backfill,
           .overlap = settling,
           .weekly_overlap = weekly,
           .final_after = converting_at_most,
           .request = request<search_terms>,
           .parse = parse<search_terms>},
    Stream{.id = "performance_max_terms",
           .first_sync = backfill,
           .overlap = settling,
           .weekly_overlap = weekly,
           .final_after = converting_at_most,
           .request = request<performance_max_terms>,
           .parse = parse<performance_max_terms>},
    Stream{.id = "conversions",
           .first_sync = backfill,
           .overlap = converting,
           .weekly_overlap = weekly,
           .final_after = converting_at_most,
           .request = request<conversions>,
           .parse = parse<conversions>},
};

std::vector<GrantStep> access_token(const Json& ids, UnixSeconds) {
  return google::refresh_token_grant("google_ads", ids);
}

constexpr std::array grants{Grant{.captured = "google_ads.access_token", .steps = access_token}};

}  // namespace

constinit const Connector connector{
    .service = "google_ads", .streams = streams, .explain = explain, .grants = grants};

}  // namespace wf::google_ads
