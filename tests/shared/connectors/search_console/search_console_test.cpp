#include "shared/connectors/search_console/search_console.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/search_console/performance.hpp"
#include "shared/sync/policy.hpp"
#include "shared/sync/sync_cursor.hpp"
#include "tests/shared/connectors/google/fixtures.hpp"

using namespace wf;
using google_fixtures::at;
using google_fixtures::reply;
using google_fixtures::rows_of;

namespace {

const UnixSeconds source_at = at("2026-11-23T13:00:00Z");

const Query week{.window = {at("2026-11-18T13:00:00Z"), source_at},
                 .partition = "sc-domain:example.com",
                 .ids = Json::object()};

Query at_position(Json position) {
  Query query = week;
  query.position = std::move(position);
  return query;
}

Json body_of(const HttpRequest& request) {
  const auto body = parse_json(request.body, "request");
  REQUIRE(body.has_value());
  return *body;
}

Page need(Result<Page> page) {
  INFO((page ? "" : page.error().message));
  REQUIRE(page.has_value());
  return *std::move(page);
}

Page site(const std::string& fixture) {
  return need(search_console::parse_site(reply("search-console/" + fixture), week, source_at));
}

std::string refusal(const std::string& body) {
  const auto page = search_console::parse_site({.body = body}, week, source_at);
  return page ? "read" : page.error().message;
}

void check_columns(const RowBatch& batch) {
  for (const Json& row : rows_of(batch))
    CHECK(columns::of_row(row) == columns::of_table("0013_search_console.sql", batch.table));
}

// A page as large as Google gives them.
std::string full_page(std::int64_t rows) {
  std::string body = R"({"rows":[)";
  for (std::int64_t i = 0; i < rows; ++i) {
    if (i > 0) body += ',';
    const std::string number = std::to_string(i);
    body += R"({"keys":["roof repair near me )" + number + R"(","https://example.com/services/roof?id=)" +
            number + R"("],"clicks":)" + number +
            R"(,"impressions":340,"ctr":0.03529411764705882,"position":14.25})";
  }
  return body + R"(],"responseAggregationType":"byPage"})";
}

}  // namespace

TEST_CASE("totals are one query over the window's Pacific days", "[search_console]") {
  const HttpRequest request = search_console::site_request(week);
  CHECK(request.method == "POST");
  CHECK(
      request.url ==
      "https://searchconsole.googleapis.com/webmasters/v3/sites/sc-domain%3Aexample.com/searchAnalytics/query"
      "?prettyPrint=false");
  CHECK(header(request.headers, "authorization") == "Bearer {{secret:search_console.access_token}}");
  CHECK(body_of(request) == *parse_json(R"({"startDate":"2026-11-18","endDate":"2026-11-23",
      "dimensions":["date"],"type":"web","dataState":"all","rowLimit":25000})",
                                        "body"));
  Query prefix = week;
  prefix.partition = "https://www.example.com/";
  CHECK(contains(search_console::site_request(prefix).url, "/sites/https%3A%2F%2Fwww.example.com%2F/search"));
}

