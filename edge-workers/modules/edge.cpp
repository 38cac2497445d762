// Deployed, for the queue: syncs and deliveries.
#include "edge-workers/modules/modules.hpp"
#include "shared/connectors/registry.hpp"

wf::Edge wf::module_of_this_program() { return queue_edge(queue_connectors()); }
