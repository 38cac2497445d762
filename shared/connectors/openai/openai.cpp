#include "shared/connectors/openai/openai.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/openai/answer.hpp"
#include "shared/connectors/openai/errors.hpp"
#include "shared/connectors/openai/prompt.hpp"
#include "shared/connectors/openai/rows.hpp"
#include "shared/connectors/openai/settings.hpp"

namespace wf::openai {
namespace {

constexpr std::string_view endpoint = "https://api.openai.com/v1/responses";
// A model that reasons may be silent for minutes.
constexpr std::int64_t timeout_ms = 300'000;

std::string who(const ActionQuery& query) { return concat({"openai ", find_text(query.input, "purpose")}); }

HttpRequest call_of(const ActionQuery& query, std::string body) {
  HttpRequest call = bearer_request(std::string(endpoint), "openai.api_key");
  put_json(call, std::move(body));
  add_header(call.headers, "x-client-request-id", query.id);
  call.timeout_ms = timeout_ms;
  return call;
}

// What a call may cost at most. A token is a byte at least.
std::int64_t most_micros(const Settings& settings, std::size_t body_bytes) {
  const Usage most{.input = static_cast<std::int64_t>(body_bytes), .output = settings.max_output_tokens};
  return cost_micros(most, settings.prices);
}

// With this call. What is under way or has no known end is in `spent_micros_today` at its most; of whose most
// is not known either as much as this one.
std::int64_t most_spent(const ActionQuery& query, std::int64_t most) {
  const std::int64_t open = find_int64(query.facts, "open_today").value_or(0);
  return find_int64(query.facts, "spent_micros_today").value_or(0) + (open + 1) * most;
}

// What the other workspaces have not used of their equal share: a busy one cannot take it from them.
std::int64_t kept_for_others(const ActionQuery& query, std::int64_t limit) {
  const auto others = list_in(query.facts, "others_spent_micros_today");
  const std::int64_t share = limit / static_cast<std::int64_t>(others.size() + 1);
  std::int64_t kept = 0;
  for (const Json& spent : others) kept += std::max<std::int64_t>(0, share - as_int64(spent).value_or(0));
  return kept;
}

std::int64_t seconds_to_midnight(UnixSeconds now) {
  return (day_of(now) + std::chrono::days(1) - now).count();
}

Result<ActionStart> start(const ActionQuery& query, UnixSeconds now) {
  const auto settings = read_settings(query.ids);
  if (!settings) return tl::unexpected<Error>(settings.error());
  const auto given = given_to_model(query, today_of(query, now));
  if (!given) return tl::unexpected<Error>(given.error());
  std::string body = request_body(*settings, *given, query.client_id);
  const std::int64_t most = most_micros(*settings, body.size());
  if (settings->daily_limit_micros &&
      most_spent(query, most) + kept_for_others(query, *settings->daily_limit_micros) >
          *settings->daily_limit_micros)
    return fail(ErrorKind::rate_limit,
                concat({who(query), ": OPENAI_DAILY_LIMIT_USD does not allow another call today"}),
                seconds_to_midnight(now));
  return ActionStart{running_row(query, *settings, *given, most, now), call_of(query, std::move(body))};
}

Result<ActionEnd> end(const ActionQuery& query, const HttpReply& reply, UnixSeconds now) {
  const auto settings = read_settings(query.ids);
  if (!settings) return tl::unexpected<Error>(settings.error());
  const auto given = given_to_model(query, today_of(query, now));
  if (!given) return tl::unexpected<Error>(given.error());
  auto answer = read_answer_of_model(reply, who(query));
  if (!answer) return tl::unexpected<Error>(std::move(answer.error()));
  const Told told{query, *settings, *given, *answer, header(reply.headers, "x-request-id"), now};
  if (told.state() == "succeeded") return answered(told);
  ActionEnd ended = not_answered(told);
  // What the model will not say is no fault of the service.
  const std::string& code = answer->failure_code;
  if (answer->state != "refused" && code != "content_filter")
    ended.failure = Error{code == "max_output_tokens" ? ErrorKind::configuration : ErrorKind::data,
                          concat({who(query), ": ", answer->failure_message})};
  return ended;
}

std::vector<RowBatch> fail_rows(const ActionQuery& query, const Error& error, bool unknown, UnixSeconds now) {
  const auto given = given_to_model(query, today_of(query, now));
  return failed_row(query, given.value_or(Json()), error, unknown, now);
}

constexpr Action action(std::string_view id, Result<Json> (*check)(const Json&)) {
  return {.id = id,
          .check = check,
          .facts_function = "ai_facts",
          .start = start,
          .end = end,
          .fail = fail_rows,
          .when_unknown = "it may have cost something, and asked again it costs as much again"};
}

constexpr std::array actions{action("insights", check_insights), action("content", check_content),
                             action("explanation", check_explanation)};

}  // namespace

constinit const Connector connector{.service = "openai", .explain = explain, .actions = actions};

}  // namespace wf::openai
