// What is deployed: every flow, of every service.
#include "edge-workers/modules/modules.hpp"
#include "shared/connectors/registry.hpp"

wf::Edge wf::module_of_this_program() { return deployed_edge(connectors()); }
