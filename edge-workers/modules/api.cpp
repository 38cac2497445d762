// Deployed, for requests and ticks: what people and the clock ask for.
#include "edge-workers/modules/modules.hpp"
#include "shared/connectors/registry.hpp"

wf::Edge wf::module_of_this_program() { return api_edge(api_connectors()); }
