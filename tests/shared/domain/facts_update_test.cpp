#include "shared/domain/facts_update.hpp"

#include <catch_amalgamated.hpp>

#include "shared/domain/judge.hpp"

namespace {

using namespace std::chrono_literals;
using wf::Error;
using wf::ErrorKind;
using wf::Json;
using wf::StreamFacts;

const wf::UnixSeconds now = *wf::parse_time("2026-11-23T12:00:00Z");

// A row of service_facts, and how it is read.
struct Row {
  Json columns = {{"stream", "charges"}};
  StreamFacts facts{};
};

wf::EarlierFacts known(const StreamFacts& facts) {
  return {.newest_row_at = facts.newest_row_at,
          .run_rows = facts.run_rows,
          .failures = facts.failures,
          .failure_final = facts.failure_final,
          .last_rows = facts.last_rows,
          .usual_rows_min = facts.usual_rows_min};
}

// As the database merges a patch into a row.
Row after(Row row, const Json& patch) {
  row.columns.update(patch);
  const auto facts = wf::read_stream_facts(row.columns);
  REQUIRE(facts.has_value());
  row.facts = *facts;
  return row;
}

// What take_lease writes.
Json start_at(wf::UnixSeconds at) {
  return {{"running_since", wf::format_time(at)}, {"last_attempt_at", wf::format_time(at)}};
}

Row started() { return after({}, start_at(now - 10min)); }

}  // namespace

TEST_CASE("pages count the rows of the run and keep the newest row") {
  Row row = started();
  row = after(row, wf::facts_after_page(known(row.facts), {.rows = 100, .newest_row_at = now - 1h}, now));
  row = after(row, wf::facts_after_page(known(row.facts), {.rows = 40, .newest_row_at = now - 2h}, now));
  CHECK(row.facts.run_rows == 140);
  CHECK(row.facts.newest_row_at == now - 1h);
  CHECK_FALSE(row.facts.last_success_at);
  CHECK(row.facts.running_since.has_value());
}

TEST_CASE("a newest row in the future is clamped") {
  const Row row =
      after(started(), wf::facts_after_page(known(started().facts), {.newest_row_at = now + 5h}, now));
  CHECK(row.facts.newest_row_at == now);
}

TEST_CASE("a finished run is a success and clears every failure") {
  Row row = started();
  row = after(
      row, wf::facts_after_failure(known(row.facts), {ErrorKind::rate_limit, "429", 60}, false, now - 5min));
  row = after(row, start_at(now - 1min));
  const wf::Day today = wf::day_of(now);
  const wf::DayRows earlier[] = {{today - std::chrono::days(7), 12},
                                 {today - std::chrono::days(2), 9},
                                 {today - std::chrono::days(1), 15}};
  row = after(row, wf::facts_after_last_page(known(row.facts), {.rows = 7},
                                             {.day = today, .earlier_rows = earlier}, now));
  CHECK(row.facts.last_success_at == now);
  CHECK(row.facts.last_rows == 7);
  CHECK(row.facts.usual_rows_min == 9);
  CHECK_FALSE(row.facts.failure_kind);
  CHECK(row.facts.failure_message.empty());
  CHECK_FALSE(row.facts.failed_at);
  CHECK(row.facts.failures == 0);
  CHECK_FALSE(row.facts.rate_limited_until);
  CHECK_FALSE(row.facts.running_since);
  CHECK_FALSE(row.facts.run_rows);
}

TEST_CASE("the last of several pages counts all of them") {
  Row row = started();
  row = after(row, wf::facts_after_page(known(row.facts), {.rows = 100}, now));
  row = after(row, wf::facts_after_last_page(known(row.facts), {.rows = 30}, {}, now));
  CHECK(row.facts.last_rows == 130);
}

TEST_CASE("a failed page never makes a success, whatever was written before it") {
  Row row = started();
  row = after(row, {{"last_success_at", wf::format_time(now - 20h)}});
  row = after(row, wf::facts_after_page(known(row.facts), {.rows = 100}, now));
  const Json patch = wf::facts_after_failure(known(row.facts),
                                             {ErrorKind::provider, "stripe charges: status 500"}, true, now);
  CHECK_FALSE(patch.contains("last_success_at"));
  CHECK_FALSE(patch.contains("last_rows"));
  row = after(row, patch);
  CHECK(row.facts.last_success_at == now - 20h);
  CHECK(row.facts.failures == 1);
  CHECK(row.facts.failure_final);
  CHECK_FALSE(row.facts.running_since);
}

