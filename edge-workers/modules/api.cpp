// What is asked for: by a signed-in person, by the clock.
#include "edge-workers/modules/modules.hpp"
#include "shared/connectors/registry.hpp"

wf::Edge wf::module_of_this_program() { return {api_connectors(), make_api_flow}; }
