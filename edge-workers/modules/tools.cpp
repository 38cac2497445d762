// What scripts/replay and scripts/cards run: the parsers of today over archived bytes, the judge over facts
// of the past.
#include "edge-workers/modules/modules.hpp"
#include "shared/connectors/registry.hpp"

wf::Edge wf::module_of_this_program() { return tools_edge(connectors()); }
