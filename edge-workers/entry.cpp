#include "edge-workers/entry.hpp"

#include <utility>

#include "edge-workers/effect_json.hpp"
#include "shared/domain/catalogue.hpp"
#include "shared/sync/action_flow.hpp"
#include "shared/sync/api_flow.hpp"
#include "shared/sync/cards_flow.hpp"
#include "shared/sync/dead_letter_flow.hpp"
#include "shared/sync/delivery_flow.hpp"
#include "shared/sync/replay_flow.hpp"
#include "shared/sync/sync_flow.hpp"
#include "shared/sync/tick_flow.hpp"
#include "shared/sync/webhook_flow.hpp"

namespace wf {
namespace {

Json object_or_null(const Json& object, std::string_view key) {
  const Json* found = find_object(object, key);
  return found ? *found : Json();
}

constexpr std::int64_t settings_rest_secs = 300;

// Work at a service without its keys would fail for good: it waits until somebody has mended the settings.
class WaitFlow final : public Flow {
 public:
  void start(Turn& turn) override { turn.retry(settings_rest_secs); }
  void reply(EffectResult&, Turn&) override {}
};

// Of the workspace that the event is about: none of its own keys and ids is there.
bool settings_unreadable(const Json& event) { return is_true(event, "settings_unreadable"); }

Made unknown() { return fail(ErrorKind::ours, "not an event of this module"); }

Made make_queued(Registry registry, Start start) {
  Json message = object_or_null(start.event, "message");
  const std::string_view job = find_text(message, "job");
  // The end of an action that the queue gave up on is tried again like any other.
  if (job == "action_end")
    return std::make_unique<ActionEndFlow>(std::move(start.database), text_in(message, "object_key"));
  if (find_text(start.event, "kind") == "dead_letter")
    return std::make_unique<DeadLetterFlow>(std::move(start.database), std::move(message));
  const Descriptor* service = find_service(find_text(message, "service"));
  if (settings_unreadable(start.event) && service && needs_own_bundle(*service))
    return std::make_unique<WaitFlow>();
  Json ids = object_or_null(start.event, "ids");
  if (job == "sync")
    return std::make_unique<SyncFlow>(
        registry, std::move(start.database),
        SyncJob{text_in(message, "workspace"), text_in(message, "client_id"), text_in(message, "service"),
                text_in(message, "stream"), text_in(message, "partition"), text_in(message, "run_id"),
                std::move(ids)});
  if (job == "delivery")
    return std::make_unique<DeliveryFlow>(
        registry, std::move(start.database),
        DeliveryJob{text_in(message, "workspace"), text_in(message, "client_id"), text_in(message, "service"),
                    text_in(message, "delivery_key"), text_in(message, "object_key"), std::move(ids),
                    find_time(message, "received_at")});
  return unknown();
}

Made make_webhook(Registry registry, Start start) {
  std::string body;
  const bool too_large = is_true(start.event, "too_large");
  if (!take_body(start.event, start.parts, body) && !too_large)
    return fail(ErrorKind::ours, "body names no part");
  return std::make_unique<WebhookFlow>(
      registry, std::move(start.database),
      WebhookEvent{start.id, text_in(start.event, "service"), text_in(start.event, "workspace"),
                   read_headers(start.event), std::move(body), too_large, is_true(start.event, "held")});
}

Made make_api(Registry registry, Start start) {
  std::string body;
  if (!take_body(start.event, start.parts, body)) return fail(ErrorKind::ours, "body names no part");
  return std::make_unique<ApiFlow>(
      registry, std::move(start.database),
      ApiRequest{start.id, text_in(start.event, "method"), text_in(start.event, "path"),
                 read_headers(start.event), std::move(body), object_or_null(start.event, "ids"),
                 settings_unreadable(start.event)});
}

}  // namespace

bool is_queued(const Json& event) {
  const std::string_view kind = find_text(event, "kind");
  return kind == "job" || kind == "dead_letter";
}

Made make_queue_flow(Registry registry, Start start) {
  return is_queued(start.event) ? make_queued(registry, std::move(start)) : unknown();
}

Made make_gateway_flow(Registry registry, Start start) {
  const std::string_view kind = find_text(start.event, "kind");
  if (kind == "api") return make_api(registry, std::move(start));
  if (kind == "webhook") return make_webhook(registry, std::move(start));
  if (kind == "tick")
    return std::make_unique<TickFlow>(std::move(start.database), object_or_null(start.event, "configured"));
  return unknown();
}

Made make_deployed_flow(Registry registry, Start start) {
  return (is_queued(start.event) ? make_queue_flow : make_gateway_flow)(registry, std::move(start));
}

Made make_tools_flow(Registry registry, Start start) {
  const Json& event = start.event;
  const std::string_view kind = find_text(event, "kind");
  if (kind == "cards")
    return std::make_unique<CardsFlow>(std::move(start.database), text_in(event, "workspace"),
                                       text_in(event, "at"));
  if (kind != "replay") return unknown();
  return std::make_unique<ReplayFlow>(
      registry, std::move(start.database),
      ReplayJob{text_in(event, "workspace"), text_in(event, "client_id"), text_in(event, "object_key"),
                is_true(event, "apply"), find_int64(event, "examples").value_or(3),
                object_or_null(event, "ids")});
}

}  // namespace wf
