#pragma once
// Runs the real flow, through the same frames as the Worker, over one recorded scenario.

#include <string>

#include "edge-workers/replay/scenario.hpp"
#include "shared/base/json.hpp"

namespace wf::replay {

// What happened: {"effects","problems","responses","logs","queue","objects","tables","facts",
// "runs","receipts","actions","cursor","verdict","effects_carried_out"}.
Json replay_stream(Scenario scenario, const std::string& service, const std::string& stream);
Json replay_webhook(Scenario scenario, const std::string& service);
Json replay_action(Scenario scenario, const std::string& service);

}  // namespace wf::replay
