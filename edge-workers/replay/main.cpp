// replay <service> <stream> <folder> | replay webhook <service> <folder> | replay action <service> <folder>
// Prints what the real flow does with the folder's recorded replies, as JSON (docs/replay.md).

#include <cstdio>
#include <string>
#include <vector>

#include "edge-workers/replay/replay.hpp"

namespace {

int print_usage() {
  std::fputs(
      "usage: replay <service> <stream> <folder>\n       replay webhook <service> <folder>\n"
      "       replay action <service> <folder>\n",
      stderr);
  return 2;
}

wf::Json replay(const std::string& what, const std::string& second, wf::replay::Scenario scenario) {
  if (what == "webhook") return wf::replay::replay_webhook(std::move(scenario), second);
  if (what == "action") return wf::replay::replay_action(std::move(scenario), second);
  return wf::replay::replay_stream(std::move(scenario), what, second);
}

}  // namespace

int main(int count, char** texts) {
  const std::vector<std::string> arguments(texts + 1, texts + count);
  if (arguments.size() != 3) return print_usage();
  auto scenario = wf::replay::read_scenario(arguments[2]);
  if (!scenario) {
    std::fprintf(stderr, "replay: %s\n", scenario.error().message.c_str());
    return 1;
  }
  const wf::Json result = replay(arguments[0], arguments[1], *std::move(scenario));
  std::puts(wf::dump_pretty(result).c_str());
  // What the recording did not answer makes the run worthless.
  return result["problems"].empty() ? 0 : 1;
}
