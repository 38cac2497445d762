#include "edge-workers/modules/modules.hpp"
#include "shared/connectors/registry.hpp"

namespace wf {

std::string_view module_name(const Json& event) {
  const std::string_view kind = find_text(event, "kind");
  if (kind == "tick") return "api";
  if (kind == "api" || kind == "replay") return kind;
  const Json* message = find_object(event, "message");
  return message && find_text(*message, "core") == "api" ? "api" : "edge";
}

Edge module_for(const Json& event, Registry registry) {
  const std::string_view name = module_name(event);
  if (name == "api") return {registry.empty() ? api_connectors() : registry, make_api_flow};
  if (registry.empty()) registry = connectors();
  return {registry, name == "replay" ? make_replay_flow : make_feed_flow};
}

}  // namespace wf
