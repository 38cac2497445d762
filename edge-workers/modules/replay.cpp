// What scripts/replay runs: the parsers of today over archived bytes.
#include "edge-workers/modules/modules.hpp"
#include "shared/connectors/registry.hpp"

wf::Edge wf::module_of_this_program() { return replay_edge(connectors()); }
