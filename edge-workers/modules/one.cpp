// Both deployed modules in one: only weighed and timed against them (scripts/bench --start).
#include "edge-workers/modules/modules.hpp"
#include "shared/connectors/registry.hpp"

wf::Edge wf::module_of_this_program() { return deployed_edge(connectors()); }
