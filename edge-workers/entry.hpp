#pragma once
// From an event of the host to the flow that answers it.

#include <memory>
#include <string>
#include <vector>

#include "shared/base/json.hpp"
#include "shared/sync/connector.hpp"
#include "shared/sync/flow.hpp"

namespace wf {

// `control` is a `start` frame's; `parts` its raw bodies. Errors: ours (not an event of docs/abi.md).
Result<std::unique_ptr<Flow>> make_flow(Registry registry, const std::string& id, const Json& control,
                                        std::vector<std::string>& parts);

}  // namespace wf
