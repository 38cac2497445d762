// Whatever member of a provider's reply has a wrong type: the rows are as they would be with the right one,
// or the sync does not end as if nothing were. Tried with each member of the replies of one scenario of each
// stream.

#include <algorithm>
#include <catch_amalgamated.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "edge-workers/replay/replay.hpp"
#include "shared/base/text.hpp"
#include "tests/project_files.hpp"

namespace {

namespace fs = std::filesystem;
using wf::Json;
using wf::replay::Scenario;

// A number may come as a text, and an id is one of digits: neither is true.
Json of_another_type(const Json& value) {
  if (value.is_string() && wf::as_int64(value)) return true;
  return value.is_number() || value.is_boolean() ? Json("seven") : Json(7);
}

// Stored as it came, not looked at for rows, or only for what is told beside them.
bool is_left_alone(const std::string& place) {
  return wf::contains(place, "/fee_details/0") || wf::contains(place, "/auditRefs/0/group") ||
         place == "/version";
}

// Of a list only what its first element holds: the others are read alike.
void add_places(const Json& value, const Json::json_pointer& at, std::vector<Json::json_pointer>& places) {
  if (value.is_null()) return;
  if (!at.empty()) places.push_back(at);
  if (value.is_array() && !value.empty()) add_places(value[0], at / 0, places);
  if (value.is_object())
    for (const auto& [key, member] : value.items()) add_places(member, at / key, places);
}

bool is_plain(const Scenario& scenario) {
  return scenario.action.empty() && scenario.stream != "webhook" && scenario.kill_after.empty() &&
         !scenario.kill_everywhere && scenario.faults.empty() && scenario.next_runs.empty();
}

// What says that not all is well: how runs ended, what failed, what was not given, and in the log, what was
// tried again.
Json told(const Json& result) {
  Json words = Json::array();
  for (const Json& line : result["logs"])
    if (line.value("level", "") != "info") words.push_back(line.value("what", ""));
  for (const Json& run : result["runs"]) words.push_back(run["state"]);
  for (const Json& facts : result["facts"])
    words.push_back({facts.value("failure_kind", Json()), facts.value("unavailable", Json())});
  return words;
}

bool has_succeeded(const Json& result) {
  const Json& runs = result["runs"];
  return !runs.empty() && !result["tables"].empty() &&
         std::all_of(runs.begin(), runs.end(), [](const Json& run) { return run["state"] == "succeeded"; });
}

void try_members(const Scenario& scenario, const std::string& service, const Json& good) {
  for (std::size_t i = 0; i < scenario.replies.size(); ++i) {
    const Json body = Json::parse(scenario.replies[i].body, nullptr, false);
    if (body.is_discarded() || scenario.replies[i].status != 200) continue;
    std::vector<Json::json_pointer> places;
    add_places(body, Json::json_pointer(), places);
    for (const Json::json_pointer& place : places) {
      if (is_left_alone(place.to_string())) continue;
      Json changed = body;
      changed[place] = of_another_type(body[place]);
      Scenario wrong = scenario;
      wrong.replies[i].body = changed.dump();
      const Json result = wf::replay::replay_stream(wrong, service, scenario.stream);
      CAPTURE(service, scenario.stream, i, place.to_string());
      CHECK((result["tables"] == good["tables"] || told(result) != told(good)));
    }
  }
}

}  // namespace

TEST_CASE("a member of a wrong type changes no row unseen") {
  if (std::getenv("WF_RECORD_FRAMES")) SKIP("too many frames to be answered again");
  std::map<std::pair<std::string, std::string>, fs::path> tried;
  for (const auto& service : fs::directory_iterator(project_files::path("tests/scenarios"))) {
    if (!service.is_directory()) continue;
    for (const auto& folder : fs::directory_iterator(service)) {
      const auto scenario = wf::replay::read_scenario(folder);
      if (!scenario || !is_plain(*scenario)) continue;
      const std::string name = service.path().filename().string();
      auto& place = tried[{name, scenario->stream}];
      if (!place.empty() && place < folder.path()) continue;
      if (has_succeeded(wf::replay::replay_stream(*scenario, name, scenario->stream))) place = folder;
    }
  }
  for (const auto& [key, folder] : tried) {
    if (folder.empty()) continue;
    const auto scenario = wf::replay::read_scenario(folder);
    REQUIRE(scenario);
    CAPTURE(folder.filename().string());
    try_members(*scenario, key.first, wf::replay::replay_stream(*scenario, key.first, key.second));
  }
}
