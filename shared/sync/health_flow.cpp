#include "shared/sync/health_flow.hpp"

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/sync/api_reply.hpp"

namespace wf {
namespace {

// Three ticks missed in a row.
constexpr std::int64_t tick_is_late_after_secs = 15 * 60;

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
  // A Worker that was deployed a moment ago has not ticked yet.
  if (ticked && *ticked > tick_is_late_after_secs)
    return turn.finish(
        problem_reply(503, "schedule-late", "The schedule has stopped",
                      concat({"the last tick was ", describe(std::chrono::seconds(*ticked)), " ago"})));
  turn.finish(
      json_reply(200, JsonObject()
                          .text("status", "ok")
                          .text("database", "ok")
                          .json("ticked_secs_ago", ticked ? Json(*ticked) : Json())
                          .number("runs_left_behind", find_int64(*answer, "runs_left_behind").value_or(0))
                          .number("deliveries_waiting", find_int64(*answer, "deliveries_waiting").value_or(0))
                          .take()));
}

}  // namespace wf
