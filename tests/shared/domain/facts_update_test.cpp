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

StreamFacts after(const StreamFacts& before, const Json& patch) {
  const auto facts = wf::merged(before, patch);
  REQUIRE(facts.has_value());
  return *facts;
}

StreamFacts started() {
  StreamFacts facts;
  facts.stream = "charges";
  return after(facts, wf::facts_after_start(now - 10min));
}

}  // namespace

TEST_CASE("a start is an attempt and no success") {
  const StreamFacts facts = started();
  CHECK(facts.running_since == now - 10min);
  CHECK(facts.last_attempt_at == now - 10min);
  CHECK_FALSE(facts.last_success_at);
}

TEST_CASE("pages count the rows of the run and keep the newest row") {
  StreamFacts facts = started();
  facts.run_rows = 500;  // left over from a run that died
  facts =
      after(facts, wf::facts_after_page(facts, {.number = 1, .rows = 100, .newest_row_at = now - 1h}, now));
  facts =
      after(facts, wf::facts_after_page(facts, {.number = 2, .rows = 40, .newest_row_at = now - 2h}, now));
  CHECK(facts.run_rows == 140);
  CHECK(facts.newest_row_at == now - 1h);
  CHECK_FALSE(facts.last_success_at);
  CHECK(facts.running_since.has_value());
}

TEST_CASE("a newest row in the future is clamped") {
  const StreamFacts facts =
      after(started(), wf::facts_after_page(started(), {.newest_row_at = now + 5h}, now));
  CHECK(facts.newest_row_at == now);
}

TEST_CASE("a finished run is a success and clears every failure") {
  StreamFacts facts = started();
  facts = after(facts, wf::facts_after_failure(facts, {ErrorKind::rate_limit, "429", 60}, false, now - 5min));
  facts = after(facts, wf::facts_after_start(now - 1min));
  const std::int64_t earlier[] = {12, 9, 15};
  facts = after(facts,
                wf::facts_after_last_page(facts, {.number = 1, .rows = 7}, {.earlier_rows = earlier}, now));
  CHECK(facts.last_success_at == now);
  CHECK(facts.last_rows == 7);
  CHECK(facts.usual_rows_min == 9);
  CHECK_FALSE(facts.failure_kind);
  CHECK(facts.failure_message.empty());
  CHECK_FALSE(facts.failed_at);
  CHECK(facts.failures == 0);
  CHECK_FALSE(facts.rate_limited_until);
  CHECK_FALSE(facts.running_since);
  CHECK_FALSE(facts.run_rows);
}

TEST_CASE("the last of several pages counts all of them") {
  StreamFacts facts = started();
  facts = after(facts, wf::facts_after_page(facts, {.number = 1, .rows = 100}, now));
  facts = after(facts, wf::facts_after_last_page(facts, {.number = 2, .rows = 30}, {}, now));
  CHECK(facts.last_rows == 130);
}

TEST_CASE("a failed page never makes a success, whatever was written before it") {
  StreamFacts facts = started();
  facts.last_success_at = now - 20h;
  facts = after(facts, wf::facts_after_page(facts, {.number = 1, .rows = 100}, now));
  const Json patch =
      wf::facts_after_failure(facts, {ErrorKind::provider, "stripe charges: status 500"}, true, now);
  CHECK_FALSE(patch.contains("last_success_at"));
  CHECK_FALSE(patch.contains("last_rows"));
  facts = after(facts, patch);
  CHECK(facts.last_success_at == now - 20h);
  CHECK(facts.failures == 1);
  CHECK(facts.failure_final);
  CHECK_FALSE(facts.running_since);
}

