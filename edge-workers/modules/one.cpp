// Everything in one: not deployed, only weighed and timed against the two that are (scripts/bench --start).
#include "edge-workers/modules/modules.hpp"
#include "shared/connectors/registry.hpp"

namespace wf {
namespace {

Made make_flow(Registry registry, Start start) {
  return module_name(start.event) == "api" ? make_api_flow(api_connectors(), std::move(start))
                                           : make_feed_flow(registry, std::move(start));
}

}  // namespace
}  // namespace wf

wf::Edge wf::module_of_this_program() { return {connectors(), make_flow}; }