TEST_CASE("a failure that is tried again leaves a final one as it is", "[facts]") {
  Row row = started();
  row =
      after(row, wf::facts_after_failure(known(row.facts), {ErrorKind::credentials, "401"}, true, now - 1h));
  row =
      after(row, wf::facts_after_failure(known(row.facts), {ErrorKind::rate_limit, "429", 900}, false, now));
  CHECK(row.facts.failure_final);
  CHECK(row.facts.failure_kind == ErrorKind::credentials);
  CHECK(row.facts.failure_message == "401");
  CHECK(row.facts.failed_at == now - 1h);
  CHECK(row.facts.failures == 2);
  CHECK(row.facts.rate_limited_until == now + 900s);
  row = after(row, wf::facts_after_failure(known(row.facts), {ErrorKind::provider, "500"}, true, now));
  CHECK(row.facts.failure_kind == ErrorKind::provider);
  row = after(row, wf::facts_after_last_page(known(row.facts), {}, {}, now));
  CHECK_FALSE(row.facts.failure_final);
}

TEST_CASE("a rate limit says until when; a later failure of another kind takes it back") {
  Row row = started();
  row =
      after(row, wf::facts_after_failure(known(row.facts), {ErrorKind::rate_limit, "429", 900}, false, now));
  CHECK(row.facts.rate_limited_until == now + 900s);
  CHECK_FALSE(row.facts.failure_final);
  row = after(row, wf::facts_after_failure(known(row.facts), {ErrorKind::provider, "500"}, false, now));
  CHECK_FALSE(row.facts.rate_limited_until);
  CHECK(row.facts.failures == 2);
  const Json endless =
      wf::facts_after_failure(known(row.facts), {ErrorKind::rate_limit, "429", 1'000'000'000}, false, now);
  CHECK(endless["rate_limited_until"] == "2026-11-24T12:00:00Z");
}

TEST_CASE("a failure's message keeps no key and stays short") {
  const Json patch = wf::facts_after_failure(
      known(started().facts),
      {ErrorKind::credentials, "Invalid API Key provided: sk_live_51Habcdefghijkl " + std::string(900, 'x')},
      true, now);
  const auto message = wf::find_string(patch, "failure_message").value_or("");
  CHECK(message.find("sk_live") == std::string::npos);
  CHECK(message.size() < 520);
}

TEST_CASE("a delivery is never newer than now") {
  CHECK(wf::facts_after_delivery(now + 1h, now)["last_event_at"] == "2026-11-23T12:00:00Z");
  CHECK(wf::facts_after_delivery(now - 1h, now)["last_event_at"] == "2026-11-23T11:00:00Z");
}

namespace {

const wf::Day monday = *wf::parse_day("2026-11-23");

// Scans of the days before `monday`, the last one of Sunday; -1: none came to its end.
std::vector<wf::DayRows> days_before(std::vector<std::int64_t> rows) {
  std::vector<wf::DayRows> days;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i] >= 0) days.push_back({monday - std::chrono::days(rows.size() - i), rows[i]});
  return days;
}

}  // namespace

TEST_CASE("what is usual is learned from a week, and unlearned by a third of empty runs") {
  const auto learned = [](std::vector<std::int64_t> rows) {
    return wf::usual_rows_min(days_before(std::move(rows)), monday);
  };
  CHECK_FALSE(learned({}));
  CHECK_FALSE(learned({5, 4, 6}));
  CHECK_FALSE(learned({5, 4, 6, 5, 4, 6}));  // of no Monday yet: the client may be closed at weekends
  CHECK(learned({5, 4, 6, 5, 4, 6, 7}) == 4);
  CHECK(learned({5, 0, 6, 5, 0, 6, 7}) == 5);  // two empty runs: the next one is still unusual
  CHECK(learned({5, 0, 0, 0, 4, 6, 7}) == 0);  // relearned
  // Closed on Sundays, so that today's Monday run is empty as it was a week ago, also where a day is missing.
  CHECK(learned({0, 6, 7, 6, 8, 9, 7}) == 0);
  CHECK(learned({0, 6, -1, 6, 8, 9, 7}) == 0);
  CHECK(learned({6, 0, 7, 6, 8, 9, 7}) == 6);
  CHECK_FALSE(learned({-1, 0, 7, 6, 8, 9, 7}));
  CHECK_FALSE(learned({5, -1, -1, -1, -1, -1, 7}));
  // Weekly: each is of the same weekday.
  std::vector<wf::DayRows> weeks;
  for (const int back : {21, 14, 7}) weeks.push_back({monday - std::chrono::days(back), back});
  CHECK(wf::usual_rows_min(weeks, monday) == 7);
}

