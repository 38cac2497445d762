#include <catch_amalgamated.hpp>

#include "shared/base/text.hpp"
#include "shared/connectors/meta/figures.hpp"
#include "shared/connectors/meta/graph.hpp"
#include "shared/connectors/meta/insights.hpp"
#include "shared/connectors/meta/meta.hpp"
#include "shared/connectors/meta/walk.hpp"
#include "shared/connectors/pacific_day.hpp"
#include "shared/domain/catalogue.hpp"
#include "shared/domain/facts.hpp"
#include "tests/shared/connectors/columns.hpp"
#include "tests/shared/connectors/meta/fixtures.hpp"

using namespace wf;
using namespace meta_fixtures;

namespace {

Problem explained(const HttpReply& reply) {
  return meta::explain(reply, {{ErrorKind::ours, "meta page: answered"}});
}

}  // namespace

TEST_CASE("a token goes in the header, and its proof beside it", "[meta]") {
  const HttpRequest request = meta::insights_request(meta::page_account, page_metric("page_follows"));
  CHECK(request.url ==
        "https://graph.facebook.com/v26.0/1148671018324630/insights?metric=page_follows&period=day&"
        "since=1795075200&until=1795420800&appsecret_proof={{secret:meta.page_proof}}");
  CHECK(header(request.headers, "authorization") == "Bearer {{secret:meta.page_token}}");
  const HttpRequest media = meta::posts_request(meta::instagram_posts, query_of(account_id));
  CHECK(header(media.headers, "authorization") == "Bearer {{secret:meta.access_token}}");
  CHECK(contains(media.url, "{{secret:meta.access_proof}}"));
  CHECK_FALSE(contains(media.url, "access_token"));
}

TEST_CASE("each Page has a token of its own, and one too many has none", "[meta]") {
  const Json ids = {{"meta.page_id", {"1", "2", "3", "4", "5", "6", "7"}}};
  CHECK(meta::page_credential(ids, "1").token == "meta.page_token");
  CHECK(meta::page_credential(ids, "6").token == "meta.page_token_6");
  CHECK(meta::page_credential(ids, "7").token == "meta.access_token");
  CHECK(meta::page_credential(ids, "8").token == "meta.access_token");
  const auto steps = meta::page_token_steps(ids, 1);
  REQUIRE(steps.size() == 3);
  CHECK(std::get<Sign>(steps[0]).captured == "meta.access_proof");
  const auto& ask = std::get<HttpRequest>(steps[1]);
  CHECK(contains(ask.url, "/v26.0/2?fields=access_token&appsecret_proof={{secret:meta.access_proof}}"));
  CHECK(ask.capture->name == "meta.page_token_2");
  CHECK(std::get<Sign>(steps[2]).message == "{{secret:meta.page_token_2}}");
  CHECK(std::get<Sign>(steps[2]).secret == "meta.app_secret");
}

TEST_CASE("every credential is listed with the one host that it may be sent to", "[meta]") {
  const Descriptor* service = find_service("meta");
  const auto is_listed = [&](std::string_view name) {
    return std::any_of(service->captured.begin(), service->captured.end(), [&](const CapturedKey& key) {
      return key.name == name && key.hosts.size() == 1 && key.hosts[0] == "graph.facebook.com";
    });
  };
  for (const Grant& grant : meta::connector.grants) CHECK(is_listed(grant.captured));
  CHECK(meta::connector.grants.size() == service->captured.size());
  REQUIRE(meta::connector.streams.size() == service->streams.size());
  for (std::size_t i = 0; i < service->streams.size(); ++i)
    CHECK(meta::connector.streams[i].id == service->streams[i].name);
}

TEST_CASE("the day that was measured is the Pacific one before end_time", "[meta]") {
  CHECK(format_day(meta::measured_day(at("2026-11-20T08:00:00+0000"))) == "2026-11-19");
  CHECK(format_day(meta::measured_day(at("2026-07-20T07:00:00+0000"))) == "2026-07-19");
}

