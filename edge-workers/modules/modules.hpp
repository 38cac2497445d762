#pragma once
// What the Worker's C++ is built as (docs/abi.md). Each program of CMakeLists.txt has one source of this
// folder, which names what it is made of.

#include "edge-workers/edge.hpp"

namespace wf {

Edge module_of_this_program();

}  // namespace wf
