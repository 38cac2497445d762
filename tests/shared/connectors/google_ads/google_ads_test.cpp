#include "shared/connectors/google_ads/google_ads.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/google/grants.hpp"
#include "shared/connectors/google_ads/reports.hpp"
#include "tests/shared/connectors/google/fixtures.hpp"

using namespace wf;
using google_fixtures::at;
using google_fixtures::reply;
using google_fixtures::rows_of;

namespace {

const UnixSeconds source_at = at("2026-11-23T13:00:00Z");

Query query_of(const char* from, const char* to) {
  return {.window = {at(from), at(to)}, .partition = "123-456-7890", .ids = Json::object()};
}

const Query november = query_of("2026-11-15T13:00:00Z", "2026-11-23T13:00:00Z");

Page page_of(const google_ads::Report& report, const std::string& fixture, const Query& query = november) {
  auto page = google_ads::parse_report(report, reply("google-ads/" + fixture), query, source_at);
  INFO((page ? "" : page.error().message));
  REQUIRE(page.has_value());
  return *std::move(page);
}

std::vector<Json> rows_in(const google_ads::Report& report, const std::string& fixture) {
  const Page page = page_of(report, fixture);
  REQUIRE(page.batches.size() == 1);
  CHECK(page.batches[0].table == report.table);
  auto rows = rows_of(page.batches[0]);
  const char* migration =
      &report == &google_ads::performance_max_terms ? "0063_terms_and_holds.sql" : "0012_google_ads.sql";
  CHECK(rows.size() == page.items);
  for (const Json& row : rows)
    CHECK(columns::of_row(row) == columns::of_table(migration, std::string(report.table)));
  return rows;
}

Problem explained(const HttpReply& answer, ErrorKind kind, Remedy remedy) {
  const Problem problem = google_ads::explain(answer, {{ErrorKind::ours, "google_ads campaigns: answered"}});
  INFO(problem.error.message);
  CHECK(problem.error.kind == kind);
  CHECK(problem.remedy == remedy);
  return problem;
}

}  // namespace

TEST_CASE("a report asks for an account's days, with what its access needs", "[google_ads]") {
  const HttpRequest plain = google_ads::report_request(google_ads::campaigns, november);
  CHECK(plain.method == "POST");
  CHECK(plain.url ==
        "https://googleads.googleapis.com/v26/customers/1234567890/googleAds:search?prettyPrint=false");
  CHECK(header(plain.headers, "authorization") == "Bearer {{secret:google_ads.access_token}}");
  CHECK(header(plain.headers, "login-customer-id").empty());
  CHECK(contains(plain.body, "FROM campaign WHERE segments.date BETWEEN '2026-11-15' AND '2026-11-23'"));
  CHECK_FALSE(contains(plain.body, "pageToken"));

  Query managed = november;
  managed.ids = {{"google_ads.login_customer_id", "987-654-3210"}, {"google_ads.api_version", "v27"}};
  managed.position = {{"day", "2026-11-20"}, {"page_token", "next"}};
  const HttpRequest request = google_ads::report_request(google_ads::search_terms, managed);
  CHECK(starts_with(request.url, "https://googleads.googleapis.com/v27/customers/1234567890/"));
  CHECK(header(request.headers, "login-customer-id") == "9876543210");
  CHECK(contains(request.body,
                 "FROM search_term_view WHERE segments.date BETWEEN '2026-11-15' AND '2026-11-20'"));
  CHECK(contains(request.body, R"("pageToken":"next")"));
}

TEST_CASE("a version that is none is not sent", "[google_ads]") {
  Query query = november;
  const auto url = [&](const char* version) {
    query.ids["google_ads.api_version"] = version;
    return google_ads::report_request(google_ads::campaigns, query).url;
  };
  for (const char* version : {"", "v", "26", "v26/../../x", "vx", "-27"})
    CHECK(contains(url(version), "/v26/"));
  for (const char* version : {"v27", "27", "V27", "v27.1"}) CHECK(contains(url(version), "/v27/"));
}

