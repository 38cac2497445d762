#include "shared/sync/action_flow.hpp"

#include <algorithm>
#include <utility>

#include "shared/base/text.hpp"
#include "shared/domain/catalogue.hpp"
#include "shared/domain/facts_update.hpp"
#include "shared/sync/api_reply.hpp"
#include "shared/sync/pages.hpp"

namespace wf {
namespace {

// Where others begin all the time whoever asks is to come back.
constexpr int most_facts_read = 5;

// Nobody waits for it, and five of them outlast a database that is away for an hour.
constexpr std::int64_t end_rest_secs = 15 * 60;

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

// No word from the provider: it may have done what it was asked. A gateway that heard nothing usable from
// it does not know either (RFC 9110, sections 15.6.3 and 15.6.5; Cloudflare's own are 520 to 524,
// https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/).
bool is_silence(const EffectResult& result) {
  if (const auto* reply = std::get_if<HttpReply>(&result))
    return reply->status == 502 || reply->status == 504 || (reply->status >= 520 && reply->status <= 524);
  const auto* failed = std::get_if<Failed>(&result);
  return failed && !missing_secret(result) && failed->reason != "secret_refused" &&
         failed->reason != "bad_key";
}

bool is_judged_by_use(std::string_view service) {
  const Descriptor* descriptor = find_service(service);
  return descriptor && descriptor->evidenced == Evidenced::by_activity;
}

// The syncs of a service that has any tell whether it works. Its use tells only what they cannot see: a key
// that may read and not write.
bool is_of_the_key(const Error& error) {
  return error.kind == ErrorKind::credentials || error.kind == ErrorKind::configuration;
}

// A service of which a workspace has nothing gets no card because somebody asks for it.
bool is_set_up(std::string_view service, const Json& ids) {
  const std::string prefix = concat({service, "."});
  for (const auto& [name, id] : members(ids))
    if (starts_with(name, prefix)) return true;
  return false;
}

Respond not_begun(std::string_view state) {
  if (state == "disabled") return switched_off_reply();
  if (state == "changed")
    return provider_problem_reply({ErrorKind::rate_limit, "too many ask for this at the same time", 5});
  if (state == "too_many")
    return provider_problem_reply(
        {ErrorKind::rate_limit,
         "this workspace has made 200 requests of this service within an hour, which is our limit", 600});
  std::string became = concat({"its request ", state});
  if (state == "running") became = "its request is under way";
  if (state == "unknown") became = "it is not known whether its request was carried out";
  return problem_reply(409, "already-requested", "This Idempotency-Key was used before", became);
}

Json facts_after_use(std::string_view service, UnixSeconds now) {
  PageFacts page{.rows = 1};
  if (is_judged_by_use(service)) page.newest_row_at = now;
  return facts_after_last_page({}, page, {}, now);
}

}  // namespace

ActionFlow::ActionFlow(const Connector& connector, const Action& action, Database database, Session session,
                       ApiRequest request)
    : connector_(connector), action_(action), database_(std::move(database)) {
  may_write_ = session.may_write();
  settings_unreadable_ = request.settings_unreadable;
  requested_id_ = to_lower(header(request.headers, "idempotency-key"));
  body_ = std::move(request.body);
  flow_id_ = std::move(request.flow_id);
  query_.id = requested_id_.empty() ? flow_id_ : requested_id_;
  query_.workspace = std::move(session.workspace);
  query_.client_id = std::move(session.client_id);
  query_.user_id = std::move(session.user_id);
  query_.ids = std::move(request.ids);
}

void ActionFlow::start(Turn& turn) {
  if (!may_write_) return turn.finish(problem_reply(403, "forbidden", "Viewers may not ask for this"));
  const Descriptor* service = find_service(connector_.service);
  if (settings_unreadable_ && service && needs_own_bundle(*service))
    return turn.finish(settings_unreadable_reply());
  const auto refuse = [&](std::string_view why) {
    turn.finish(problem_reply(400, "invalid-request", "Not understood", why));
  };
  if (!requested_id_.empty() && !is_uuid(requested_id_)) return refuse("Idempotency-Key: not a UUID");
  const auto body = parse_json(body_.empty() ? "{}" : body_, "body");
  if (!body || !body->is_object()) return refuse("the body is not a JSON object");
  auto input = action_.check(*body);
  if (!input) return refuse(input.error().message);
  query_.input = *std::move(input);
  if (action_.facts_function.empty()) return sign(turn);
  read_facts(turn);
}

void ActionFlow::read_facts(Turn& turn) {
  ask(turn,
      database_.call(action_.facts_function,
                     JsonObject().text("client_id", query_.client_id).json("input", query_.input).take()),
      &ActionFlow::on_facts);
}

void ActionFlow::on_facts(EffectResult& result, Turn& turn) {
  auto answer = read_answer(result);
  if (!answer) {
    turn.log("error", log_fields("facts not read").text("message", answer.error().message).take());
    return turn.finish(database_problem_reply(answer.error()));
  }
  query_.facts = *std::move(answer);
  sign(turn);
}

void ActionFlow::sign(Turn& turn) {
  auto sign = action_.sign ? action_.sign(query_) : std::nullopt;
  if (!sign) return begin(turn);
  ask(turn, *std::move(sign), &ActionFlow::on_signed);
}

void ActionFlow::on_signed(EffectResult& result, Turn& turn) {
  auto* made = std::get_if<Signed>(&result);
  // An optional key: the action does without what it would have signed.
  if (missing_secret(result)) return begin(turn);
  if (!made) return turn.finish(provider_problem_reply(classify(connector_, who(), result, turn.now).error));
  query_.signature = std::move(made->signature);
  begin(turn);
}

void ActionFlow::begin(Turn& turn) {
  auto started = action_.start(query_, turn.now);
  if (!started) return fail_start(turn, std::move(started.error()));
  call_ = std::move(started->call);
  record_ = with_tables(JsonObject()
                            .text("client_id", query_.client_id)
                            .text("id", query_.id)
                            .text("begun_by", flow_id_)
                            .text("service", connector_.service)
                            .text("action", action_.id)
                            .text("user_id", query_.user_id)
                            .text_or_null("seen", find_text(query_.facts, "seen"))
                            .take(),
                        started->batches);
  keep_intent(turn);
}

// Nothing was begun, so nothing has an end: what is kept is that this service cannot be used as it is set up.
void ActionFlow::fail_start(Turn& turn, Error error) {
  const bool impossible = error.kind == ErrorKind::data;
  answer_ = impossible ? problem_reply(422, "not-possible", "This cannot be done", error.message)
                       : provider_problem_reply(error);
  if (error.kind != ErrorKind::configuration || !is_set_up(connector_.service, query_.ids))
    return turn.finish(std::move(answer_));
  // Another request may have had the asker's key, and it may have succeeded.
  query_.id = flow_id_;
  end_failed(turn, "failed", {std::move(error), Remedy::give_up}, {});
}

void ActionFlow::keep_intent(Turn& turn) {
  ask(turn, database_.call_text("begin_action", record_), &ActionFlow::on_begun);
}

void ActionFlow::on_begun(EffectResult& result, Turn& turn) {
  const auto answer = read_answer(result);
  if (!answer && answer.error().answered) return turn.finish(database_problem_reply(answer.error()));
  // It may have been kept and only the answer lost: asked again, the same request is told that it has begun.
  if (!answer && !std::exchange(asked_again_, true)) return keep_intent(turn);
  if (!answer) return turn.finish(database_away_reply());
  if (!is_true(*answer, "begun")) {
    const std::string_view state = find_text(*answer, "state");
    if (state == "changed" && ++facts_read_ < most_facts_read) return read_facts(turn);
    return turn.finish(not_begun(state));
  }
  ask(turn, grants_.begin(std::move(call_)), &ActionFlow::on_called);
}

void ActionFlow::on_called(EffectResult& result, Turn& turn) {
  if (auto effect = grants_.go_on(connector_, result, query_.ids, turn.now))
    return ask(turn, *std::move(effect), &ActionFlow::on_called);
  if (grants_.is_granting()) return fail_action(turn, classify_grant(connector_, result, turn.now), false);
  auto* reply = std::get_if<HttpReply>(&result);
  if (!reply || !is_success(*reply)) {
    const Problem problem = classify(connector_, who(), result, turn.now);
    if (!reply || problem.remedy != Remedy::read) return fail_action(turn, problem, is_silence(result));
  }
  reply_ = std::move(*reply);
  if (reply_.body.empty()) return conclude(turn);
  ask(turn, PutObject{archived(""), reply_.body}, &ActionFlow::on_kept);
}

// What the provider did is done: an archive that fails must not make it look undone.
void ActionFlow::on_kept(EffectResult& result, Turn& turn) {
  if (!std::holds_alternative<Stored>(result)) turn.log("warn", log_fields("reply not archived").take());
  conclude(turn);
}

void ActionFlow::conclude(Turn& turn) {
  auto ended = action_.end(query_, reply_, turn.now);
  if (!ended) {
    // A reply may say of itself, with 200, that the provider failed or was busy.
    const ErrorKind kind = ended.error().kind;
    const bool passes = kind == ErrorKind::provider || kind == ErrorKind::rate_limit;
    return fail_action(turn, {std::move(ended.error()), passes ? Remedy::retry : Remedy::give_up},
                       action_.unknown_when_refused);
  }
  answer_ = json_reply(ended->status, ended->answer);
  if (ended->failure)
    return end_failed(turn, "failed", {std::move(*ended->failure)}, std::move(ended->batches));
  end(turn, "succeeded", std::move(ended->batches), facts_after_use(connector_.service, turn.now));
}

void ActionFlow::fail_action(Turn& turn, const Problem& problem, bool unknown) {
  // It did not plainly fail: whoever believes that sends it again.
  answer_ = unknown ? problem_reply(502, "outcome-unknown", "It is not known whether this was done",
                                    concat({problem.error.message, "; ", action_.when_unknown}))
                    : provider_problem_reply(problem.error);
  end_failed(turn, unknown ? "unknown" : "failed", problem,
             action_.fail(query_, problem.error, unknown, turn.now));
}

void ActionFlow::end_failed(Turn& turn, std::string_view state, const Problem& problem,
                            std::vector<RowBatch> batches) {
  const Error& error = problem.error;
  JsonObject fields = log_fields("action failed");
  describe(fields, problem);
  turn.log("warn", fields);
  const bool final = problem.remedy == Remedy::give_up;
  const bool tells = is_judged_by_use(connector_.service) || is_of_the_key(error);
  end(turn, state, std::move(batches), tells ? facts_after_failure({}, error, final, turn.now) : Json());
}

void ActionFlow::end(Turn& turn, std::string_view state, std::vector<RowBatch> batches, Json facts) {
  JsonObject p;
  p.text("client_id", query_.client_id)
      .text("id", query_.id)
      .text("service", connector_.service)
      .text("state", state);
  if (!facts.is_null()) {
    slot(facts, "last_attempt_at") = Json(format_time(turn.now));
    p.text("stream", use_stream).json("facts", std::move(facts));
  }
  record_ = with_tables(p.take(), batches);
  ask(turn, database_.call_text("end_action", record_), &ActionFlow::on_ended);
}

void ActionFlow::on_ended(EffectResult& result, Turn& turn) {
  turn.ask(std::move(answer_));
  const auto answer = read_answer(result);
  if (answer) return turn.done();
  turn.log("error", log_fields("outcome not stored").text("message", answer.error().message).take());
  if (answer.error().trouble == DatabaseTrouble::refused) return turn.done();
  ask(turn, PutObject{archived("-end"), std::move(record_)}, &ActionFlow::on_end_kept);
}

void ActionFlow::on_end_kept(EffectResult& result, Turn& turn) {
  if (!std::holds_alternative<Stored>(result)) return on_queued(result, turn);
  ask(turn,
      Enqueue{JsonObject()
                  .text("job", "action_end")
                  .text("workspace", query_.workspace)
                  .text("object_key", archived("-end"))
                  .take(),
              database_rest_secs},
      &ActionFlow::on_queued);
}

void ActionFlow::on_queued(EffectResult& result, Turn& turn) {
  if (!std::holds_alternative<Queued>(result)) turn.log("error", log_fields("outcome lost").take());
  turn.done();
}

std::string ActionFlow::archived(std::string_view part) const {
  return concat({"actions/", query_.client_id, "/", connector_.service, "/", query_.id, part, ".json"});
}

std::string ActionFlow::who() const { return concat({connector_.service, " ", action_.id}); }

JsonObject ActionFlow::log_fields(std::string_view what) const {
  JsonObject fields;
  fields.text("what", what)
      .text("service", connector_.service)
      .text("action", action_.id)
      .text("workspace", query_.workspace)
      .text("request_id", query_.id);
  return fields;
}

void ActionEndFlow::start(Turn& turn) { ask(turn, GetObject{object_key_}, &ActionEndFlow::on_read); }

void ActionEndFlow::on_read(EffectResult& result, Turn& turn) {
  auto* object = std::get_if<FoundObject>(&result);
  if (object)
    return ask(turn, database_.call_text("end_action", std::move(object->body)), &ActionEndFlow::on_ended);
  if (!std::holds_alternative<NoObject>(result)) return turn.retry(end_rest_secs);
  turn.log_error("outcome lost", object_key_);
  turn.done();
}

void ActionEndFlow::on_ended(EffectResult& result, Turn& turn) {
  const auto answer = read_answer(result);
  if (answer) return turn.done();
  if (answer.error().trouble == DatabaseTrouble::away) return turn.retry(end_rest_secs);
  turn.log_error("outcome not stored", answer.error().message);
  turn.done();
}

}  // namespace wf
