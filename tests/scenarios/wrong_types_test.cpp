// Whatever member of what a provider sends has a wrong type: the rows are as they would be with the right
// one, or somebody is told. Tried with each member of one scenario of each stream and action, and of two
// webhooks.

#include <algorithm>
#include <catch_amalgamated.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "edge-workers/replay/replay.hpp"
#include "shared/base/text.hpp"
#include "tests/project_files.hpp"

namespace {

namespace fs = std::filesystem;
using wf::Json;
using wf::replay::Scenario;

// With the sanitizer (clang's here) one replay takes 25 times as long: every seventh place then.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WF_IS_SANITIZED
#endif
#endif
#ifdef WF_IS_SANITIZED
constexpr std::size_t every = 7;
#else
constexpr std::size_t every = 1;
#endif

// A number may come as a text, and an id is one of digits: neither is true.
Json of_another_type(const Json& value) {
  if (value.is_string() && wf::as_int64(value)) return true;
  return value.is_number() || value.is_boolean() ? Json("seven") : Json(7);
}

// Stored as it came, not looked at for rows, or only for what is told beside them.
bool is_left_alone(std::string_view place) {
  return wf::contains(place, "/fee_details/0") || wf::contains(place, "/auditRefs/0/group") ||
         wf::is_one_of(place, "/version /id /asked_at /0/category /0/sg_event_id /0/smtp-id /0/type");
}

// Of a list only what its first element holds: the others are read alike.
void add_places(const Json& value, const Json::json_pointer& at, std::vector<Json::json_pointer>& places) {
  if (value.is_null()) return;
  if (!at.empty() && !is_left_alone(at.to_string())) places.push_back(at);
  if (value.is_array() && !value.empty()) add_places(value[0], at / 0, places);
  if (value.is_object())
    for (const auto& [key, member] : value.items()) add_places(member, at / key, places);
}

bool is_plain(const Scenario& scenario) { return scenario.faults.empty() && scenario.next_runs.empty(); }

Json replay(Scenario scenario, const std::string& service) {
  scenario.kill_after.clear();
  if (!scenario.action.empty()) return wf::replay::replay_action(scenario, service);
  if (scenario.stream == "webhook") return wf::replay::replay_webhook(scenario, service);
  return wf::replay::replay_stream(scenario, service, scenario.stream);
}

// What says that not all is well: how runs and deliveries ended, what was answered, what failed, what was not
// given, and in the log, what was tried again.
Json told(const Json& result) {
  Json words = {result["responses"]};
  for (const Json& line : result["logs"]) words.push_back(line.value("what", ""));
  for (const char* ended : {"runs", "receipts"})
    for (const Json& one : result[ended]) words.push_back({one["state"], one.value("error", Json())});
  for (const Json& facts : result["facts"])
    words.push_back({facts.value("failure_kind", Json()), facts.value("unavailable", Json())});
  return words;
}

bool has_succeeded(const Json& result) {
  const Json& runs = result["runs"];
  return !result["tables"].empty() && (!result["responses"].empty() || !runs.empty()) &&
         std::all_of(runs.begin(), runs.end(), [](const Json& run) { return run["state"] == "succeeded"; }) &&
         std::all_of(result["receipts"].begin(), result["receipts"].end(),
                     [](const Json& receipt) { return receipt["state"] == "applied"; });
}

// The bodies that the provider sends.
std::vector<std::string*> bodies_of(Scenario& scenario) {
  std::vector<std::string*> bodies;
  for (auto& reply : scenario.replies)
    if (reply.status == 200) bodies.push_back(&reply.body);
  for (auto& delivery : scenario.deliveries) bodies.push_back(&delivery.body);
  return bodies;
}

void try_members(Scenario scenario, const std::string& service) {
  const Json good = replay(scenario, service);
  for (std::string* body : bodies_of(scenario)) {
    const std::string original = *body;
    const Json json = Json::parse(original, nullptr, false);
    if (json.is_discarded()) continue;
    std::vector<Json::json_pointer> places;
    add_places(json, Json::json_pointer(), places);
    for (std::size_t i = 0; i < places.size(); i += every) {
      const Json::json_pointer& place = places[i];
      Json changed = json;
      changed[place] = of_another_type(json[place]);
      *body = changed.dump();
      const Json result = replay(scenario, service);
      CAPTURE(place.to_string());
      CHECK((result["tables"] == good["tables"] || told(result) != told(good)));
    }
    *body = original;
  }
}

}  // namespace

TEST_CASE("a member of a wrong type changes no row unseen", "[members]") {
  // Of each service and what is fed, the first by name.
  std::map<std::string, fs::path> tried;
  for (const auto& service : fs::directory_iterator(project_files::path("tests/scenarios"))) {
    if (!service.is_directory()) continue;
    for (const auto& folder : fs::directory_iterator(service)) {
      const auto scenario = wf::replay::read_scenario(folder);
      if (!scenario || !is_plain(*scenario)) continue;
      const std::string name = folder.path().filename().string();
      const bool is_webhook = scenario->stream == "webhook";
      if (is_webhook && !wf::is_one_of(name, "webhook_every_kind events_all_types")) continue;
      fs::path& place = tried[service.path().filename().string() + " " + scenario->stream + scenario->action];
      if (!place.empty() && place < folder.path()) continue;
      if (has_succeeded(replay(*scenario, service.path().filename().string()))) place = folder;
    }
  }
  CHECK(tried.contains("stripe webhook"));
  CHECK(tried.contains("sendgrid webhook"));
  for (const auto& [what, folder] : tried) {
    INFO(what);
    REQUIRE_FALSE(folder.empty());
    const auto scenario = wf::replay::read_scenario(folder);
    REQUIRE(scenario);
    CAPTURE(folder.filename().string());
    try_members(*scenario, folder.parent_path().filename().string());
  }
}