TEST_CASE("details are asked for one day at a time, from yesterday back", "[search_console]") {
  Json body = body_of(search_console::detail_request(search_console::queries, week));
  CHECK(body["startDate"] == "2026-11-22");
  CHECK(body["endDate"] == "2026-11-22");
  CHECK(body["dimensions"] == *parse_json(R"(["query","page"])", "names"));
  CHECK_FALSE(body.contains("startRow"));
  body = body_of(search_console::detail_request(search_console::pages,
                                                at_position({{"day", "2026-11-20"}, {"start_row", 25'000}})));
  CHECK(body["startDate"] == "2026-11-20");
  CHECK(body["startRow"] == 25'000);
  CHECK(body["dimensions"] == *parse_json(R"(["page"])", "names"));
}

TEST_CASE("totals say which days Google still revises", "[search_console]") {
  const Page page = site("query_date_all_with_metadata.built.json");
  REQUIRE(page.batches.size() == 1);
  check_columns(page.batches[0]);
  const auto rows = rows_of(page.batches[0]);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0] == *parse_json(R"({"property":"sc-domain:example.com","search_type":"web","day":"2026-11-21",
      "clicks":3,"impressions":100,"ctr":0.03,"position":12.0,"provisional":true,
      "source_at":"2026-11-23T13:00:00Z"})",
                               "row"));
  CHECK(page.newest == at("2026-11-22T08:00:00Z"));
  CHECK(page.oldest == at("2026-11-18T08:00:00Z"));
  CHECK_FALSE(page.next);
  const auto older = rows_of(site("query_date.built.json").batches[0]);
  CHECK(older[0]["provisional"] == false);
}

TEST_CASE("without Google's word a day is final when it is old enough", "[search_console]") {
  const auto provisional = [](const std::string& day, const std::string& metadata) {
    const std::string body =
        R"({"rows":[{"keys":[")" + day + R"("],"clicks":1.0,"impressions":2.0}])" + metadata + "}";
    const Page page = need(search_console::parse_site({.body = body}, week, source_at));
    return rows_of(page.batches[0])[0]["provisional"].get<bool>();
  };
  CHECK(provisional("2026-11-21", ""));
  CHECK_FALSE(provisional("2026-11-20", ""));
  CHECK_FALSE(provisional("2026-11-21", R"(,"metadata":{"first_incomplete_date":"2026-11-22"})"));
  CHECK(provisional("2026-11-22", R"(,"metadata":{"firstIncompleteDate":"2026-11-22"})"));
}

TEST_CASE("a day that Google leaves open for weeks is read again until it is final", "[search_console]") {
  const Stream& totals = search_console::connector.streams.front();
  SyncCursor cursor{.covered_until = source_at};
  open_scan(cursor, totals, source_at + std::chrono::days{1});
  const Query next_day{.window = *cursor.window, .partition = week.partition, .ids = week.ids};
  const Json body = body_of(totals.request(next_day));
  CHECK(body["startDate"] == "2026-10-24");
  CHECK(body["endDate"] == "2026-11-24");
}

TEST_CASE("a day without data is absent, not zero", "[search_console]") {
  const auto rows = rows_of(site("missing_date_gap.built.json").batches[0]);
  REQUIRE(rows.size() == 2);
  CHECK(rows[1]["day"] == "2026-11-04");
}

TEST_CASE("no rows member means no data", "[search_console]") {
  const Page page = site("empty_no_rows_key.built.json");
  CHECK(page.items == 0);
  CHECK(page.batches.empty());
  CHECK(search_console::parse_site({.body = "{}"}, week, source_at));
  const auto detail = need(search_console::parse_detail(
      search_console::queries, reply("search-console/empty_no_rows_key.built.json"), week, source_at));
  CHECK(detail.items == 0);
  REQUIRE(detail.next);  // the day before may have some
  CHECK(dump(*detail.next) == R"({"day":"2026-11-22","totals":true})");
}

TEST_CASE("a query's rank over all pages is asked for as such, after its pages of the day",
          "[search_console]") {
  const Query query = at_position({{"day", "2026-11-20"}, {"totals", true}});
  const Json body = body_of(search_console::detail_request(search_console::queries, query));
  CHECK(body["startDate"] == "2026-11-20");
  CHECK(body["dimensions"] == *parse_json(R"(["query"])", "names"));
  const HttpReply answer{
      .body =
          R"({"rows":[{"keys":["yoga"],"clicks":1,"impressions":9,"ctr":0.1,"position":4.5}],"responseAggregationType":"byProperty"})"};
  const Page page = need(search_console::parse_detail(search_console::queries, answer, query, source_at));
  check_columns(page.batches[0]);
  CHECK(rows_of(page.batches[0])[0] ==
        *parse_json(
            R"({"property":"sc-domain:example.com","search_type":"web","day":"2026-11-20","query":"yoga",
      "page":"","clicks":1,"impressions":9,"ctr":0.1,"position":4.5,"provisional":false,
      "source_at":"2026-11-23T13:00:00Z"})",
            "row"));
  REQUIRE(page.next);
  CHECK(dump(*page.next) == R"({"day":"2026-11-19"})");
}

TEST_CASE("queries carry their page, their day and whether it is final", "[search_console]") {
  const Query query = at_position({{"day", "2026-11-20"}});
  const Page page = need(search_console::parse_detail(
      search_console::queries, reply("search-console/query_query_page.built.json"), query, source_at));
  REQUIRE(page.batches.size() == 1);
  check_columns(page.batches[0]);
  const auto rows = rows_of(page.batches[0]);
  REQUIRE(rows.size() == 2);
  CHECK(rows[1] == *parse_json(R"({"property":"sc-domain:example.com","search_type":"web","day":"2026-11-20",
      "query":"dach reparatur münchen","page":"https://example.com/m%C3%BCnchen","clicks":0,"impressions":7,
      "ctr":0,"position":28.857142857142858,"provisional":false,"source_at":"2026-11-23T13:00:00Z"})",
                               "row"));
  CHECK(page.newest == at("2026-11-20T08:00:00Z"));
  const Page young = need(search_console::parse_detail(
      search_console::queries, reply("search-console/query_query_page.built.json"), week, source_at));
  CHECK(young.batches[0].common["provisional"] == true);
}

