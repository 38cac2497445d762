#pragma once
// From an event of the host to the flow that answers it. The events are shared out among the wasm modules
// (docs/abi.md): each links one of these functions and what it needs, and nothing else.

#include <memory>
#include <string>
#include <vector>

#include "shared/base/json.hpp"
#include "shared/sync/connector.hpp"
#include "shared/sync/database.hpp"
#include "shared/sync/flow.hpp"

namespace wf {

// A `start` frame: its event, its raw bodies, and the database that its config names.
struct Start {
  const std::string& id;  // of the flow
  const Json& event;
  std::vector<std::string>& parts;
  Database database;
};

// Errors: ours (no event of this module).
using Made = Result<std::unique_ptr<Flow>>;
using MakeFlow = Made (*)(Registry registry, Start start);

// Whether edge.wasm is the module that has this event's flow; else it is gateway.wasm.
bool is_queued(const Json& event);

Made make_queue_flow(Registry registry, Start start);     // edge.wasm: messages of the queues
Made make_gateway_flow(Registry registry, Start start);   // gateway.wasm: requests, webhooks, ticks
Made make_deployed_flow(Registry registry, Start start);  // both, for one.wasm and unit tests
Made make_tools_flow(Registry registry, Start start);     // tools.wasm: what only scripts start

}  // namespace wf
