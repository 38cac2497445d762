// Walks tests/scenarios/<service>/<name>: a new scenario is a new folder and no C++.

#include <algorithm>
#include <catch_amalgamated.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "edge-workers/replay/replay.hpp"
#include "tests/project_files.hpp"
#include "tests/scenarios/expectation.hpp"
#include "tests/scenarios/outcomes.hpp"

namespace {

namespace fs = std::filesystem;
using wf::Json;
using wf::replay::Scenario;

std::vector<fs::path> folders_in(const fs::path& parent) {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(parent)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

std::vector<fs::path> all_scenarios() {
  std::vector<fs::path> all;
  for (const auto& service : folders_in(project_files::path("tests/scenarios"))) {
    for (const auto& folder : folders_in(service)) all.push_back(folder);
  }
  return all;
}

Scenario read(const fs::path& folder) {
  auto scenario = wf::replay::read_scenario(folder);
  INFO((scenario ? "" : scenario.error().message));
  REQUIRE(scenario.has_value());
  return *std::move(scenario);
}

Json replay(const Scenario& scenario, const std::string& service) {
  if (!scenario.action.empty()) return wf::replay::replay_action(scenario, service);
  if (scenario.stream == "webhook") return wf::replay::replay_webhook(scenario, service);
  return wf::replay::replay_stream(scenario, service, scenario.stream);
}

Json read_expected(const fs::path& folder) {
  const auto text = wf::replay::read_file(folder / "expected.json");
  REQUIRE(text.has_value());
  const auto json = wf::parse_json(*text, (folder / "expected.json").string());
  INFO((json ? "" : json.error().message));
  REQUIRE(json.has_value());
  return *json;
}

// What must not depend on where a sync was killed.
Json lasting(const Json& result) {
  Json out = {{"tables", result["tables"]}, {"receipts", result["receipts"]}};
  for (auto& [table, rows] : out["tables"].items()) {
    for (Json& row : rows) row.erase("source_at");
  }
  out["states"] = Json::array();
  for (const Json& run : result["runs"]) out["states"].push_back(run["state"]);
  for (const char* part : {"badge", "kind", "words"}) out[part] = result["verdict"][part];
  out["objects"] = result["objects"];
  if (result["cursor"].is_object()) {  // a delivery has none
    out["cursor"] = result["cursor"];
    for (const char* clock : {"covered_from", "covered_until", "ended_at"}) out["cursor"].erase(clock);
  }
  return out;
}

// Where the frames of all that follows go, for the Worker's modules to answer them again (wasm.test.mjs).
class RecordFrames : public Catch::EventListenerBase {
 public:
  using EventListenerBase::EventListenerBase;
  void testRunStarting(const Catch::TestRunInfo&) override {
    if (const char* path = std::getenv("WF_RECORD_FRAMES"))
      wf::replay::record_frames(file_ = std::fopen(path, "wb"));
  }
  void testRunEnded(const Catch::TestRunStats&) override {
    wf::replay::record_frames(nullptr);
    if (file_) std::fclose(file_);
  }

 private:
  std::FILE* file_ = nullptr;
};

}  // namespace

CATCH_REGISTER_LISTENER(RecordFrames)

TEST_CASE("every scenario ends as its folder expects") {
  const auto folders = all_scenarios();
  REQUIRE(folders.size() >= 20);
  for (const fs::path& folder : folders) {
    INFO(folder.parent_path().filename().string() << '/' << folder.filename().string());
    const Json result = replay(read(folder), folder.parent_path().filename().string());
    CHECK(result["problems"] == Json::array());
    for (const std::string& difference : wf::scenarios::differences(result, read_expected(folder))) {
      INFO(difference);
      CHECK(difference.empty());
    }
  }
}

TEST_CASE("a kill after any effect changes nothing that lasts") {
  int killed = 0;
  for (const fs::path& folder : all_scenarios()) {
    Scenario scenario = read(folder);
    if (!scenario.kill_everywhere || !scenario.action.empty()) continue;
    const std::string service = folder.parent_path().filename().string();
    const Json whole = replay(scenario, service);
    const auto effects = wf::find_int64(whole, "effects_carried_out").value_or(0);
    REQUIRE(effects > 3);
    // The last effect is `done`: killed there, the message comes again and finds nothing to do.
    for (std::int64_t effect = 1; effect <= effects; ++effect) {
      INFO(folder.filename().string() << ", killed after effect " << effect);
      scenario.kill_after = {effect};
      const Json result = replay(scenario, service);
      CHECK(result["problems"] == Json::array());
      CHECK(lasting(result) == lasting(whole));
      ++killed;
    }
  }
  CHECK(killed > 10);
}

// What a person asked for is not asked for again by itself: it is done once or not at all, and its rows say
// so.
TEST_CASE("an action that is killed after any effect is not carried out twice") {
  int killed = 0;
  for (const fs::path& folder : all_scenarios()) {
    Scenario scenario = read(folder);
    if (!scenario.kill_everywhere || scenario.action.empty()) continue;
    const std::string service = folder.parent_path().filename().string();
    const Json whole = replay(scenario, service);
    scenario.requests = 2;  // whoever asked asks again, with the same key
    for (std::int64_t effect = 1; effect <= whole["effects_carried_out"]; ++effect, ++killed) {
      INFO(folder.filename().string() << ", killed after effect " << effect);
      scenario.kill_after = {effect};
      const Json result = replay(scenario, service);
      CHECK(result["problems"] == Json::array());
      CHECK(wf::scenarios::asked_of_provider(result) <= 1);
      const std::string state = wf::find_string(result["actions"].front(), "state").value_or("");
      if (state == "running")
        CHECK(result["tables"] != whole["tables"]);
      else
        CHECK(result["tables"] == whole["tables"]);
    }
  }
  CHECK(killed > 5);
}

TEST_CASE("no effect or log of any scenario names whom a mail is to or from") {
  for (const fs::path& folder : all_scenarios()) {
    INFO(folder.filename().string());
    const Json result = replay(read(folder), folder.parent_path().filename().string());
    for (const char* part : {"effects", "logs"}) CHECK(wf::dump(result[part]).find('@') == std::string::npos);
  }
}

TEST_CASE("an expectation can fail") {
  const auto differ = [](const char* got, const char* expected) {
    return wf::scenarios::differences(*wf::parse_json(got, "got"), *wf::parse_json(expected, "expected"))
        .size();
  };
  CHECK(differ(R"({"a":1,"b":2})", R"({"a":1})") == 0);
  CHECK(differ(R"({"a":1})", R"({"a":2})") == 1);
  CHECK(differ(R"({})", R"({"a":2})") == 1);
  CHECK(differ(R"({"a":[1,2]})", R"({"a":[1]})") == 1);
  CHECK(differ(R"({"a":[1,2]})", R"({"a":{"$size":2,"$has":[1],"$lacks":[3]}})") == 0);
  CHECK(differ(R"({"a":[1,2]})", R"({"a":{"$size":3}})") == 1);
  CHECK(differ(R"({"a":[1,2]})", R"({"a":{"$has":[3]}})") == 1);
  CHECK(differ(R"({"a":[1,2]})", R"({"a":{"$lacks":[2]}})") == 1);
  CHECK(differ(R"({"a":["xy","z"]})", R"({"a":{"$has":[{"$contains":"x"}]}})") == 0);
  CHECK(differ(R"({"a":[1,1]})", R"({"a":{"$count":[1,2]}})") == 0);
  CHECK(differ(R"({"a":[1,1]})", R"({"a":{"$count":[1,1]}})") == 1);
  CHECK(differ(R"({"a":1})", R"({"a":{"$nonsense":1}})") == 1);
}
