#include "shared/sync/health_flow.hpp"

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/sync/api_reply.hpp"

namespace wf {
namespace {

// Three ticks missed in a row, or three that could not detect anything.
constexpr std::int64_t late_after_secs = 15 * 60;

bool is_late(std::optional<std::int64_t> secs_ago) { return secs_ago && *secs_ago > late_after_secs; }

Respond late(std::string_view type, std::string_view title, std::string_view what, std::int64_t secs) {
  return problem_reply(503, type, title, concat({what, describe(std::chrono::seconds(secs)), " ago"}));
}

}  // namespace

void HealthFlow::start(Turn& turn) {
  ask(turn, database_.call("health", empty_object()), &HealthFlow::on_answer);
}

void HealthFlow::on_answer(EffectResult& result, Turn& turn) {
  const auto answer = read_answer(result);
  if (!answer) {
    turn.log_error("health check failed", answer.error().message);
    return turn.finish(database_away_reply());
  }
  const auto ticked = find_int64(*answer, "ticked_secs_ago");
  // A Worker that was deployed a moment ago has not ticked yet; nothing waits before there is a workspace.
  const auto waits = ticked ? ticked : find_int64(*answer, "first_workspace_secs_ago");
  if (is_late(waits))
    return turn.finish(late("schedule-late", "The schedule has stopped",
                            ticked ? "the last tick was " : "no tick yet, and the first workspace was made ",
                            *waits));
  const auto detected = find_int64(*answer, "detected_secs_ago");
  if (is_late(detected))
    return turn.finish(late("detection-late", "New keys and settings are not seen",
                            "what is configured was last recorded ", *detected));
  turn.finish(
      json_reply(200, JsonObject()
                          .text("status", "ok")
                          .text("database", "ok")
                          .json("ticked_secs_ago", ticked ? Json(*ticked) : Json())
                          .number("runs_left_behind", find_int64(*answer, "runs_left_behind").value_or(0))
                          .number("deliveries_waiting", find_int64(*answer, "deliveries_waiting").value_or(0))
                          .number("schedules_failing", find_int64(*answer, "schedules_failing").value_or(0))
                          .take()));
}

}  // namespace wf
