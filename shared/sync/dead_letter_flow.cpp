#include "shared/sync/dead_letter_flow.hpp"

#include <utility>

#include "shared/base/json_object.hpp"

namespace wf {

DeadLetterFlow::DeadLetterFlow(Database database, Json message)
    : database_(std::move(database)), message_(std::move(message)) {}

void DeadLetterFlow::start(Turn& turn) {
  ask(turn, database_.call("record_dead_letter", JsonObject().json("message", message_)),
      &DeadLetterFlow::on_recorded);
}

void DeadLetterFlow::on_recorded(EffectResult& result, Turn& turn) {
  const auto answer = read_answer(result);
  if (answer) {
    turn.log("error", JsonObject().text("what", "the queue gave up a message").json("of", message_));
    return turn.done();
  }
  turn.log_error("dead letter not recorded", answer.error().message);
  if (answer.error().trouble == DatabaseTrouble::away) return turn.retry(database_rest_secs);
  turn.done();
}

}  // namespace wf
