#include "shared/sync/anomalies_flow.hpp"

#include "shared/sync/anomalies.hpp"
#include "shared/sync/api_reply.hpp"
#include "shared/sync/json_object.hpp"

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
  const auto body = anomalies_answer(answer ? *answer : Json());
  if (!body)
    turn.log("error", JsonObject()
                          .text("what", "no daily series")
                          .text("message", answer ? body.error().message : answer.error().message)
                          .take());
  turn.ask(body ? json_reply(200, *body) : database_away_reply());
  turn.done();
}

}  // namespace wf
