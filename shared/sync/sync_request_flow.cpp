#include "shared/sync/sync_request_flow.hpp"

#include <utility>

#include "shared/domain/catalogue.hpp"
#include "shared/sync/api_reply.hpp"
#include "shared/sync/json_object.hpp"

namespace wf {
namespace {

void finish(Turn& turn, Respond answer) {
  turn.ask(std::move(answer));
  turn.done();
}

// The members that name a part of the service; an empty body names all of it.
Result<JsonObject> read_part(std::string_view body) {
  JsonObject part;
  if (body.empty()) return part;
  const auto asked = parse_json(body, "body");
  if (!asked || !asked->is_object()) return fail(ErrorKind::data, "the body is not a JSON object");
  for (const std::string_view member : {"stream", "partition"}) {
    auto value = allow_string(*asked, member, "body");
    if (!value) return tl::unexpected<Error>(std::move(value.error()));
    if (*value) part.text(member, **value);
  }
  return part;
}

Json answer_of(const Json& jobs) {
  Json runs = Json::array();
  for (const Json& job : jobs) {
    JsonObject run;
    for (const std::string_view member : {"run_id", "stream", "partition"})
      run.text(member, find_string(job, member).value_or(""));
    runs.push_back(run.take());
  }
  return JsonObject().json("run_id", runs.front()["run_id"]).json("runs", runs).take();
}

}  // namespace

SyncRequestFlow::SyncRequestFlow(Database database, Session session, std::string service, std::string body)
    : database_(std::move(database)),
      session_(std::move(session)),
      service_(std::move(service)),
      body_(std::move(body)) {}

void SyncRequestFlow::start(Turn& turn) {
  if (!session_.may_write())
    return finish(turn, problem_reply(403, "forbidden", "Viewers may not start a sync"));
  if (!find_service(service_))
    return finish(turn, problem_reply(404, "not-found", "There is no such service"));
  auto part = read_part(body_);
  if (!part)
    return finish(turn, problem_reply(400, "invalid-request", "Not understood", part.error().message));
  part->text("client_id", session_.client_id).text("service", service_).text("cause", "manual");
  if (const auto most = find_service(service_)->jobs_per_tick; most > 0) part->number("limit", most);
  ask(turn, database_.call("start_run", part->take()), &SyncRequestFlow::on_started);
}

void SyncRequestFlow::on_started(EffectResult& result, Turn& turn) {
  const auto answer = read_answer(result);
  if (!answer) return finish(turn, database_away_reply());
  if (find_bool(*answer, "busy").value_or(false))
    return finish(turn, problem_reply(409, "already-running", "A sync of this is running"));
  const Json* jobs = find_array(*answer, "jobs");
  if (!jobs || jobs->empty())
    return finish(turn, problem_reply(409, "nothing-to-sync", "Nothing of this can be synced now",
                                      "keys are missing, it is switched off, or it is used on demand only"));
  turn.ask(json_reply(202, answer_of(*jobs)));
  unanswered_ = jobs->size();
  for (const Json& job : *jobs) ask(turn, Enqueue{job}, &SyncRequestFlow::on_queued);
}

// A run that is not queued is found by the next tick.
void SyncRequestFlow::on_queued(EffectResult&, Turn& turn) {
  if (--unanswered_ == 0) turn.done();
}

}  // namespace wf
