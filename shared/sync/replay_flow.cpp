#include "shared/sync/replay_flow.hpp"

#include <utility>

#include "shared/base/text.hpp"
#include "shared/domain/facts_update.hpp"
#include "shared/sync/pages.hpp"

namespace wf {
namespace {

constexpr int not_found = 404;
constexpr int unreadable_object = 422;
constexpr int unavailable = 503;

Error away(std::string message) { return {ErrorKind::provider, std::move(message)}; }

}  // namespace

ReplayFlow::ReplayFlow(Registry registry, Database database, ReplayJob job)
    : database_(std::move(database)), job_(std::move(job)) {
  const auto key = read_object_key(job_.object_key);
  // An object of another workspace is no object of this one. A delivery's owner is the workspace as it was
  // called then: of an earlier name its receipt tells.
  if (!key || (key->is_page() && key->owner != job_.client_id)) return;
  key_ = *key;
  connector_ = find_connector(registry, key_.service);
  if (connector_ && key_.is_page()) stream_ = find_stream(*connector_, key_.stream);
}

void ReplayFlow::start(Turn& turn) {
  if (key_.owner.empty()) return refuse_foreign(turn);
  if (!stream_ && (key_.is_page() || !connector_ || !connector_->webhook))
    return refuse(turn, unreadable_object, {ErrorKind::ours, "no connector reads this object"});
  ask(turn, GetObject{job_.object_key}, &ReplayFlow::on_object);
}

void ReplayFlow::on_object(EffectResult& result, Turn& turn) {
  if (std::holds_alternative<NoObject>(result))
    return refuse(turn, not_found, {ErrorKind::data, "there is no such object"});
  auto* object = std::get_if<FoundObject>(&result);
  if (!object) return refuse(turn, unavailable, away("the object could not be read"));
  body_ = std::move(object->body);
  if (!key_.is_page()) {
    // As when it came in: what has no identity is not read.
    if (const auto identity = connector_->webhook->identify(body_); !identity)
      return refuse(turn, unreadable_object, identity.error());
    // A mail's date is believed by when it came, which is not today.
    return ask(turn,
               database_.select(
                   "webhook_receipts",
                   concat({"select=received_at,object_key&client_id=eq.", job_.client_id, "&service=eq.",
                           key_.service, "&delivery_key=eq.", percent_encode(key_.delivery_key)})),
               &ReplayFlow::on_receipt);
  }
  if (!is_in_sidecar(object->metadata)) return read_page(object->metadata, turn);
  ask(turn, GetObject{sidecar_key(job_.object_key)}, &ReplayFlow::on_sidecar);
}

void ReplayFlow::on_sidecar(EffectResult& result, Turn& turn) {
  const auto* object = std::get_if<FoundObject>(&result);
  if (!object) return refuse(turn, unavailable, away("the object beside the page could not be read"));
  const auto metadata = parse_json(object->body, sidecar_key(job_.object_key));
  if (!metadata) return refuse(turn, unreadable_object, metadata.error());
  read_page(*metadata, turn);
}

void ReplayFlow::read_page(const Json& metadata, Turn& turn) {
  auto archived = read_page_metadata(metadata);
  if (!archived)
    return refuse(turn, unreadable_object, {ErrorKind::data, "it was archived without what parse needs"});
  archived->reply.body = std::move(body_);
  archived->query.client_id = job_.client_id;
  const auto page = stream_->parse(archived->reply, archived->query, archived->source_at);
  if (!page) return refuse(turn, unreadable_object, page.error());
  stale_ = static_cast<std::int64_t>(page->stale.size());
  JsonObject p;
  p.text("run_id", key_.run_id).number("page", key_.page);
  compare(turn, std::move(p), page->batches);
}

// Bytes of a folder may have no receipt here: they come now.
void ReplayFlow::on_receipt(EffectResult& result, Turn& turn) {
  const auto rows = read_answer(result);
  if (!rows) return refuse(turn, rows.error());
  const bool known = rows->is_array() && !rows->empty();
  const bool is_its_own = known && find_text(rows->front(), "object_key") == job_.object_key;
  if (key_.owner != job_.workspace && !is_its_own) return refuse_foreign(turn);
  received_at_ = known ? find_time(rows->front(), "received_at").value_or(turn.now) : turn.now;
  questions_.begin(*connector_->webhook, received());
  ask_next(turn);
}

Received ReplayFlow::received() const {
  return {body_, job_.client_id, job_.object_key, job_.ids, questions_.answers(), received_at_};
}

void ReplayFlow::ask_next(Turn& turn) {
  if (auto question = questions_.next(database_, job_.client_id))
    return ask(turn, *std::move(question), &ReplayFlow::on_answered);
  read_delivery(turn);
}

void ReplayFlow::on_answered(EffectResult& result, Turn& turn) {
  if (const auto taken = questions_.take(result); !taken) return refuse(turn, taken.error());
  ask_next(turn);
}

void ReplayFlow::read_delivery(Turn& turn) {
  const auto delivery = connector_->webhook->parse(received());
  if (!delivery) return refuse(turn, unreadable_object, delivery.error());
  // Objects to be asked for again, and files to be kept: a matter for the delivery flow.
  stale_ = static_cast<std::int64_t>(delivery->stale.size() + delivery->objects.size());
  const std::string_view state =
      stale_ > 0 ? "received" : (delivery->batches.empty() ? "ignored" : "applied");
  JsonObject p;
  p.text("service", key_.service)
      .text("delivery_key", key_.delivery_key)
      .text("state", state)
      .text_or_null("lost_rows", delivery->lost_rows ? std::string_view(delivery->left_out) : "")
      .json("facts", facts_after_delivery(delivery->event_at, turn.now));
  compare(turn, std::move(p), delivery->batches);
}

void ReplayFlow::compare(Turn& turn, JsonObject p, const std::vector<RowBatch>& batches) {
  p.text("client_id", job_.client_id).number("examples", job_.examples);
  rows_ = with_tables(p.take(), batches);
  ask(turn, database_.call_text("compare_rows", rows_), &ReplayFlow::on_compared);
}

void ReplayFlow::on_compared(EffectResult& result, Turn& turn) {
  const auto compared = read_answer(result);
  if (!compared) return refuse(turn, compared.error());
  const Json* tables = find_array(*compared, "tables");
  tables_ = tables ? *tables : empty_list();
  if (!job_.apply) return answer(turn, 200, place());
  ask(turn, database_.call_text("apply_replay", rows_), &ReplayFlow::on_applied);
}

void ReplayFlow::on_applied(EffectResult& result, Turn& turn) {
  const auto applied = read_answer(result);
  if (!applied) return refuse(turn, applied.error());
  answer(turn, 200, place().json("applied", *applied));
}

JsonObject ReplayFlow::place() const {
  JsonObject body;
  body.json("tables", tables_).number("stale", stale_);
  return body;
}

void ReplayFlow::answer(Turn& turn, int status, JsonObject body) {
  body.text("object_key", job_.object_key);
  turn.finish(Respond{status, {{"content-type", "application/json"}}, dump(body.take())});
}

void ReplayFlow::refuse_foreign(Turn& turn) {
  refuse(turn, not_found, {ErrorKind::ours, "not an archived page or delivery of this workspace"});
}

void ReplayFlow::refuse(Turn& turn, int status, const Error& error) {
  JsonObject body;
  body.text("kind", name(error.kind)).text("message", error.message);
  answer(turn, status, std::move(body));
}

void ReplayFlow::refuse(Turn& turn, const DatabaseProblem& problem) {
  if (problem.trouble == DatabaseTrouble::away) return refuse(turn, unavailable, away(problem.message));
  refuse(turn, unreadable_object, {ErrorKind::data, problem.message});
}

}  // namespace wf
