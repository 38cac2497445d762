// What a signed-in person asks for.
#include "edge-workers/modules/modules.hpp"
#include "shared/connectors/registry.hpp"

wf::Edge wf::module_of_this_program() { return {api_connectors(), make_api_flow}; }
