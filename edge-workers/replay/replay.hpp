#pragma once
// Runs the real flow, through the same frames as the Worker, over one recorded scenario.

#include <cstdio>
#include <string>

#include "edge-workers/replay/scenario.hpp"
#include "shared/base/json.hpp"

namespace wf::replay {

// What happened: {"effects","problems","responses","logs","queue","objects","tables","facts",
// "runs","receipts","actions","cursor","metadata","verdict","now","effects_carried_out"}.
Json replay_stream(Scenario scenario, const std::string& service, const std::string& stream);
Json replay_webhook(Scenario scenario, const std::string& service);
Json replay_action(Scenario scenario, const std::string& service);

// From now on every step of every flow is written there, so that the Worker's modules can be held to the same
// answers (tests/scenarios/wasm.test.mjs): the frame in and the frame out, each after its length (u32, little
// endian). Null: no more.
void record_frames(std::FILE* file);

}  // namespace wf::replay