TEST_CASE("Pacific days begin an hour earlier in summer", "[meta]") {
  const auto midnight = [](const char* day) { return format_time(pacific_midnight(*parse_day(day))); };
  CHECK(midnight("2026-03-08") == "2026-03-08T08:00:00Z");
  CHECK(midnight("2026-03-09") == "2026-03-09T07:00:00Z");
  CHECK(midnight("2026-11-01") == "2026-11-01T07:00:00Z");
  CHECK(midnight("2026-11-02") == "2026-11-02T08:00:00Z");
  for (const char* day :
       {"2026-01-01", "2026-03-08", "2026-03-09", "2026-07-04", "2026-11-01", "2026-11-02"}) {
    const UnixSeconds begin = pacific_midnight(*parse_day(day));
    CHECK(format_day(pacific_day(begin)) == day);
    CHECK(pacific_day(begin - std::chrono::seconds{1}) == *parse_day(day) - std::chrono::days{1});
  }
}

TEST_CASE("a Page's metric gives a row per day, with the table's columns", "[meta]") {
  const Page page =
      page_of(meta::page_account, reply_of(fixture("page_insights_day")), page_metric("page_follows"));
  REQUIRE(page.batches.size() == 1);
  const auto& rows = page.batches[0].rows;
  REQUIRE(rows.size() == 2);  // of the one that was asked for, whatever else came
  CHECK(columns::of_row(rows[0]) == columns::of_table("0015_meta.sql", "meta_page_daily"));
  CHECK(rows[1]["day"] == "2026-11-20");
  CHECK(rows[1]["value"] == 21003);
  CHECK(page.newest == pacific_midnight(*parse_day("2026-11-20")));
}

TEST_CASE("Instagram's totals are of the day that was asked for", "[meta]") {
  const std::size_t views = place_of(meta::instagram_account, 3, "views");
  const Query query = query_of(account_id, position(3, views, "2026-11-21"));
  const HttpRequest request = meta::insights_request(meta::instagram_account, query);
  CHECK(contains(request.url,
                 "metric=views&period=day&since=1795248000&until=1795334400&metric_type=total_value"));
  const Page page = page_of(meta::instagram_account, reply_of(fixture("ig_insights_total_value")), query);
  REQUIRE(page.batches.size() == 1);
  const Json& row = page.batches[0].rows.at(0);
  CHECK(columns::of_row(row) == columns::of_table("0015_meta.sql", "meta_instagram_daily"));
  CHECK(row["day"] == "2026-11-21");
  CHECK(row["value"] == 61000);
  const Page parts = page_of(meta::instagram_account, reply_of(fixture("ig_total_value_breakdown")), query);
  CHECK(parts.batches[0].rows[0]["value"] == 100);
  CHECK(parts.batches[0].rows[0]["parts"] == Json{{"follow_type", {{"FOLLOWER", 60}, {"NON_FOLLOWER", 40}}}});
}

TEST_CASE("a figure may be an integer, a double, an object or absent, and nothing else", "[meta]") {
  const auto figures = [](const char* text) { return meta::read_figures(Json::parse(text), "meta"); };
  const auto mixed =
      figures(R"({"values":[{"value":7},{"value":1.5},{"value":{"like":5}},{},{"value":null}]})");
  REQUIRE(mixed.has_value());
  REQUIRE(mixed->size() == 3);
  CHECK(mixed->at(0)["value"] == 7);
  CHECK(mixed->at(1)["value"] == 1.5);
  CHECK(mixed->at(2)["value"].is_null());
  CHECK(mixed->at(2)["parts"] == Json{{"like", 5}});
  CHECK(figures(R"({"values":[{"value":9223372036854775807}]})")->at(0)["value"] == "9223372036854775807");
  CHECK(figures(R"({"total_value":{}})")->empty());
  for (const char* wrong :
       {R"({"values":[{"value":"7"}]})", R"({"values":[{"value":true}]})", R"({"values":7})", R"({})",
        R"({"total_value":{"value":"7"}})", R"({"values":[{"value":7,"end_time":"yesterday"}]})"}) {
    const auto read = figures(wrong);
    INFO(wrong);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().kind == ErrorKind::data);
  }
}

TEST_CASE("an empty list is no figure", "[meta]") {
  const Page page =
      page_of(meta::page_account, reply_of(fixture("insights_empty")), page_metric("page_views_total"));
  CHECK(page.batches.empty());
  CHECK(page.items == 0);
  CHECK(page.next.has_value());
}

TEST_CASE("a figure without history is that of the Pacific day on which it was read", "[meta]") {
  auto page =
      meta::parse_insights(meta::page_account, reply_of(fixture("page_fields")),
                           query_of(page_id, position(1, 1, "2026-11-22")), at("2026-11-23T05:00:00Z"));
  REQUIRE(page.has_value());
  CHECK(page->batches.at(0).rows.at(0)["metric"] == "fan_count");
  CHECK(page->batches[0].rows[0]["value"] == 20500);
  CHECK(page->batches[0].rows[0]["day"] == "2026-11-22");
  CHECK_FALSE(page->newest.has_value());
  // A Page whose figures are gone still tells these: they must not look like rows as usual.
  CHECK(page->items == 0);
}

