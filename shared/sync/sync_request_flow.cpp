#include "shared/sync/sync_request_flow.hpp"

#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/domain/catalogue.hpp"
#include "shared/sync/api_reply.hpp"

namespace wf {
namespace {

// The members that name a part of the service; an empty body names all of it.
Result<JsonObject> read_part(std::string_view body, const Descriptor& service) {
  JsonObject part;
  if (body.empty()) return part;
  const auto asked = parse_json(body, "body");
  if (!asked || !asked->is_object()) return fail(ErrorKind::data, "the body is not a JSON object");
  for (const auto& [member, value] : members(*asked)) {
    if (member != "stream" && member != "partition")
      return fail(ErrorKind::data, {"stream and partition may be given, not ", shorten(member, 40)});
    if (!value.is_string()) return fail(ErrorKind::data, {member, " is not a text"});
    const std::string_view name = find_text(*asked, member);
    if (member == "stream" && !find_stream(service, name))
      return fail(ErrorKind::data, {"there is no stream ", shorten(name, 40)});
    part.text(member, name);
  }
  return part;
}

Json answer_of(std::span<const Json> jobs) {
  Json runs = empty_list();
  for (const Json& job : jobs) {
    JsonObject run;
    for (const std::string_view member : {"run_id", "stream", "partition"})
      run.text(member, find_text(job, member));
    runs.push_back(run.take());
  }
  return JsonObject().text("run_id", find_text(jobs.front(), "run_id")).json("runs", std::move(runs)).take();
}

Respond nothing_to_sync(std::string_view why) {
  return problem_reply(409, "nothing-to-sync", "Nothing of this can be synced now", why);
}

// The page shows the title alone.
Respond just_synced(std::int64_t again_in_secs) {
  const std::string minutes = decimal((again_in_secs + 59) / 60);
  return with_retry_after(
      problem_reply(429, "just-synced", concat({"Just synced: ask again in ", minutes, " min"})),
      again_in_secs);
}

// Why, in the words of start_run; of a part the service may be on.
Respond nothing_began(const Json& answer, bool of_a_part) {
  const std::string_view why = find_text(answer, "why");
  if (why == "disabled") return of_a_part ? nothing_to_sync("it is switched off") : switched_off_reply();
  if (why == "unreadable") return settings_unreadable_reply();
  if (why == "no_part") return nothing_to_sync("there is no such partition");
  if (why == "just_synced") return just_synced(find_int64(answer, "again_in_secs").value_or(0));
  std::string lacks = "it is not set up in this workspace";
  if (why == "missing") {
    lacks = "missing:";
    for (const Json& name : list_in(answer, "missing"))
      lacks.append(lacks.back() == ':' ? " " : ", ").append(as_string(name).value_or(""));
  }
  return provider_problem_reply({ErrorKind::configuration, std::move(lacks)});
}

}  // namespace

SyncRequestFlow::SyncRequestFlow(Database database, Session session, std::string service, ApiRequest request)
    : database_(std::move(database)),
      session_(std::move(session)),
      service_(std::move(service)),
      body_(std::move(request.body)),
      settings_unreadable_(request.settings_unreadable) {}

void SyncRequestFlow::start(Turn& turn) {
  if (!session_.may_write())
    return turn.finish(problem_reply(403, "forbidden", "Viewers may not start a sync"));
  const Descriptor* service = find_service(service_);
  if (!service) return turn.finish(problem_reply(404, "not-found", "There is no such service"));
  auto part = read_part(body_, *service);
  if (!part)
    return turn.finish(problem_reply(400, "invalid-request", "Not understood", part.error().message));
  if (service->streams.empty()) return turn.finish(nothing_to_sync("it is used on demand only"));
  if (settings_unreadable_ && needs_own_bundle(*service)) return turn.finish(settings_unreadable_reply());
  part->text("client_id", session_.client_id).text("service", service_).text("cause", "manual");
  if (service->jobs_per_tick > 0) part->number("limit", service->jobs_per_tick);
  ask(turn, database_.call("start_run", part->take()), &SyncRequestFlow::on_started);
}

void SyncRequestFlow::on_started(EffectResult& result, Turn& turn) {
  const auto answer = read_answer(result);
  if (!answer) return turn.finish(database_problem_reply(answer.error()));
  if (is_true(*answer, "busy"))
    return turn.finish(problem_reply(409, "already-running", "A sync of this is under way",
                                     "it runs, or waits until the provider lets it go on"));
  const auto jobs = list_in(*answer, "jobs");
  if (jobs.empty()) return turn.finish(nothing_began(*answer, !body_.empty()));
  turn.ask(json_reply(202, answer_of(jobs)));
  unanswered_ = jobs.size();
  for (const Json& job : jobs) ask(turn, Enqueue{job}, &SyncRequestFlow::on_queued);
}

// A run that is not queued is found by the next tick.
void SyncRequestFlow::on_queued(EffectResult&, Turn& turn) {
  if (--unanswered_ == 0) turn.done();
}

}  // namespace wf
