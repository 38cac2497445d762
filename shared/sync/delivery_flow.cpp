#include "shared/sync/delivery_flow.hpp"

#include <utility>

#include "shared/domain/facts_update.hpp"
#include "shared/sync/pages.hpp"
#include "shared/sync/policy.hpp"

namespace wf {
namespace {

// The provider's clock counts whole seconds: a tie may outlast one fetch, but not this long.
constexpr int settlings_per_visit = 2;
constexpr std::int64_t tie_rest_secs = 2;

}  // namespace

Json delivery_message(std::string_view workspace, std::string_view client_id, std::string_view service,
                      std::string_view delivery_key, std::string_view object_key) {
  return {{"job", "delivery"},
          {"workspace", workspace},
          {"client_id", client_id},
          {"service", service},
          {"delivery_key", delivery_key},
          {"object_key", object_key}};
}

DeliveryFlow::DeliveryFlow(Registry registry, Database database, DeliveryJob job)
    : connector_(find_connector(registry, job.service)), database_(std::move(database)), job_(std::move(job)) {}

void DeliveryFlow::start(Turn& turn) {
  if (!connector_ || !connector_->webhook) return mark(turn, "failed", "no connector takes this service's events");
  ask(turn, GetObject{job_.object_key}, &DeliveryFlow::on_read);
}

void DeliveryFlow::on_read(EffectResult result, Turn& turn) {
  if (std::holds_alternative<NoObject>(result)) return mark(turn, "failed", "the stored bytes are gone");
  const auto* object = std::get_if<FoundObject>(&result);
  if (!object) return turn.retry(database_rest_secs);
  auto delivery = connector_->webhook->parse(object->body);
  if (!delivery) return mark(turn, "unreadable", delivery.error().message);
  if (delivery->batches.empty() && delivery->stale.empty()) return mark(turn, "ignored", "");
  event_at_ = delivery->event_at;
  batches_ = std::move(delivery->batches);
  stale_.assign(delivery->stale.begin(), delivery->stale.end());
  if (stale_.empty()) return apply(turn);
  fetch_next(turn);
}

void DeliveryFlow::apply(Turn& turn) {
  ask(turn,
      database_.call("apply_page", {{"receipt",
                                     {{"client_id", job_.client_id},
                                      {"service", job_.service},
                                      {"delivery_key", job_.delivery_key}}},
                                    {"tables", to_json(batches_)},
                                    {"facts", facts_after_delivery(event_at_, turn.now)}}),
      &DeliveryFlow::on_applied);
}

void DeliveryFlow::on_applied(EffectResult result, Turn& turn) {
  const auto answer = read_answer(result);
  if (!answer && answer.error().trouble == DatabaseTrouble::refused)
    return mark(turn, "failed", answer.error().message);
  if (!answer) return turn.retry(database_rest_secs);
  const auto ties = read_refs(*answer, "ties");
  if (ties.empty()) return turn.done();
  // The receipt stays open while there are ties, so giving up here loses nothing.
  if (++settlings_ > settlings_per_visit) return turn.retry(tie_rest_secs);
  batches_.clear();
  stale_.assign(ties.begin(), ties.end());
  fetch_next(turn);
}

void DeliveryFlow::fetch_next(Turn& turn) {
  while (!stale_.empty()) {
    if (auto request = connector_->fetch(stale_.front()))
      return ask(turn, *std::move(request), &DeliveryFlow::on_fetched);
    stale_.pop_front();
  }
  apply(turn);
}

void DeliveryFlow::on_fetched(EffectResult result, Turn& turn) {
  auto fetched = read_object(*connector_, stale_.front(), result, turn.now);
  if (!fetched) {
    const Problem& problem = fetched.error();
    if (problem.remedy != Remedy::retry) return mark(turn, "failed", problem.error.message);
    return turn.retry(next_try(problem, 0).delay_secs);
  }
  append(batches_, std::move(*fetched));
  stale_.pop_front();
  fetch_next(turn);
}

void DeliveryFlow::mark(Turn& turn, std::string_view state, std::string_view error) {
  if (!error.empty())
    turn.log("warn", {{"what", "delivery not applied"},
                      {"state", state},
                      {"service", job_.service},
                      {"workspace", job_.workspace},
                      {"delivery_key", job_.delivery_key},
                      {"message", error}});
  ask(turn,
      database_.call("mark_receipt", {{"client_id", job_.client_id},
                                      {"service", job_.service},
                                      {"delivery_key", job_.delivery_key},
                                      {"state", state},
                                      {"error", error.empty() ? Json() : Json(error)}}),
      &DeliveryFlow::on_marked);
}

void DeliveryFlow::on_marked(EffectResult result, Turn& turn) {
  const auto answer = read_answer(result);
  if (!answer && answer.error().trouble == DatabaseTrouble::away) return turn.retry(database_rest_secs);
  turn.done();
}

}  // namespace wf
