#include "shared/sync/anomalies_flow.hpp"

#include "shared/base/json_object.hpp"
#include "shared/sync/anomalies.hpp"
#include "shared/sync/api_reply.hpp"

namespace wf {
namespace {

// The detector compares with eight weeks; what it tells is about the month after them.
constexpr std::int64_t days_read = 90;

}  // namespace

void AnomaliesFlow::start(Turn& turn) {
  ask(turn,
      database_.call("daily_series",
                     JsonObject().text("client_id", session_.client_id).number("days", days_read).take()),
      &AnomaliesFlow::on_series);
}

void AnomaliesFlow::on_series(EffectResult& result, Turn& turn) {
  const auto answer = read_answer(result);
  if (!answer) return give_up(turn, answer.error().message, database_problem_reply(answer.error()));
  const auto body = anomalies_answer(*answer);
  if (!body)
    return give_up(turn, body.error().message, problem_reply(500, "internal", "This is a mistake of ours"));
  turn.finish(json_reply(200, *body));
}

void AnomaliesFlow::give_up(Turn& turn, std::string_view why, Respond answer) {
  turn.log_error("no daily series", why);
  turn.finish(std::move(answer));
}

}  // namespace wf
