#pragma once
// What the Worker's C++ is deployed as (docs/abi.md). Each program of CMakeLists.txt has one source of
// this folder, which names what it is made of.

#include "edge-workers/edge.hpp"

namespace wf {

Edge module_of_this_program();

// Natively all modules are in one program: the one that the host would start `event` in. `registry`
// stands for the connectors that the module has; empty: its own.
Edge module_for(const Json& event, Registry registry = {});
std::string_view module_name(const Json& event);  // "edge", "api" or "replay"

}  // namespace wf
