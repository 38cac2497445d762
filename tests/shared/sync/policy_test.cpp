#include "shared/sync/policy.hpp"

#include <catch_amalgamated.hpp>

#include "shared/base/text.hpp"

using namespace wf;

namespace {

const UnixSeconds now = *parse_time("2026-11-23T12:00:00Z");
constexpr Connector plain{.service = "plain", .streams = {}};

Problem of(const EffectResult& result) { return classify(plain, "plain things", result, now); }

Problem answered(int status, const Headers& headers = {}) {
  return of(HttpReply{status, headers, "sk_test_quoted_back_local"});
}

Problem failing(ErrorKind kind, Remedy remedy = Remedy::retry,
                std::optional<std::int64_t> retry_after_secs = std::nullopt) {
  Problem problem{{kind, "plain things: answered"}, remedy};
  problem.error.retry_after_secs = retry_after_secs;
  return problem;
}

std::int64_t delay(std::int64_t attempt, std::optional<std::int64_t> asked = std::nullopt) {
  const NextTry next = next_try(failing(ErrorKind::provider, Remedy::retry, asked), attempt);
  CHECK_FALSE(next.final);
  return next.delay_secs;
}

}  // namespace

TEST_CASE("a status without a word of the provider's says who must act, and whether it may pass") {
  using enum ErrorKind;
  const auto [status, kind, remedy] =
      GENERATE(table<int, ErrorKind, Remedy>({{400, ours, Remedy::give_up},
                                              {401, credentials, Remedy::give_up},
                                              {403, credentials, Remedy::give_up},
                                              {404, configuration, Remedy::give_up},
                                              {408, provider, Remedy::retry},
                                              {409, provider, Remedy::retry},
                                              {422, ours, Remedy::give_up},
                                              {429, rate_limit, Remedy::retry},
                                              {500, provider, Remedy::retry},
                                              {529, provider, Remedy::retry}}));
  INFO(status);
  const Problem problem = answered(status);
  CHECK(problem.error.kind == kind);
  CHECK(problem.remedy == remedy);
  CHECK(starts_with(problem.error.message, "plain things: answered " + std::to_string(status)));
  CHECK_FALSE(contains(problem.error.message, "sk_test"));
}

TEST_CASE("without a reply the host's reason says it") {
  using enum ErrorKind;
  const auto [reason, kind, remedy] =
      GENERATE(table<const char*, ErrorKind, Remedy>({{"timeout", provider, Remedy::retry},
                                                      {"network", provider, Remedy::retry},
                                                      {"too_large", data, Remedy::give_up},
                                                      {"secret_missing", configuration, Remedy::give_up},
                                                      {"bad_key", configuration, Remedy::give_up},
                                                      {"secret_refused", ours, Remedy::give_up}}));
  INFO(reason);
  const Problem problem = of(Failed{reason, "", "plain.key"});
  CHECK(problem.error.kind == kind);
  CHECK(problem.remedy == remedy);
}

TEST_CASE("what a provider asks to wait is read from seconds and from a date") {
  CHECK(answered(429, {{"retry-after", "17"}}).error.retry_after_secs == 17);
  CHECK(answered(503, {{"retry-after", "Mon, 23 Nov 2026 12:01:30 GMT"}}).error.retry_after_secs == 90);
  CHECK_FALSE(answered(429, {{"retry-after", "soon"}}).error.retry_after_secs);
}

TEST_CASE("each try waits twice as long, and the fifth failure is the last") {
  CHECK(delay(0) == 30);
  CHECK(delay(1) == 60);
  CHECK(delay(2) == 120);
  CHECK(delay(3) == 240);
  CHECK(next_try(failing(ErrorKind::provider), 4).final);
  CHECK_FALSE(next_try(failing(ErrorKind::data), 1).final);
  CHECK(next_try(failing(ErrorKind::data), 2).final);
  CHECK(next_try(failing(ErrorKind::credentials, Remedy::give_up), 0).final);
}

TEST_CASE("a provider's own time is taken at first, later the longer one, and never more than a day") {
  CHECK(delay(0, 5) == 5);
  CHECK(delay(0, 0) == 30);
  CHECK(delay(1, 5) == 60);
  CHECK(delay(1, 600) == 600);
  CHECK(delay(0, 40LL * 86'400) == 86'400);
}

TEST_CASE("a provider's clock is believed as far as it is not far ahead") {
  const auto at = [](const char* date) { return source_time({200, {{"date", date}}, ""}, now); };
  CHECK(at("Mon, 23 Nov 2026 11:58:00 GMT") == now - std::chrono::minutes(2));
  CHECK(at("Mon, 23 Nov 2026 12:04:00 GMT") == now + std::chrono::minutes(4));
  CHECK(at("Tue, 24 Nov 2026 12:00:00 GMT") == now + std::chrono::minutes(5));
  CHECK(at("yesterday") == now);
}