TEST_CASE("a rate limit says until when; a later failure of another kind takes it back") {
  StreamFacts facts = started();
  facts = after(facts, wf::facts_after_failure(facts, {ErrorKind::rate_limit, "429", 900}, false, now));
  CHECK(facts.rate_limited_until == now + 900s);
  CHECK_FALSE(facts.failure_final);
  facts = after(facts, wf::facts_after_failure(facts, {ErrorKind::provider, "500"}, false, now));
  CHECK_FALSE(facts.rate_limited_until);
  CHECK(facts.failures == 2);
  const Json endless =
      wf::facts_after_failure(facts, {ErrorKind::rate_limit, "429", 1'000'000'000}, false, now);
  CHECK(endless["rate_limited_until"] == "2026-11-24T12:00:00Z");
}

TEST_CASE("a failure's message keeps no key and stays short") {
  const Json patch = wf::facts_after_failure(
      started(),
      {ErrorKind::credentials, "Invalid API Key provided: sk_live_51Habcdefghijkl " + std::string(900, 'x')},
      true, now);
  const auto message = wf::find_string(patch, "failure_message").value_or("");
  CHECK(message.find("sk_live") == std::string::npos);
  CHECK(message.size() < 520);
}

TEST_CASE("reconciliation tells what was missed") {
  const Json patch = wf::facts_after_last_page(started(), {.rows = 3}, {.reconciled_missed = 2}, now);
  CHECK(patch["reconciled_missed"] == 2);
  CHECK(patch["reconciled_at"] == "2026-11-23T12:00:00Z");
  CHECK_FALSE(wf::facts_after_last_page(started(), {}, {}, now).contains("reconciled_at"));
}

TEST_CASE("a delivery is never newer than now") {
  CHECK(wf::facts_after_delivery(now + 1h, now)["last_event_at"] == "2026-11-23T12:00:00Z");
  CHECK(wf::facts_after_delivery(now - 1h, now)["last_event_at"] == "2026-11-23T11:00:00Z");
}

TEST_CASE("what is usual is learned from three runs, and unlearned by a third of empty ones") {
  const auto learned = [](std::vector<std::int64_t> rows) { return wf::usual_rows_min(rows); };
  CHECK_FALSE(learned({}));
  CHECK_FALSE(learned({5, 4}));
  CHECK(learned({5, 4, 6}) == 4);
  CHECK(learned({5, 4, 6, 0}) == 4);     // one empty run: the next one is still unusual
  CHECK(learned({5, 4, 6, 0, 0}) == 0);  // relearned
  CHECK(learned({0, 7, 3}) == 0);        // a sparse stream is never called empty
}

TEST_CASE("the last seven runs are remembered") {
  std::vector<std::int64_t> rows;
  for (std::int64_t run = 1; run <= 9; ++run) rows = wf::read_remembered_rows(wf::remember_rows(rows, run));
  CHECK(rows == std::vector<std::int64_t>{3, 4, 5, 6, 7, 8, 9});
  CHECK(wf::read_remembered_rows(Json()).empty());
  CHECK(wf::read_remembered_rows(Json::array({1, "x", nullptr})) == std::vector<std::int64_t>{1});
}

TEST_CASE("an account that went silent is empty for two runs, then that is what is usual") {
  wf::ServiceFacts service{.client_id = "c", .service = "supabase"};
  service.present_keys = {"supabase.secret_key"};
  std::vector<std::int64_t> remembered{8, 9, 7};
  std::vector<wf::SubState> seen;
  for (int run = 0; run < 3; ++run) {
    StreamFacts facts = started();
    facts = after(facts, wf::facts_after_last_page(facts, {.rows = 0}, {.earlier_rows = remembered}, now));
    remembered = wf::read_remembered_rows(wf::remember_rows(remembered, 0));
    facts.stream = "probe";
    service.streams = {facts};
    seen.push_back(wf::judge(*wf::find_service("supabase"), service, now).sub_state);
  }
  CHECK(seen == std::vector<wf::SubState>{wf::SubState::empty, wf::SubState::empty, wf::SubState::fresh});
}

TEST_CASE("when the sign-in ends is learned from the page that says so, and forgotten when it never does") {
  StreamFacts facts =
      after(started(), wf::facts_after_page(started(), {.credentials_expire_at = now + 240h}, now));
  CHECK(facts.credentials_expire_at == now + 240h);
  facts = after(facts, wf::facts_after_page(facts, {.number = 2}, now));
  CHECK(facts.credentials_expire_at == now + 240h);
  facts =
      after(facts, wf::facts_after_page(facts, {.number = 3, .credentials_expire_at = wf::never_ends}, now));
  CHECK_FALSE(facts.credentials_expire_at.has_value());
}

TEST_CASE("what is no longer given is that of the last run alone") {
  StreamFacts facts = started();
  facts = after(
      facts, wf::facts_after_last_page(facts, {.unavailable = std::vector<std::string>{"a", "b"}}, {}, now));
  CHECK(facts.unavailable == std::vector<std::string>{"a", "b"});
  facts = after(facts, wf::facts_after_page(facts, {}, now));
  CHECK(facts.unavailable.size() == 2);
  facts =
      after(facts, wf::facts_after_last_page(facts, {.unavailable = std::vector<std::string>{}}, {}, now));
  CHECK(facts.unavailable.empty());
}

TEST_CASE("a rest is no failure") {
  const StreamFacts facts = after(started(), wf::facts_while_resting(now + 1h));
  CHECK(facts.rate_limited_until == now + 1h);
  CHECK_FALSE(facts.running_since);
  CHECK_FALSE(facts.failure_kind);
  CHECK(facts.failures == 0);
}
