// Deployed, for what comes in: requests, webhooks and ticks.
#include "edge-workers/modules/modules.hpp"
#include "shared/connectors/registry.hpp"

wf::Edge wf::module_of_this_program() { return gateway_edge(gateway_connectors()); }
