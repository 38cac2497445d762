#include "shared/sync/api_reply.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"

namespace wf {
namespace {

constexpr std::int64_t default_retry_after_secs = 30;
constexpr std::int64_t longest_retry_after_secs = 86'400;  // whatever the provider asks for

}  // namespace

Respond json_reply(int status, const Json& body) {
  const std::string type = status < 400 ? "application/json" : "application/problem+json";
  return {status, {{"content-type", type}, {"cache-control", "no-store"}}, dump(body)};
}

Respond problem_reply(int status, std::string_view type, std::string_view title, std::string_view detail) {
  JsonObject problem;
  problem.text("type", concat({"urn:webfluentia:", type})).text("title", title).number("status", status);
  if (!detail.empty()) problem.text("detail", detail);
  return json_reply(status, problem.take());
}

Respond with_retry_after(Respond answer, std::int64_t secs) {
  answer.headers.emplace_back("retry-after",
                              decimal(std::clamp<std::int64_t>(secs, 0, longest_retry_after_secs)));
  return answer;
}

Respond provider_problem_reply(const Error& error) {
  switch (error.kind) {
    case ErrorKind::rate_limit:
      return with_retry_after(problem_reply(503, "rate-limited", "A limit is reached: wait", error.message),
                              error.retry_after_secs.value_or(default_retry_after_secs));
    case ErrorKind::provider:
      return problem_reply(502, "provider-failed", "The provider did not answer as it should", error.message);
    case ErrorKind::credentials:
      return problem_reply(502, "provider-refused", "The provider refused the key", error.message);
    case ErrorKind::configuration:
      return problem_reply(409, "not-configured", "The service cannot do this as it is set up",
                           error.message);
    case ErrorKind::data:
      return problem_reply(502, "answer-not-usable", "The provider's answer cannot be used", error.message);
    case ErrorKind::ours:
      break;
  }
  return problem_reply(500, "internal", "This is a mistake of ours", error.message);
}

Respond settings_unreadable_reply() {
  return provider_problem_reply({ErrorKind::configuration, "the settings of this workspace cannot be read"});
}

Respond switched_off_reply() { return problem_reply(409, "not-configured", "This service is switched off"); }

Respond database_problem_reply(const DatabaseProblem& problem) {
  return problem.answered ? problem_reply(500, "internal", "This is a mistake of ours", problem.message)
                          : database_away_reply();
}

Respond database_away_reply() {
  return with_retry_after(problem_reply(503, "database-away", "The database does not answer"),
                          default_retry_after_secs);
}

}  // namespace wf
