#pragma once
// Compares what a replay gave with what a scenario expects. A member that is not named is not
// looked at. docs/replay.md lists the operators.

#include <string>
#include <vector>

#include "shared/base/json.hpp"

namespace wf::scenarios {

// Every difference as one line; empty: as expected.
std::vector<std::string> differences(const Json& got, const Json& expected);

}  // namespace wf::scenarios
