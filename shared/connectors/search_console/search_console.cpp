#include "shared/connectors/search_console/search_console.hpp"

#include <array>

#include "shared/connectors/google/grants.hpp"
#include "shared/connectors/search_console/performance.hpp"

namespace wf::search_console {
namespace {

using std::chrono::days;

constexpr std::string_view scope = "https://www.googleapis.com/auth/webmasters.readonly";
// Google keeps 16 months; a first look needs a quarter.
constexpr days backfill{90};
// Days that were still provisional when they were read last, and a margin.
constexpr days overlap{5};
// The totals of any number of days are one call, so a day that Google leaves open for weeks is closed too.
constexpr days overlap_of_totals{30};
// Google was late by more than a week now and then.
constexpr days weekly_overlap_of_details{16};

template <const Detail& detail>
HttpRequest request(const Query& query) {
  return detail_request(detail, query);
}
template <const Detail& detail>
Result<Page> parse(const HttpReply& reply, const Query& query, UnixSeconds source_at) {
  return parse_detail(detail, reply, query, source_at);
}

constexpr std::array streams{Stream{.id = "site",
                                    .first_sync = backfill,
                                    .overlap = overlap_of_totals,
                                    .final_after = final_after,
                                    .request = site_request,
                                    .parse = parse_site},
                             Stream{.id = "queries",
                                    .first_sync = backfill,
                                    .overlap = overlap,
                                    .weekly_overlap = weekly_overlap_of_details,
                                    .final_after = final_after,
                                    .request = request<queries>,
                                    .parse = parse<queries>},
                             Stream{.id = "pages",
                                    .first_sync = backfill,
                                    .overlap = overlap,
                                    .weekly_overlap = weekly_overlap_of_details,
                                    .final_after = final_after,
                                    .request = request<pages>,
                                    .parse = parse<pages>}};

// A service account where there is one, else someone's consent.
std::vector<GrantStep> access_token(const Json& ids, UnixSeconds now) {
  if (find_string(ids, "search_console.client_email"))
    return google::service_account_grant("search_console", scope, ids, now);
  return google::refresh_token_grant("search_console", ids);
}

constexpr std::array grants{Grant{.captured = "search_console.access_token", .steps = access_token}};

}  // namespace

constinit const Connector connector{
    .service = "search_console", .streams = streams, .explain = explain, .grants = grants};

}  // namespace wf::search_console
