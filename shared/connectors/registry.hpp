#pragma once
// The explicit list of connectors, made of shared/services.cmake: as a whole, and without what a wasm module
// of the Worker never calls (docs/abi.md), so that the module does not link it.

#include "shared/sync/connector.hpp"

namespace wf {

Registry connectors();
Registry feed_connectors();  // no actions
Registry api_connectors();   // actions alone

}  // namespace wf