TEST_CASE("cost and conversions by action are never asked for together", "[google_ads]") {
  const std::string body = google_ads::report_request(google_ads::conversions, november).body;
  CHECK(contains(body, "segments.conversion_action,"));
  CHECK_FALSE(contains(body, "metrics.clicks"));
  CHECK_FALSE(contains(body, "metrics.cost_micros"));
}

TEST_CASE("no day is asked for before it has begun everywhere", "[google_ads]") {
  const auto last_day = [](const char* now) {
    const Query query = query_of("2026-11-15T13:00:00Z", now);
    return google_ads::report_request(google_ads::campaigns, query).body;
  };
  CHECK(contains(last_day("2026-11-23T11:59:00Z"), "AND '2026-11-22'"));
  CHECK(contains(last_day("2026-11-23T12:00:00Z"), "AND '2026-11-23'"));
}

TEST_CASE("campaigns are read from a stream's array and a search's object", "[google_ads]") {
  const auto rows = rows_in(google_ads::campaigns, "searchstream_campaigns.built.json");
  REQUIRE(rows.size() >= 3);
  CHECK(rows[0] == *parse_json(R"({"customer_id":"1234567890","day":"2026-11-20","campaign_id":"111",
      "campaign_name":"Brand","campaign_status":"ENABLED","channel_type":"SEARCH","impressions":1200,
      "clicks":84,"cost_micros":41230000,"conversions":6.0,"conversions_value_micros":420500000,
      "currency":"EUR","time_zone":"Europe/Berlin","source_at":"2026-11-23T13:00:00Z"})",
                               "row"));
  CHECK(rows[1]["conversions"] == 5.5);
  CHECK(rows_in(google_ads::campaigns, "search_page1.built.json")[0] == rows[0]);
  const auto paused = rows_in(google_ads::campaigns, "search_page2_last.built.json");
  CHECK(paused[0]["campaign_status"] == "PAUSED");
  CHECK(paused[0]["conversions_value_micros"] == 0);
}

TEST_CASE("pages of a slice come before the slice before it", "[google_ads]") {
  const Page first = page_of(google_ads::campaigns, "search_page1.built.json");
  REQUIRE(first.next);
  CHECK((*first.next)["page_token"] == "CPii5aS87vfFTBAKGJvk36qpLiIWUW5SZk8xanRmLVd");
  CHECK((*first.next)["day"] == "2026-11-23");
  CHECK_FALSE(first.oldest);  // the slice is not over
  CHECK(first.newest == at("2026-11-20T00:00:00Z"));
  Query query = november;
  query.position = *first.next;
  CHECK_FALSE(page_of(google_ads::campaigns, "search_page2_last.built.json", query).next);

  const Query quarter = query_of("2026-08-25T13:00:00Z", "2026-11-23T13:00:00Z");
  const Page newest = page_of(google_ads::campaigns, "search_page2_last.built.json", quarter);
  REQUIRE(newest.next);
  CHECK(dump(*newest.next) == R"({"day":"2026-10-23"})");
  CHECK(newest.oldest == at("2026-10-24T12:00:00Z"));
}

TEST_CASE("search terms keep their accents and their 64 bits", "[google_ads]") {
  const auto rows = rows_in(google_ads::search_terms, "search_search_terms.built.json");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0]["search_term"] == "roof service");
  CHECK(rows[0]["match_type"] == "NEAR_EXACT");
  CHECK(rows[0]["ad_group_id"] == "333");
  CHECK(rows[0]["conversions_value_micros"] == 70'250'000);
  CHECK(rows[1]["search_term"] == "dach \"reparatur\" münchen");
  CHECK(dump(rows[1]["clicks"]) == R"("9007199254740993")");
  CHECK(dump(rows[1]["impressions"]) == R"("9223372036854775807")");
}

