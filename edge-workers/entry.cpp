#include "edge-workers/entry.hpp"

#include <utility>

#include "edge-workers/effect_json.hpp"
#include "shared/sync/action_flow.hpp"
#include "shared/sync/api_flow.hpp"
#include "shared/sync/dead_letter_flow.hpp"
#include "shared/sync/delivery_flow.hpp"
#include "shared/sync/replay_flow.hpp"
#include "shared/sync/sync_flow.hpp"
#include "shared/sync/tick_flow.hpp"
#include "shared/sync/webhook_flow.hpp"

namespace wf {
namespace {

using Made = Result<std::unique_ptr<Flow>>;

std::string text(const Json& object, std::string_view key) { return find_string(object, key).value_or(""); }

Json object_or_null(const Json& object, std::string_view key) {
  const Json* found = find_object(object, key);
  return found ? *found : Json();
}

Made make_job(Registry registry, Database database, const Json& message, Json ids) {
  const std::string job = text(message, "job");
  const std::string workspace = text(message, "workspace");
  const std::string client_id = text(message, "client_id");
  const std::string service = text(message, "service");
  if (job == "sync")
    return std::make_unique<SyncFlow>(
        registry, std::move(database),
        SyncJob{workspace, client_id, service, text(message, "stream"), text(message, "partition"),
                text(message, "run_id"), std::move(ids)});
  if (job == "delivery")
    return std::make_unique<DeliveryFlow>(
        registry, std::move(database),
        DeliveryJob{workspace, client_id, service, text(message, "delivery_key"), text(message, "object_key"),
                    std::move(ids)});
  if (job == "action_end")
    return std::make_unique<ActionEndFlow>(std::move(database), object_or_null(message, "p"));
  return fail(ErrorKind::ours, "unknown job");
}

Made make_api(Registry registry, Database database, const std::string& id, const Json& event,
              std::vector<std::string>& parts) {
  auto body = body_of(event, parts);
  if (!body) return tl::unexpected<Error>(std::move(body.error()));
  return std::make_unique<ApiFlow>(
      registry, std::move(database),
      ApiRequest{id, text(event, "method"), text(event, "path"), read_headers(event), *std::move(body),
                 object_or_null(event, "ids")});
}

Made make_replay(Registry registry, Database database, const Json& event) {
  return std::make_unique<ReplayFlow>(
      registry, std::move(database),
      ReplayJob{text(event, "workspace"), text(event, "client_id"), text(event, "object_key"),
                find_bool(event, "apply").value_or(false), find_int64(event, "examples").value_or(3),
                object_or_null(event, "ids")});
}

Made make_webhook(Registry registry, Database database, const std::string& id, const Json& event,
                  std::vector<std::string>& parts) {
  auto body = body_of(event, parts);
  if (!body) return tl::unexpected<Error>(std::move(body.error()));
  return std::make_unique<WebhookFlow>(registry, std::move(database),
                                       WebhookEvent{id, text(event, "service"), text(event, "workspace"),
                                                    read_headers(event), *std::move(body)});
}

}  // namespace

Result<std::unique_ptr<Flow>> make_flow(Registry registry, const std::string& id, const Json& control,
                                        std::vector<std::string>& parts) {
  const Json* event = find_object(control, "event");
  const Json config = object_or_null(control, "config");
  const std::string url = text(config, "supabase_url");
  if (!event || url.empty()) return fail(ErrorKind::ours, "start needs an event and config.supabase_url");
  Database database(url, text(config, "publishable_key"));
  const std::string kind = text(*event, "kind");
  if (kind == "tick")
    return std::make_unique<TickFlow>(std::move(database), object_or_null(*event, "configured"));
  if (kind == "job")
    return make_job(registry, std::move(database), object_or_null(*event, "message"),
                    object_or_null(*event, "ids"));
  if (kind == "dead_letter")
    return std::make_unique<DeadLetterFlow>(std::move(database), object_or_null(*event, "message"));
  if (kind == "webhook") return make_webhook(registry, std::move(database), id, *event, parts);
  if (kind == "api") return make_api(registry, std::move(database), id, *event, parts);
  if (kind == "replay") return make_replay(registry, std::move(database), *event);
  return fail(ErrorKind::ours, "unknown event");
}

}  // namespace wf
