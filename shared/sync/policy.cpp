#include "shared/sync/policy.hpp"

#include <algorithm>
#include <string>

namespace wf {
namespace {

constexpr std::int64_t attempts_in_all = 5;
constexpr std::int64_t attempts_when_unreadable = 3;
constexpr std::int64_t first_backoff_secs = 30;
constexpr std::int64_t longest_backoff_secs = 3600;
constexpr std::int64_t longest_wait_secs = 86'400;  // whatever the provider asks for

Problem problem(ErrorKind kind, std::string message, Remedy remedy) {
  return {{kind, std::move(message)}, remedy};
}

Problem classify_failed(std::string who, const Failed& failed) {
  if (failed.reason == "timeout")
    return problem(ErrorKind::provider, who + ": no answer in time", Remedy::retry);
  if (failed.reason == "too_large")
    return problem(ErrorKind::data, who + ": the reply is larger than allowed", Remedy::give_up);
  if (failed.reason == "secret_missing")
    return problem(ErrorKind::configuration,
                   who + ": " + (failed.name.empty() ? "the key" : failed.name) + " is not configured",
                   Remedy::give_up);
  if (failed.reason == "bad_key")
    return problem(ErrorKind::configuration, who + ": the private key cannot be read", Remedy::give_up);
  if (failed.reason == "not_captured")
    return problem(ErrorKind::data, who + ": the reply has no token", Remedy::retry);
  if (failed.reason == "secret_refused")
    return problem(ErrorKind::ours, who + ": the key may not be sent to that host", Remedy::give_up);
  if (failed.reason == "malformed")
    return problem(ErrorKind::ours, who + ": the host's result cannot be read", Remedy::retry);
  return problem(ErrorKind::provider, who + ": no connection", Remedy::retry);
}

Problem classify_status(std::string who, const HttpReply& reply, UnixSeconds now) {
  const std::string says = std::move(who) + ": answered " + std::to_string(reply.status);
  const auto retry_after = parse_retry_after(header(reply.headers, "retry-after"), now);
  switch (reply.status) {
    case 401:
      return problem(ErrorKind::credentials, says + ", the key is not accepted", Remedy::give_up);
    case 403:
      return problem(ErrorKind::credentials, says + ", the key may not read this", Remedy::give_up);
    case 404:
      return problem(ErrorKind::configuration, says + ", there is no such thing", Remedy::give_up);
    case 429: {
      Problem limited = problem(ErrorKind::rate_limit, says + ", too many requests", Remedy::retry);
      limited.error.retry_after_secs = retry_after;
      return limited;
    }
    default:
      break;
  }
  if (reply.status != 408 && reply.status != 409 && reply.status < 500)
    return problem(ErrorKind::ours, says + ", the request was refused", Remedy::give_up);
  Problem away = problem(ErrorKind::provider, says, Remedy::retry);
  away.error.retry_after_secs = retry_after;
  return away;
}

}  // namespace

Problem classify(const Connector& connector, std::string_view who, const EffectResult& result,
                 UnixSeconds now) {
  if (const auto* failed = std::get_if<Failed>(&result)) return classify_failed(std::string(who), *failed);
  const auto* reply = std::get_if<HttpReply>(&result);
  if (!reply) return classify_failed(std::string(who), Failed{"malformed", ""});
  Problem general = classify_status(std::string(who), *reply, now);
  return connector.explain ? connector.explain(*reply, std::move(general)) : general;
}

Problem classify_grant(const Connector& connector, const EffectResult& result, UnixSeconds now) {
  const std::string says = std::string(connector.service) + " sign-in";
  if (const auto* failed = std::get_if<Failed>(&result)) return classify_failed(says, *failed);
  const auto* reply = std::get_if<HttpReply>(&result);
  if (!reply) return classify_failed(says, Failed{"malformed", ""});
  const auto body = parse_json(reply->body, says);
  // Not OAuth's error, whose code is a text, but one of the provider's own API.
  if (body && find_object(*body, "error") && connector.explain)
    return connector.explain(*reply, classify_status(says, *reply, now));
  const std::string code = body ? find_string(*body, "error").value_or("") : "";
  if (code == "invalid_grant")
    return problem(ErrorKind::credentials, says + ": it has expired or was withdrawn (invalid_grant)",
                   Remedy::give_up);
  for (const std::string_view ours : {"invalid_client", "unauthorized_client", "invalid_scope"})
    if (code == ours)
      return problem(ErrorKind::configuration, says + ": the client is not accepted (" + code + ")",
                     Remedy::give_up);
  return classify_status(says, *reply, now);
}

Problem unreadable(Error error) {
  const bool settled = error.kind == ErrorKind::credentials || error.kind == ErrorKind::configuration ||
                       error.kind == ErrorKind::ours;
  return {std::move(error), settled ? Remedy::give_up : Remedy::retry};
}

NextTry next_try(const Problem& problem, std::int64_t attempt) {
  const std::int64_t limit =
      problem.error.kind == ErrorKind::data ? attempts_when_unreadable : attempts_in_all;
  if (problem.remedy == Remedy::give_up || attempt + 1 >= limit) return {true, 0};
  const std::int64_t doublings = std::clamp<std::int64_t>(attempt, 0, 7);
  const std::int64_t backoff = std::min(first_backoff_secs << doublings, longest_backoff_secs);
  const std::int64_t asked = problem.error.retry_after_secs.value_or(backoff);
  return {false, std::clamp<std::int64_t>(asked, 0, longest_wait_secs)};
}

UnixSeconds source_time(const HttpReply& reply, UnixSeconds now) {
  return parse_http_date(header(reply.headers, "date")).value_or(now);
}

}  // namespace wf
