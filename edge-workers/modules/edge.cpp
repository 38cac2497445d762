// What feeds the tables: syncs, webhooks and their deliveries.
#include "edge-workers/modules/modules.hpp"
#include "shared/connectors/registry.hpp"

wf::Edge wf::module_of_this_program() { return {connectors(), make_feed_flow}; }