TEST_CASE("the last seven days are remembered") {
  std::vector<wf::DayRows> days;
  for (int run = 1; run <= 9; ++run)
    days = wf::read_remembered_rows(wf::remember_rows(days, {monday + std::chrono::days(run), run}));
  REQUIRE(days.size() == 7);
  CHECK(days.front().day == monday + std::chrono::days(3));
  CHECK(days.front().rows == 3);
  CHECK(days.back().rows == 9);
  CHECK(wf::read_remembered_rows(Json()).empty());
  CHECK(wf::read_remembered_rows(Json::array({1, "x", nullptr, Json::object()})).empty());
}

TEST_CASE("an account that went silent is empty for two runs, then that is what is usual") {
  wf::ServiceFacts service{.client_id = "c", .service = "supabase"};
  service.present_keys = {"supabase.secret_key"};
  std::vector<wf::DayRows> remembered = days_before({8, 9, 7, 8, 9, 7, 8});
  std::vector<wf::SubState> seen;
  for (int run = 0; run < 4; ++run) {
    Row row = started();
    const wf::Day day = monday + std::chrono::days(run);
    row = after(row, wf::facts_after_last_page(known(row.facts), {.rows = 0},
                                               {.day = day, .earlier_rows = remembered}, now));
    remembered = wf::read_remembered_rows(wf::remember_rows(remembered, {day, 0}));
    row.facts.stream = "probe";
    service.streams = {row.facts};
    seen.push_back(wf::judge(*wf::find_service("supabase"), service, now).sub_state);
  }
  CHECK(seen == std::vector<wf::SubState>{wf::SubState::empty, wf::SubState::empty, wf::SubState::empty,
                                          wf::SubState::fresh});
}

TEST_CASE("a sync that is asked for on a day that was read makes nothing empty, and mends nothing") {
  const auto week = days_before({5, 4, 6, 5, 4, 6, 7});
  wf::EarlierFacts facts;
  const auto is_empty = [&](std::int64_t rows, bool repeats_day) {
    const Json patch = wf::facts_after_last_page(
        facts, {.rows = rows}, {.day = monday, .earlier_rows = week, .repeats_day = repeats_day}, now);
    CHECK(patch["last_rows"] == rows);
    facts.last_rows = rows;
    facts.usual_rows_min = wf::find_int64(patch, "usual_rows_min");
    return rows == 0 && facts.usual_rows_min > 0;
  };
  CHECK_FALSE(is_empty(5, false));
  for (int more = 0; more < 3; ++more) CHECK_FALSE(is_empty(0, true));
  CHECK(is_empty(0, false));
  CHECK(is_empty(0, true));
  CHECK_FALSE(is_empty(2, true));
  CHECK_FALSE(is_empty(0, true));
}

TEST_CASE("when the sign-in ends is learned from the page that says so, and forgotten when it never does") {
  Row row = after(started(),
                  wf::facts_after_page(known(started().facts), {.credentials_expire_at = now + 240h}, now));
  CHECK(row.facts.credentials_expire_at == now + 240h);
  row = after(row, wf::facts_after_page(known(row.facts), {}, now));
  CHECK(row.facts.credentials_expire_at == now + 240h);
  row = after(row, wf::facts_after_page(known(row.facts), {.credentials_expire_at = wf::never_ends}, now));
  CHECK_FALSE(row.facts.credentials_expire_at.has_value());
}

TEST_CASE("what is not given is that of the last run alone") {
  Row row = started();
  row = after(row, wf::facts_after_last_page(known(row.facts),
                                             {.unavailable = std::vector<std::string>{"a", "b"}}, {}, now));
  CHECK(row.facts.unavailable == std::vector<std::string>{"a", "b"});
  row = after(row, wf::facts_after_page(known(row.facts), {}, now));
  CHECK(row.facts.unavailable.size() == 2);
  row = after(
      row, wf::facts_after_last_page(known(row.facts), {.unavailable = std::vector<std::string>{}}, {}, now));
  CHECK(row.facts.unavailable.empty());
}

TEST_CASE("a rest is no failure") {
  const Row row = after(started(), wf::facts_while_resting(now + 1h));
  CHECK(row.facts.rate_limited_until == now + 1h);
  CHECK_FALSE(row.facts.running_since);
  CHECK_FALSE(row.facts.failure_kind);
  CHECK(row.facts.failures == 0);
}
