#include "edge-workers/modules/modules.hpp"
#include "shared/connectors/registry.hpp"

namespace wf {

Edge module_for(const Json& event, Registry registry) {
  const std::string_view kind = find_text(event, "kind");
  const Json* message = find_object(event, "message");
  const bool is_api = kind == "api" || (message && kind == "job" && find_text(*message, "core") == "api");
  if (registry.empty()) registry = is_api ? api_connectors() : connectors();
  if (is_api) return {registry, make_api_flow};
  return {registry, kind == "replay" ? make_replay_flow : make_feed_flow};
}

}  // namespace wf
