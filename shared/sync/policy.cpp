#include "shared/sync/policy.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <utility>

#include "shared/base/text.hpp"

namespace wf {
namespace {

constexpr std::int64_t attempts_in_all = 5;
constexpr std::int64_t attempts_when_unreadable = 3;
constexpr std::int64_t first_backoff_secs = 30;
constexpr std::int64_t longest_backoff_secs = 3600;
constexpr std::int64_t longest_wait_secs = 86'400;  // whatever the provider asks for
// How far ahead of ours a provider's clock is believed to be.
constexpr std::chrono::minutes most_ahead{5};

Problem problem(ErrorKind kind, std::initializer_list<std::string_view> parts, Remedy remedy) {
  return {{kind, concat(parts)}, remedy};
}

// What the host's words for a failed effect mean; `secret_missing` names the secret.
struct Failure {
  std::string_view reason;
  std::string_view says;
  ErrorKind kind;
  Remedy remedy;
};
constexpr std::array<Failure, 8> failures{{
    {"timeout", ": no answer in time", ErrorKind::provider, Remedy::retry},
    {"too_large", ": the reply is larger than allowed", ErrorKind::data, Remedy::give_up},
    {"bad_key", ": the key cannot be read", ErrorKind::configuration, Remedy::give_up},
    {"not_captured", ": no token was given, so this sign-in may not use it", ErrorKind::configuration,
     Remedy::give_up},
    {"short_lived", ": the token lives for less than a minute", ErrorKind::provider, Remedy::retry},
    {"not_json", ": the reply cannot be read", ErrorKind::data, Remedy::retry},
    {"secret_refused", ": the key may not be sent to that host", ErrorKind::ours, Remedy::give_up},
    {"malformed", ": the host's result cannot be read", ErrorKind::ours, Remedy::retry},
}};

Problem classify_failed(std::string_view who, std::string_view reason, std::string_view name) {
  if (reason == "secret_missing")
    return problem(ErrorKind::configuration,
                   {who, ": ", name.empty() ? "the key" : name, " is not configured"}, Remedy::give_up);
  for (const Failure& failure : failures)
    if (failure.reason == reason) return problem(failure.kind, {who, failure.says}, failure.remedy);
  return problem(ErrorKind::provider, {who, ": no connection"}, Remedy::retry);
}

struct Refusal {
  int status;
  std::string_view says;
  ErrorKind kind;
};
constexpr std::array<Refusal, 3> refusals{{
    {401, ", the key is not accepted", ErrorKind::credentials},
    {403, ", the key may not do this", ErrorKind::credentials},
    {404, ", there is no such thing", ErrorKind::configuration},
}};

constexpr std::string_view too_many = ", too many requests";

// What the status usually means. The answer is the words for it.
std::string_view classify_status(const HttpReply& reply, UnixSeconds now, Problem& problem) {
  problem.error.retry_after_secs = parse_retry_after(header(reply.headers, "retry-after"), now);
  for (const Refusal& refusal : refusals) {
    if (refusal.status != reply.status) continue;
    problem.error.kind = refusal.kind;
    return refusal.says;
  }
  const bool limited = reply.status == 429;
  if (!limited && reply.status != 408 && reply.status != 409 && reply.status < 500)
    return ", the request was refused";
  problem.error.kind = limited ? ErrorKind::rate_limit : ErrorKind::provider;
  problem.remedy = Remedy::retry;
  return limited ? too_many : "";
}

// What a provider's support asks for. https://docs.stripe.com/api/request_ids
constexpr std::array<std::string_view, 4> request_ids{"request-id", "x-request-id", "x-fb-trace-id",
                                                      "cf-ray"};

std::string request_id_of(const HttpReply& reply) {
  for (const std::string_view name : request_ids)
    if (const auto id = header(reply.headers, name); !id.empty()) return std::string(id.substr(0, 80));
  return {};
}

using Explain = Problem (*)(const HttpReply&, Problem general);

Problem classify_by(Explain explain, std::string_view who, const EffectResult& result, UnixSeconds now) {
  const auto* reply = std::get_if<HttpReply>(&result);
  if (!reply) {
    const auto* failed = std::get_if<Failed>(&result);
    return failed ? classify_failed(who, failed->reason, failed->name)
                  : classify_failed(who, "malformed", "");
  }
  const std::string opening = concat({who, ": answered ", decimal(reply->status)});
  Problem problem{{ErrorKind::ours, opening}};
  std::string_view words = classify_status(*reply, now, problem);
  const ErrorKind usual = problem.error.kind;
  if (explain) problem = explain(*reply, std::move(problem));
  std::string& message = problem.error.message;
  // A 403 for a quota is not about the key, but about what 429 says.
  if (problem.error.kind != usual) words = problem.error.kind == ErrorKind::rate_limit ? too_many : "";
  if (starts_with(message, opening) && message.compare(opening.size(), 1, ",") != 0)
    message.insert(opening.size(), words);
  problem.request_id = request_id_of(*reply);
  return problem;
}

}  // namespace

Problem classify(const Connector& connector, std::string_view who, const EffectResult& result,
                 UnixSeconds now) {
  return classify_by(connector.explain, who, result, now);
}

Problem classify_grant(const Connector& connector, const EffectResult& result, UnixSeconds now) {
  const std::string says = concat({connector.service, " sign-in"});
  const auto* reply = std::get_if<HttpReply>(&result);
  if (!reply) return classify_by(nullptr, says, result, now);
  const auto body = parse_json(reply->body, says);
  // Not OAuth's error, whose code is a text, but one of the provider's own API.
  if (body && find_object(*body, "error")) {
    Problem own = classify(connector, says, result, now);
    // A step of a grant has no reader.
    if (own.remedy == Remedy::read) own.remedy = Remedy::give_up;
    if (own.remedy == Remedy::retry_then_read) own.remedy = Remedy::retry;
    return own;
  }
  const std::string_view code = body ? find_text(*body, "error") : "";
  if (code == "invalid_grant") {
    // https://developers.google.com/identity/protocols/oauth2/service-account#error-codes
    const bool of_key = starts_with(find_text(*body, "error_description"), "Invalid JWT");
    return problem(ErrorKind::credentials,
                   {says, of_key ? ": the private key is not accepted, or our clock is wrong (invalid_grant)"
                                 : ": it has expired or was withdrawn (invalid_grant)"},
                   Remedy::give_up);
  }
  for (const std::string_view ours :
       {"invalid_client", "unauthorized_client", "invalid_scope", "invalid_request", "deleted_client",
        "disabled_client", "admin_policy_enforced"})
    if (code == ours)
      return problem(ErrorKind::configuration, {says, ": the client is not accepted (", code, ")"},
                     Remedy::give_up);
  return classify_by(nullptr, says, result, now);
}

Problem unreadable(Error error) {
  const bool settled = error.kind == ErrorKind::credentials || error.kind == ErrorKind::configuration ||
                       error.kind == ErrorKind::ours;
  return {std::move(error), settled ? Remedy::give_up : Remedy::retry};
}

void describe(JsonObject& fields, const Problem& problem) {
  fields.text("kind", name(problem.error.kind)).text("message", problem.error.message);
  if (!problem.request_id.empty()) fields.text("request_id", problem.request_id);
}

NextTry next_try(const Problem& problem, std::int64_t attempt) {
  const std::int64_t limit =
      problem.error.kind == ErrorKind::data ? attempts_when_unreadable : attempts_in_all;
  if (problem.remedy == Remedy::give_up || attempt + 1 >= limit) return {true, 0};
  const std::int64_t doublings = std::clamp<std::int64_t>(attempt, 0, 7);
  const std::int64_t backoff = std::min(first_backoff_secs << doublings, longest_backoff_secs);
  const std::int64_t asked = problem.error.retry_after_secs.value_or(0);
  // "Again after 0 seconds", or 1 each time, would use up every attempt in one moment.
  const std::int64_t wait = attempt == 0 && asked > 0 ? asked : std::max(asked, backoff);
  return {false, std::min(wait, longest_wait_secs)};
}

UnixSeconds source_time(const HttpReply& reply, UnixSeconds now) {
  return std::min(parse_http_date(header(reply.headers, "date")).value_or(now), now + most_ahead);
}

}  // namespace wf
