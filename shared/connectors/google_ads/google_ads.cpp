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
constexpr Stream stream(std::string_view id, days overlap) {
  return {.id = id,
          .first_sync = backfill,
          .overlap = overlap,
          .weekly_overlap = weekly,
          .final_after = converting_at_most,
          .request = [](const Query& query) { return report_request(report, query); },
          .parse = [](const HttpReply& reply, const Query& query,
                      UnixSeconds source_at) { return parse_report(report, reply, query, source_at); }};
}

constexpr std::array streams{stream<campaigns>("campaigns", settling),
                             stream<search_terms>("search_terms", settling),
                             stream<performance_max_terms>("performance_max_terms", settling),
                             stream<conversions>("conversions", converting)};

std::vector<GrantStep> access_token(const Json& ids, UnixSeconds) {
  return google::refresh_token_grant("google_ads", ids);
}

constexpr std::array grants{Grant{.captured = "google_ads.access_token", .steps = access_token}};

}  // namespace

constinit const Connector connector{
    .service = "google_ads", .streams = streams, .explain = explain, .grants = grants};

}  // namespace wf::google_ads
