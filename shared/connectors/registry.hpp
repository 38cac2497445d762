#pragma once
// The explicit list of connectors, made of shared/services.cmake: as a whole, and without what a wasm module
// of the Worker never calls (docs/abi.md), so that the module does not link it.

#include "shared/sync/connector.hpp"

namespace wf {

Registry connectors();
Registry queue_connectors();    // to read: streams, deliveries
Registry gateway_connectors();  // to answer at once: claims of webhooks, actions

}  // namespace wf
