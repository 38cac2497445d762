#include "shared/sync/flow.hpp"

#include "shared/base/json_object.hpp"

namespace wf {

void Turn::ask(Effect effect) { effects.push_back(std::move(effect)); }
void Turn::ask(HttpRequest request) { ask(Effect(std::move(request))); }
void Turn::ask(Respond answer) { ask(Effect(std::move(answer))); }
void Turn::log(std::string_view level, const Json& fields) { ask(Effect(Log{level, fields})); }

void Turn::log_error(std::string_view what, std::string_view message) {
  log("error", JsonObject().text("what", what).text("message", message));
}

void Turn::done() { ask(Effect(Done{})); }

void Turn::finish(Respond answer) {
  ask(std::move(answer));
  done();
}

void Turn::retry(std::int64_t delay_secs) { ask(Effect(Done{Outcome::retry, delay_secs})); }

}  // namespace wf
