#include "shared/sync/delivery_flow.hpp"

#include <algorithm>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/domain/facts_update.hpp"
#include "shared/sync/pages.hpp"
#include "shared/sync/policy.hpp"

namespace wf {
namespace {

constexpr std::int64_t tick_secs = 300;

}  // namespace

Json delivery_message(std::string_view workspace, std::string_view client_id, std::string_view service,
                      std::string_view delivery_key, std::string_view object_key) {
  return JsonObject()
      .text("job", "delivery")
      .text("workspace", workspace)
      .text("client_id", client_id)
      .text("service", service)
      .text("delivery_key", delivery_key)
      .text("object_key", object_key)
      .take();
}

DeliveryFlow::DeliveryFlow(Registry registry, Database database, DeliveryJob job)
    : connector_(find_connector(registry, job.service)),
      database_(std::move(database)),
      job_(std::move(job)) {}

void DeliveryFlow::start(Turn& turn) {
  if (!connector_ || !connector_->webhook)
    return mark(turn, "failed", "no connector takes this service's events");
  ask(turn, GetObject{job_.object_key}, &DeliveryFlow::on_read);
}

void DeliveryFlow::on_read(EffectResult& result, Turn& turn) {
  if (std::holds_alternative<NoObject>(result)) return mark(turn, "failed", "the stored bytes are gone");
  auto* object = std::get_if<FoundObject>(&result);
  if (!object) return wait(turn, "the stored bytes cannot be read now");
  body_ = std::move(object->body);
  questions_.begin(*connector_->webhook, received(turn.now));
  ask_next(turn);
}

Received DeliveryFlow::received(UnixSeconds now) const {
  return {body_,    job_.client_id,       job_.object_key,
          job_.ids, questions_.answers(), job_.received_at.value_or(now)};
}

void DeliveryFlow::ask_next(Turn& turn) {
  if (auto question = questions_.next(database_, job_.client_id))
    return ask(turn, *std::move(question), &DeliveryFlow::on_answered);
  parse(turn);
}

void DeliveryFlow::on_answered(EffectResult& result, Turn& turn) {
  if (const auto taken = questions_.take(result); !taken) {
    if (taken.error().trouble == DatabaseTrouble::refused) return mark(turn, "failed", taken.error().message);
    return wait(turn, taken.error().message);
  }
  ask_next(turn);
}

void DeliveryFlow::parse(Turn& turn) {
  auto delivery = connector_->webhook->parse(received(turn.now));
  if (!delivery) return mark(turn, "unreadable", delivery.error().message);
  body_.clear();
  if (!delivery->left_out.empty()) log(turn, "delivery read in part", "received", delivery->left_out);
  if (delivery->lost_rows) lost_rows_ = std::move(delivery->left_out);
  event_at_ = delivery->event_at;
  // Still applied, with no rows: the webhook's clocks move for events that are not stored, too.
  ignored_ = delivery->batches.empty() && delivery->stale.empty();
  refetches_.rows = std::move(delivery->batches);
  stale_ = std::move(delivery->stale);
  objects_ = std::move(delivery->objects);
  keep_next(turn);
}

void DeliveryFlow::keep_next(Turn& turn) {
  if (objects_.empty()) return fetch_next(turn);
  PutObject object = std::move(objects_.back());
  objects_.pop_back();
  ask(turn, std::move(object), &DeliveryFlow::on_object_kept);
}

void DeliveryFlow::on_object_kept(EffectResult& result, Turn& turn) {
  if (!std::holds_alternative<Stored>(result)) return wait(turn, "a part of it could not be kept");
  keep_next(turn);
}

void DeliveryFlow::apply(Turn& turn) {
  JsonObject p;
  p.json("receipt", receipt().take());
  if (const auto& refused = refetches_.refused)
    p.json(
        "failure",
        JsonObject().text("kind", name(refused->error.kind)).text("message", refused->error.message).take());
  else
    p.json("facts", facts_after_delivery(event_at_, turn.now)).text_or_null("lost_rows", lost_rows_);
  ask(turn, database_.call_text("apply_page", with_tables(p, refetches_.rows)), &DeliveryFlow::on_applied);
}

void DeliveryFlow::on_applied(EffectResult& result, Turn& turn) {
  const auto answer = read_answer(result);
  if (!answer && answer.error().trouble == DatabaseTrouble::refused)
    return mark(turn, "failed", answer.error().message);
  if (!answer) return wait(turn, answer.error().message);
  if (ignored_ && is_true(*answer, "applied")) return mark(turn, "ignored", "");
  const auto ties = read_refs(*answer, "ties");
  if (ties.empty()) return turn.done();
  // The receipt stays open while there are ties, so giving up here loses nothing.
  if (++settlings_ > settlings_per_visit) return turn.retry(tie_rest_secs);
  refetches_.rows.clear();
  stale_.insert(stale_.end(), ties.begin(), ties.end());
  fetch_next(turn);
}

void DeliveryFlow::fetch_next(Turn& turn) {
  if (auto request = refetches_.next(*connector_))
    return ask(turn, *std::move(request), &DeliveryFlow::on_fetched);
  if (const auto& refused = refetches_.refused)
    log(turn, "delivery not applied", "failed", refused->error.message);
  apply(turn);
}

// What cannot be fetched at all takes nothing with it that the delivery brought itself.
void DeliveryFlow::on_fetched(EffectResult& result, Turn& turn) {
  const auto taken = refetches_.take(*connector_, result, 0, turn.now);
  if (taken) return fetch_next(turn);
  const Problem& problem = taken.error();
  rest_secs_ = next_try(problem, 0).delay_secs;
  mark(turn, "received", problem.error.message, name(problem.error.kind));
}

JsonObject DeliveryFlow::receipt() const {
  JsonObject key;
  key.text("client_id", job_.client_id)
      .text("workspace", job_.workspace)
      .text("service", job_.service)
      .text("delivery_key", job_.delivery_key);
  return key;
}

void DeliveryFlow::log(Turn& turn, std::string_view what, std::string_view state,
                       std::string_view message) const {
  turn.log("warn", receipt().text("what", what).text("state", state).text("message", message));
}

void DeliveryFlow::wait(Turn& turn, std::string_view why) const {
  log(turn, "delivery waits", "received", why);
  turn.retry(database_rest_secs);
}

void DeliveryFlow::mark(Turn& turn, std::string_view state, std::string_view error, std::string_view kind) {
  if (!error.empty()) log(turn, "delivery not applied", state, error);
  ask(turn,
      database_.call("mark_receipt", receipt()
                                         .text("state", state)
                                         .text_or_null("error", error)
                                         .text_or_null("kind", kind)
                                         .number("retry_secs", rest_secs_)),
      &DeliveryFlow::on_marked);
}

void DeliveryFlow::on_marked(EffectResult& result, Turn& turn) {
  const auto answer = read_answer(result);
  if (!answer && answer.error().trouble == DatabaseTrouble::away) return wait(turn, answer.error().message);
  // A tick finds what waits longer than from one to the next.
  if (rest_secs_ > 0 && rest_secs_ < tick_secs) return turn.retry(rest_secs_);
  turn.done();
}

}  // namespace wf