TEST_CASE("pages are counted by page", "[search_console]") {
  const Page page = need(search_console::parse_detail(
      search_console::pages,
      {.body = R"({"rows":[{"keys":["https://example.com/"],"clicks":2.0,"impressions":9}]})"}, week,
      source_at));
  check_columns(page.batches[0]);
  CHECK(rows_of(page.batches[0])[0]["clicks"] == 2);
}

TEST_CASE("a full page is followed by the next one of its day", "[search_console]") {
  const HttpReply full{.body = full_page(search_console::rows_per_page)};
  Page page = need(search_console::parse_detail(search_console::queries, full, week, source_at));
  CHECK(page.items == 25'000);
  REQUIRE(page.next);
  CHECK(dump(*page.next) == R"({"day":"2026-11-22","start_row":25000})");
  // Little more than the bytes that came.
  CHECK(page.batches[0].rows.empty());
  CHECK(page.batches[0].text.capacity() < full.body.size() * 5 / 4);
  page =
      need(search_console::parse_detail(search_console::queries, full, at_position(*page.next), source_at));
  CHECK(dump(*page.next) == R"({"day":"2026-11-22","start_row":50000})");
  const HttpReply rest{.body = full_page(10)};
  page =
      need(search_console::parse_detail(search_console::queries, rest, at_position(*page.next), source_at));
  CHECK(dump(*page.next) == R"({"day":"2026-11-22","totals":true})");
  page =
      need(search_console::parse_detail(search_console::queries, full, at_position(*page.next), source_at));
  CHECK(dump(*page.next) == R"({"day":"2026-11-22","start_row":25000,"totals":true})");
  const auto last = at_position({{"day", "2026-11-18"}, {"totals", true}});
  CHECK_FALSE(need(search_console::parse_detail(search_console::queries, rest, last, source_at)).next);
  const auto by_page = at_position({{"day", "2026-11-18"}});
  CHECK_FALSE(need(search_console::parse_detail(search_console::pages, rest, by_page, source_at)).next);
}

TEST_CASE("a day that does not end after twice what Google gives has pages that lead back",
          "[search_console]") {
  const auto read = [](std::int64_t start_row, const char* body) {
    const HttpReply reply{.body = body};
    const auto at = at_position({{"day", "2026-11-22"}, {"start_row", start_row}});
    const auto page = search_console::parse_detail(search_console::pages, reply, at, source_at);
    return page ? std::string("read") : page.error().message;
  };
  const char* row =
      R"({"rows":[{"keys":["/"],"clicks":1,"impressions":1}],"responseAggregationType":"byPage"})";
  CHECK(read(75'000, row) == "read");
  CHECK(read(100'000, row) == "search_console pages: more rows than a day can have; the pages lead back");
  CHECK(read(100'000, R"({"responseAggregationType":"byPage"})") == "read");
}

TEST_CASE("what is not a report is refused by name", "[search_console]") {
  CHECK(refusal(R"({"rows":7})") == "search_console site: rows is a number, not an array");
  CHECK(refusal(R"([])") == "search_console site: the reply is not a report");
  CHECK(refusal(R"({"siteEntry":[]})") == "search_console site: the reply is not a report");
  CHECK(refusal(R"({"rows":[{"clicks":1}]})") == "search_console site: a row has no day");
  CHECK(contains(refusal(R"({"rows":[{"keys":["2026-11-20"],"clicks":"a lot"}]})"), "clicks is a string"));
  CHECK(contains(refusal(R"({"rows":[{"keys":["2026-11-20"],"clicks":1.5}]})"), "not a whole number"));
  for (const std::string measure : {"ctr", "position"})
    CHECK(refusal(R"({"rows":[{"keys":["2026-11-20"],"clicks":1,"impressions":2,")" + measure +
                  R"(":"half"}]})") == "search_console site: " + measure + " is a string, not a number");
  CHECK(contains(refusal("<html>"), "HTML"));
  CHECK(contains(refusal(R"({"rows":[{"keys":["2026)"), "cut off"));
}

TEST_CASE("totals without a day are not stored as one", "[search_console]") {
  CHECK_FALSE(
      search_console::parse_site(reply("search-console/totals_no_dimensions.built.json"), week, source_at));
}

TEST_CASE("a quota is told from a missing permission by its reason", "[search_console]") {
  using enum ErrorKind;
  const auto explained = [](const HttpReply& answer, ErrorKind kind, Remedy remedy) {
    const Problem general{{ErrorKind::credentials, "search_console site: answered"}};
    const Problem problem = search_console::explain(answer, general);
    INFO(problem.error.message);
    CHECK(problem.error.kind == kind);
    CHECK(problem.remedy == remedy);
    return problem.error;
  };
  CHECK(explained(reply("search-console/error_403_quota_reason.built.json", 403), rate_limit, Remedy::retry)
            .retry_after_secs == 900);
  explained(reply("search-console/error_429_quota.built.json", 429), rate_limit, Remedy::retry);
  const Error forbidden =
      explained(reply("search-console/error_403_forbidden.built.json", 403), credentials, Remedy::give_up);
  CHECK(contains(forbidden.message, "(forbidden)"));
  CHECK_FALSE(contains(forbidden.message, "www.example.com"));
  CHECK(explained({.status = 403, .body = R"({"error":{"errors":[{"reason":"dailyLimitExceeded"}]}})"},
                  rate_limit, Remedy::retry)
            .retry_after_secs == 21'600);
  CHECK(explained({.status = 403, .body = R"({"error":{"errors":[{"reason":"rateLimitExceeded"}],"details":[
                     {"reason":"RATE_LIMIT_EXCEEDED","metadata":{"quota_limit":"QueriesPerDayPerProject"}}]}})"},
                  rate_limit, Remedy::retry)
            .retry_after_secs == 21'600);
  explained({.status = 403, .body = R"({"error":{"errors":[{"reason":"accessNotConfigured"}]}})"},
            configuration, Remedy::give_up);
  explained({.status = 403,
             .body = R"({"error":{"details":[{"reason":"SERVICE_DISABLED","domain":"googleapis.com"}]}})"},
            configuration, Remedy::give_up);
  for (const char* body :
       {R"({"error":{"errors":[{"reason":"insufficientPermissions"}]}})",
        R"({"error":{"details":[{"reason":"ACCESS_TOKEN_SCOPE_INSUFFICIENT","domain":"googleapis.com"}]}})"})
    CHECK(contains(explained({.status = 403, .body = body}, credentials, Remedy::give_up).message,
                   "lacks the scope webmasters.readonly"));
  CHECK(contains(forbidden.message, "no user of this property"));
  const auto refused = [&](const char* message, ErrorKind kind) {
    const Json error{{"message", message}, {"errors", {{{"reason", "invalidParameter"}}}}};
    const Problem general{{ours, "search_console site: answered 400"}};
    const auto problem =
        search_console::explain({.status = 400, .body = dump(Json{{"error", error}})}, general);
    CHECK(problem.error.kind == kind);
    return problem.error.message;
  };
  CHECK(contains(refused("'example.com' is not a valid Search Console site URL.", configuration),
                 "search_console.site_url"));
  refused("Invalid value at 'dimensions[0]'", ours);
  explained({.status = 502, .body = "<html>"}, credentials, Remedy::give_up);
}

TEST_CASE("a 403 for a quota does not blame the key", "[search_console]") {
  const auto said = [](std::string name) {
    const EffectResult answer = reply("search-console/" + name, 403);
    return classify(search_console::connector, "search_console site", answer, source_at).error.message;
  };
  CHECK(said("error_403_quota_reason.built.json") ==
        "search_console site: answered 403, too many requests (quotaExceeded)");
  CHECK(
      said("error_403_forbidden.built.json") ==
      "search_console site: answered 403, the key may not do this (forbidden): the Google account is no user "
      "of this property");
}

TEST_CASE("what a 403 for a quota says of the wait counts, where it is the longer one", "[search_console]") {
  const auto wait = [](const char* reason, const char* header) {
    HttpReply refused{.status = 403, .headers = {{"retry-after", header}}};
    refused.body = R"({"error":{"code":403,"errors":[{"domain":"usageLimits","reason":")" +
                   std::string(reason) + R"("}]}})";
    return classify(search_console::connector, "", EffectResult(refused), source_at).error.retry_after_secs;
  };
  CHECK(wait("rateLimitExceeded", "600") == 600);
  CHECK(wait("quotaExceeded", "7200") == 7200);
  CHECK(wait("quotaExceeded", "10") == 900);
}

TEST_CASE("every recorded reply of Search Console is read or refused", "[search_console]") {
  for (const std::string& name : google_fixtures::names("search-console")) {
    INFO(name);
    const auto page = search_console::parse_site(reply(name), week, source_at);
    if (contains(name, "error") || contains(name, "sites_list")) CHECK_FALSE(page.has_value());
    const auto detail = search_console::parse_detail(search_console::queries, reply(name), week, source_at);
    if (contains(name, "error") || contains(name, "sites_list")) CHECK_FALSE(detail.has_value());
  }
}

TEST_CASE("a service account is used where there is one", "[search_console]") {
  const Grant& grant = search_console::connector.grants[0];
  CHECK(grant.captured == "search_console.access_token");
  CHECK(grant.steps({{"search_console.client_email", "a@b.iam.gserviceaccount.com"}}, source_at).size() == 2);
  CHECK(grant.steps(Json::object(), source_at).size() == 1);
}