TEST_CASE("terms of Performance Max are asked for without what would leave them out", "[google_ads]") {
  const std::string body = google_ads::report_request(google_ads::performance_max_terms, november).body;
  CHECK(
      contains(body,
               "FROM campaign_search_term_view WHERE segments.date BETWEEN '2026-11-16' AND '2026-11-23' AND "
               "campaign.advertising_channel_type = 'PERFORMANCE_MAX' ORDER BY segments.date DESC"));
  CHECK_FALSE(contains(body, "match_type"));
  CHECK_FALSE(contains(body, "ad_group"));
  const auto rows = rows_in(google_ads::performance_max_terms, "search_performance_max_terms.built.json");
  REQUIRE(rows.size() == 3);
  CHECK(rows[0]["search_term"] == "zahnarzt notdienst köln");
  CHECK(rows[0]["conversions_value_micros"] == 90'100'000);
  CHECK_FALSE(rows[0].contains("ad_group_id"));
  CHECK(dump(rows[2]["impressions"]) == R"("9223372036854775806")");
}

TEST_CASE("conversions carry the id and the name of their action", "[google_ads]") {
  const auto rows = rows_in(google_ads::conversions, "search_conversions.built.json");
  REQUIRE(rows.size() == 3);
  CHECK(rows[0]["conversion_action_id"] == "987654321");
  CHECK(rows[0]["conversion_action_category"] == "BOOK_APPOINTMENT");
  CHECK(rows[0]["all_conversions"] == 6.25);
  CHECK(rows[2]["conversions"] == 0);
}

TEST_CASE("an account without figures has no rows", "[google_ads]") {
  const Page page = page_of(google_ads::campaigns, "searchstream_empty.built.json");
  CHECK(page.items == 0);
  CHECK(page.batches.empty());
  CHECK_FALSE(page.newest);
  CHECK(page.oldest == at("2026-11-15T12:00:00Z"));
}

TEST_CASE("money without its currency is refused", "[google_ads]") {
  const auto page =
      google_ads::parse_report(google_ads::search_terms,
                               reply("google-ads/searchstream_search_terms.built.json"), november, source_at);
  REQUIRE_FALSE(page);
  CHECK(page.error().message == "google_ads search_terms: missing customer.currencyCode");
}

TEST_CASE("a stream that breaks off is no success", "[google_ads]") {
  std::string body = project_files::read("tests/fixtures/google-ads/searchstream_campaigns.built.json");
  body = body.substr(0, body.rfind(']')) + R"(,{"error":{"code":500,"status":"INTERNAL","message":"x"}}])";
  const auto page = google_ads::parse_report(google_ads::campaigns, {.body = body}, november, source_at);
  REQUIRE_FALSE(page);
  CHECK(page.error().kind == ErrorKind::provider);
}

