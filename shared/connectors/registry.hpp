#pragma once
// The explicit list of connectors, made of shared/services.cmake: as a whole, and without what a wasm module
// of the Worker never calls (docs/abi.md), so that the module does not link it.

#include "shared/sync/connector.hpp"

namespace wf {

Registry connectors();
Registry queue_connectors();    // what reads: streams, deliveries
Registry gateway_connectors();  // what answers at once: actions, and which proof a delivery offers

}  // namespace wf
