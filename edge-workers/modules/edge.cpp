// Deployed, for the queue and webhooks: what feeds the tables, of every service.
#include "edge-workers/modules/modules.hpp"
#include "shared/connectors/registry.hpp"

wf::Edge wf::module_of_this_program() { return feed_edge(feed_connectors()); }
