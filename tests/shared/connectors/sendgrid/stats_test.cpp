#include "shared/connectors/sendgrid/stats.hpp"

#include <catch_amalgamated.hpp>

#include "shared/base/text.hpp"
#include "tests/shared/connectors/columns.hpp"
#include "tests/shared/connectors/sendgrid/fixtures.hpp"

using namespace wf;
using sendgrid_fixtures::json;
using sendgrid_fixtures::read;

namespace {

const UnixSeconds read_at = *parse_time("2015-11-09T12:00:00Z");

Query query(const char* from = "2015-11-03T00:00:00Z", Json position = {}) {
  return {{*parse_time(from), read_at}, "", Json::object(), std::move(position)};
}

Result<Page> parse(const std::string& body) {
  return sendgrid::parse_stats({200, {}, body}, query(), read_at);
}

std::string refusal(const std::string& body) {
  const auto page = parse(body);
  return page ? "accepted" : page.error().message;
}

Problem limited(const Headers& headers) {
  return sendgrid::explain({429, headers, read("rate_limited_429.built.json")},
                           {{ErrorKind::rate_limit, "sendgrid stats: answered 429"}, Remedy::retry});
}

}  // namespace

TEST_CASE("days are asked for in slices, the newest first", "[sendgrid][stats]") {
  const auto request = sendgrid::stats_request(query("2015-09-01T10:00:00Z"));
  CHECK(request.url ==
        "https://api.sendgrid.com/v3/stats?start_date=2015-10-11&end_date=2015-11-09&aggregated_by=day");
  CHECK(header(request.headers, "authorization") == "Bearer {{secret:sendgrid.api_key}}");
  const auto page = sendgrid::parse_stats({200, {}, "[]"}, query("2015-09-01T10:00:00Z"), read_at);
  REQUIRE(page.has_value());
  REQUIRE(page->next.has_value());
  const auto second = sendgrid::stats_request(query("2015-09-01T10:00:00Z", *page->next));
  CHECK(contains(second.url, "start_date=2015-09-11&end_date=2015-10-10"));
}

TEST_CASE("an account of the EU is asked there", "[sendgrid][stats]") {
  Query asked = query();
  asked.ids = json(R"({"sendgrid.region":"EU"})");
  CHECK(starts_with(sendgrid::stats_request(asked).url, "https://api.eu.sendgrid.com/v3/stats?"));
}

TEST_CASE("the published reply: one row a day, and no news where there was no mail", "[sendgrid][stats]") {
  const auto page = parse(read("stats_response_by_day.json"));
  REQUIRE(page.has_value());
  CHECK(page->items == 7);
  CHECK_FALSE(page->next.has_value());
  CHECK_FALSE(page->newest.has_value());
  REQUIRE(page->batches.size() == 1);
  for (const Json& row : page->batches[0].rows)
    CHECK(columns::of_row(row) == columns::of_table("0011_sendgrid.sql", "email_stats_daily"));
}

TEST_CASE("the newest day with mail, as far as it is over", "[sendgrid][stats]") {
  const auto newest = [](const char* day) {
    return parse(std::string(R"([{"date":")") + day + R"(","stats":[{"metrics":{"requests":2,"opens":1}}]}])")
        ->newest;
  };
  CHECK(newest("2015-11-05") == parse_time("2015-11-05T23:59:59Z"));
  CHECK(newest("2015-11-09") == read_at);
}

TEST_CASE("a day that nothing is told of has no row; other shapes are refused", "[sendgrid][stats]") {
  CHECK(parse(R"([{"date":"2015-11-05","stats":[]}])")->batches.empty());
  CHECK(refusal("{}") == "sendgrid stats: the reply is not an array of days");
  CHECK(refusal(R"([{"stats":[]}])") == "sendgrid stats: missing date");
  CHECK(refusal(R"([{"date":"2015-11-05"}])") == "sendgrid stats: missing stats");
  CHECK(refusal(R"([{"date":"2015-11-05","stats":[{}]}])") == "sendgrid stats: missing metrics");
  CHECK(refusal(R"([{"date":"2015-11-05","stats":[{"metrics":{"opens":"many"}}]}])") ==
        "sendgrid stats: opens is a string, not a 64-bit integer");
}

TEST_CASE("Reset is a moment or a delay", "[sendgrid][stats]") {
  const std::string date = format_http_date(from_unix(1'763'900'000));
  CHECK(limited({{"x-ratelimit-reset", "9"}}).error.retry_after_secs == 9);
  CHECK(limited({{"x-ratelimit-reset", "1763900060"}, {"date", date}}).error.retry_after_secs == 60);
  CHECK(limited({{"x-ratelimit-reset", "1763899000"}, {"date", date}}).error.retry_after_secs == 0);
  CHECK_FALSE(limited({{"x-ratelimit-reset", "1763900060"}}).error.retry_after_secs.has_value());
  CHECK_FALSE(limited({}).error.retry_after_secs.has_value());
}

TEST_CASE("of a refusal the field is told, never its text", "[sendgrid][stats]") {
  const auto told = [](const std::string& body) {
    return sendgrid::explain({400, {}, body}, {{ErrorKind::ours, "x"}, Remedy::give_up}).error.message;
  };
  CHECK(told(dump(json(read("errors_400.built.json"))["body"])) == "x (from.email)");
  CHECK(told(R"({"errors":[{"message":"SG.secret","field":"Bearer SG.secret"}]})") == "x");
  CHECK(told("<html>") == "x");
  const auto sender = sendgrid::explain({403, {}, R"({"errors":[{"message":"m","field":"from"}]})"},
                                        {{ErrorKind::credentials, "x"}, Remedy::give_up});
  CHECK(sender.error.kind == ErrorKind::configuration);
}