TEST_CASE("errors say who must act", "[google_ads]") {
  using enum ErrorKind;
  for (const char* name : {"error_quota_search", "error_quota_searchstream_array"}) {
    const auto limited =
        explained(reply("google-ads/" + std::string(name) + ".built.json", 429), rate_limit, Remedy::retry);
    CHECK(limited.error.retry_after_secs == 900);
  }
  // Of a stream that had begun well the last chunk is the error.
  explained({.status = 429, .body = R"([{"results":[]},{"error":{"details":[{"errors":[
                 {"errorCode":{"quotaError":"RESOURCE_EXHAUSTED"}}]}]}}])"},
            rate_limit, Remedy::retry);
  explained({.status = 503, .body = R"([{"results":[]},{"error":{"details":[{"errors":[
                 {"errorCode":{"internalError":"TRANSIENT_ERROR"}}]}]}}])"},
            provider, Remedy::retry);
  const auto denied =
      explained(reply("google-ads/error_login_customer.built.json", 403), configuration, Remedy::give_up);
  CHECK(contains(denied.error.message, "(USER_PERMISSION_DENIED)"));
  CHECK(contains(denied.error.message, "login_customer_id"));
  explained(reply("google-ads/error_cloud_project_not_approved.built.json", 403), configuration,
            Remedy::give_up);
  CHECK(contains(
      explained(reply("google-ads/error_query.built.json", 400), ours, Remedy::give_up).error.message,
      "(UNRECOGNIZED_FIELD)"));
  CHECK(
      contains(explained(reply("google-ads/error_401_unauthenticated.built.json", 401), ours, Remedy::give_up)
                   .error.message,
               "(OAUTH_TOKEN_INVALID)"));
  const auto dead = explained({.status = 404, .body = "<!DOCTYPE html><title>Error 404</title>"},
                              configuration, Remedy::give_up);
  CHECK(contains(dead.error.message, "GOOGLE_ADS_API_VERSION"));
  explained(
      {.status = 500,
       .body = R"({"error":{"details":[{"errors":[{"errorCode":{"internalError":"TRANSIENT_ERROR"}}]}]}})"},
      provider, Remedy::retry);
  explained(
      {.status = 400,
       .body = R"({"error":{"details":[{"errors":[{"errorCode":{"requestError":"EXPIRED_PAGE_TOKEN"}}]}]}})"},
      ours, Remedy::restart_scan);
  explained(
      {.status = 403,
       .body =
           R"({"error":{"details":[{"errors":[{"errorCode":{"authorizationError":"ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT"}}]}]}})"},
      configuration, Remedy::give_up);
  const auto refused = [](std::string_view family, std::string_view code, int status) {
    return explained({.status = status,
                      .body = concat({R"({"error":{"details":[{"errors":[{"errorCode":{")", family, R"(":")",
                                      code, R"("}}]}]}})"})},
                     configuration, Remedy::give_up)
        .error.message;
  };
  // In the first days after its end a version is refused with a code.
  CHECK(contains(refused("requestError", "UNSUPPORTED_VERSION", 400), "GOOGLE_ADS_API_VERSION"));
  CHECK(contains(refused("headerError", "INVALID_LOGIN_CUSTOMER_ID", 400), "google_ads.login_customer_id"));
  refused("authenticationError", "PROJECT_DISABLED", 403);
  const HttpReply without_scope{.status = 403,
                                .body = R"({"error":{"code":403,"status":"PERMISSION_DENIED","details":[
        {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}})"};
  CHECK(contains(explained(without_scope, ours, Remedy::give_up).error.message, "the scope adwords"));
  explained({.status = 502, .body = ""}, ours, Remedy::give_up);
}

TEST_CASE("every recorded reply is read or refused, and no error is taken for rows", "[google_ads]") {
  for (const std::string& name : google_fixtures::names("google-ads")) {
    INFO(name);
    for (const auto* report : {&google_ads::campaigns, &google_ads::search_terms,
                               &google_ads::performance_max_terms, &google_ads::conversions}) {
      const auto page = google_ads::parse_report(*report, reply(name), november, source_at);
      if (contains(name, "error") || contains(name, "oauth")) CHECK_FALSE(page.has_value());
    }
  }
}

TEST_CASE("the connector's streams look back as Google revises", "[google_ads]") {
  const Connector& connector = google_ads::connector;
  REQUIRE(find_stream(connector, "campaigns"));
  CHECK(find_stream(connector, "campaigns")->overlap == std::chrono::days{7});
  CHECK(find_stream(connector, "search_terms")->overlap == std::chrono::days{7});
  CHECK(find_stream(connector, "performance_max_terms")->overlap == std::chrono::days{7});
  CHECK(find_stream(connector, "conversions")->overlap == std::chrono::days{30});
  REQUIRE(connector.grants.size() == 1);
  CHECK(connector.grants[0].captured == "google_ads.access_token");
  CHECK(connector.grants[0].steps(Json::object(), source_at).size() == 1);
}