TEST_CASE("the token tells when it ends: the earlier of its two ends, or never", "[meta]") {
  const auto end_of = [](const char* data) {
    return page_of(meta::page_account, reply_of({{"data", Json::parse(data)}}), query_of(page_id))
        .credentials_expire_at;
  };
  CHECK(contains(meta::insights_request(meta::page_account, query_of(page_id)).url,
                 "/debug_token?input_token="));
  CHECK(end_of(R"({"is_valid":true,"expires_at":1800000000,"data_access_expires_at":1790000000})") ==
        from_unix(1'790'000'000));
  CHECK(end_of(R"({"is_valid":true,"expires_at":1800000000,"data_access_expires_at":0})") ==
        from_unix(1'800'000'000));
  CHECK(end_of(R"({"is_valid":true,"expires_at":0})") == never_ends);
  // Years that no fact can hold: the database refuses the page, or takes it, and then no card can be read.
  CHECK(end_of(R"({"is_valid":true,"expires_at":1800000000000})") == never_ends);
  CHECK(end_of(R"({"is_valid":true,"expires_at":253402300800})") == never_ends);
  for (const Json& odd : {Json("soon"), Json(-1), Json(1.5)})
    for (const char* member : {"expires_at", "data_access_expires_at"}) {
      const auto read = meta::parse_insights(meta::page_account, reply_of({{"data", {{member, odd}}}}),
                                             query_of(page_id), source_at);
      REQUIRE_FALSE(read.has_value());
      CHECK(read.error().kind == ErrorKind::data);
      CHECK(contains(read.error().message, std::string(member) + " is "));
    }
  const auto dead = meta::parse_insights(meta::page_account, reply_of({{"data", {{"is_valid", false}}}}),
                                         query_of(page_id), source_at);
  REQUIRE_FALSE(dead.has_value());
  CHECK(dead.error().kind == ErrorKind::credentials);
}

TEST_CASE("with the app's id it is the app that asks about the token, without a proof of another's",
          "[meta]") {
  Query query = query_of(page_id);
  const HttpRequest by_itself = meta::insights_request(meta::page_account, query);
  CHECK(by_itself.headers.at(0).second == "Bearer {{secret:meta.access_token}}");
  CHECK(contains(by_itself.url, "&appsecret_proof={{secret:meta.access_proof}}"));
  query.ids["meta.app_id"] = "1234567890";
  const HttpRequest by_app = meta::insights_request(meta::page_account, query);
  CHECK(by_app.headers.at(0).second == "Bearer 1234567890|{{secret:meta.app_secret}}");
  CHECK(by_app.url ==
        "https://graph.facebook.com/v26.0/debug_token?input_token={{secret:meta.access_token}}");
}

TEST_CASE("who may not ask about the token takes no figure with it", "[meta]") {
  for (const std::int64_t code : {100, 10, 200, 101, 190}) {
    const Page page = page_of(meta::page_account, reply_of(error_body(code), 400), query_of(page_id));
    CHECK(page.credentials_expire_at == never_ends);
    CHECK(page.unavailable == std::vector<std::string>{"end of access"});
    CHECK(page.next.has_value());
  }
  const Page away = page_of(meta::page_account, reply_of(error_body(2), 500), query_of(page_id));
  CHECK_FALSE(away.credentials_expire_at.has_value());  // what is known stays
  CHECK(away.unavailable == std::vector<std::string>{"end of access"});
  Query second = page_metric("page_follows");
  second.position["doubted"] = {{"group", 2}};
  const auto refused =
      meta::parse_insights(meta::page_account, reply_of(error_body(200), 403), second, source_at);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == ErrorKind::configuration);
  CHECK(contains(refused.error().message, "meta page: refused (200)"));
}

TEST_CASE("another version that answers for ours is told, once", "[meta]") {
  Query query = page_metric("page_follows");
  const HttpReply other = reply_of(fixture("insights_empty"), 200, {{"facebook-api-version", "v27.0"}});
  const std::vector<std::string> told{"Graph API v26.0"};
  Page page = page_of(meta::page_account, other, query);
  CHECK(page.unavailable == told);
  query.position = page.next.value_or(Json());
  CHECK(page_of(meta::page_account, other, query).unavailable == told);
  const HttpReply ours = reply_of(fixture("insights_empty"), 200, {{"facebook-api-version", "v26.0"}});
  CHECK(page_of(meta::page_account, ours, page_metric("page_follows")).unavailable.empty());
}

TEST_CASE("a code says who must act", "[meta]") {
  CHECK(explained(recorded_error("error_190_expired")).error.kind == ErrorKind::credentials);
  CHECK(explained(recorded_error("error_190_expired")).remedy == Remedy::read);
  CHECK(explained(recorded_error("error_100_invalid_metric")).remedy == Remedy::read);
  CHECK(explained(recorded_error("error_4_app_rate")).error.retry_after_secs == 3600);
  CHECK(explained(recorded_error("error_32_page_rate")).error.retry_after_secs == 19 * 60);
  struct Case {
    std::int64_t code;
    ErrorKind kind;
    Remedy remedy;
  };
  for (const Case& one : std::vector<Case>{{102, ErrorKind::credentials, Remedy::give_up},
                                           {2500, ErrorKind::credentials, Remedy::give_up},
                                           {17, ErrorKind::rate_limit, Remedy::retry},
                                           {613, ErrorKind::rate_limit, Remedy::retry},
                                           {80000, ErrorKind::rate_limit, Remedy::retry},
                                           {80014, ErrorKind::rate_limit, Remedy::retry},
                                           {80015, ErrorKind::ours, Remedy::give_up},
                                           {1, ErrorKind::provider, Remedy::retry_then_read},
                                           {3, ErrorKind::configuration, Remedy::read},
                                           {10, ErrorKind::configuration, Remedy::read},
                                           {101, ErrorKind::configuration, Remedy::read},
                                           {200, ErrorKind::configuration, Remedy::read},
                                           {299, ErrorKind::configuration, Remedy::read},
                                           {2642, ErrorKind::ours, Remedy::restart_scan},
                                           {368, ErrorKind::configuration, Remedy::give_up}}) {
    const Problem problem = explained(reply_of(error_body(one.code), 400));
    INFO(one.code);
    CHECK(problem.error.kind == one.kind);
    CHECK(problem.remedy == one.remedy);
    CHECK(contains(problem.error.message, "(" + std::to_string(one.code) + ")"));
    CHECK_FALSE(contains(problem.error.message, "words of Meta's"));
  }
}

TEST_CASE("usage headers slow the scan down and stop it before Meta does", "[meta]") {
  const auto rest = [](const char* name, const char* value) {
    return meta::rest_after({.status = 200, .headers = {{name, value}}, .body = ""});
  };
  CHECK(meta::rest_after({.status = 200, .headers = {}, .body = ""}) == 0);
  CHECK(rest("x-app-usage", R"({"call_count":74,"total_time":25,"total_cputime":25})") == 0);
  CHECK(rest("x-app-usage", R"({"call_count":28,"total_time":75,"total_cputime":25})") == 60);
  CHECK(rest("x-app-usage", R"({"call_count":95,"total_time":25,"total_cputime":25})") == 3600);
  CHECK(
      rest(
          "x-business-use-case-usage",
          R"({"1":[{"type":"pages","call_count":1}],"2":[{"type":"pages","call_count":99,"estimated_time_to_regain_access":7}]})") ==
      420);
  for (const char* minutes : {"1440", "307445734561825861", "9223372036854775807"})
    CHECK(rest("x-app-usage",
               (R"({"call_count":100,"estimated_time_to_regain_access":)" + std::string(minutes) + "}")
                   .c_str()) == 86'400);
  for (const char* odd : {"", "[]", "7", R"({"1":7})", R"({"1":[7]})", "{"})
    CHECK(rest("x-business-use-case-usage", odd) == 0);
}

TEST_CASE("an id that is no number is a matter of settings", "[meta]") {
  Query query = page_metric("page_follows");
  query.partition = "northwind/../me";
  CHECK(
      contains(meta::insights_request(meta::page_account, query).url, "/v26.0/northwind%2F..%2Fme/insights"));
  const auto page =
      meta::parse_insights(meta::page_account, reply_of(fixture("insights_empty")), query, source_at);
  REQUIRE_FALSE(page.has_value());
  CHECK(page.error().kind == ErrorKind::configuration);
}
