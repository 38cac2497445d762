// What every service must have been seen through. A service without such a folder has not been tried
// against what providers are known to do; a folder of another sort under the name does not count.

#include <array>
#include <catch_amalgamated.hpp>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "edge-workers/replay/scenario.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/registry.hpp"
#include "tests/project_files.hpp"

namespace {

namespace fs = std::filesystem;
using wf::Connector;
using wf::replay::Scenario;

enum class Sort { stream, webhook, action };

// Names of folders, of which one is enough.
using Kind = std::string_view;

constexpr std::array<Kind, 8> stream_kinds{
    "empty",     "two_pages",  "rate_limited",         "expired_credentials",
    "malformed", "wrong_type", "killed_between_pages", "late_data duplicate"};

// A delivery has no pages, no quota and no sign-in that ends; it has a signature.
constexpr std::array<Kind, 7> webhook_kinds{
    "empty_body empty_batch", "bad_signature", "cut", "wrong_type", "unknown_type", "killed", "duplicates"};

// One request and one reply: no second page, and late is what is asked for twice.
constexpr std::array<Kind, 7> action_kinds{
    "empty",      "rate_limited",    "expired_credentials", "malformed",
    "wrong_type", "killed_anywhere", "duplicate_request"};

std::span<const Kind> kinds_of(const Connector& connector, Sort sort) {
  if (sort == Sort::stream && !connector.streams.empty()) return stream_kinds;
  if (sort == Sort::webhook && connector.webhook) return webhook_kinds;
  if (sort == Sort::action && !connector.actions.empty()) return action_kinds;
  return {};
}

Sort sort_of(const Scenario& scenario) {
  if (!scenario.action.empty()) return Sort::action;
  return scenario.stream == "webhook" ? Sort::webhook : Sort::stream;
}

// A webhook's folders may carry what is delivered in front, an action's its id: events_wrong_type,
// email_empty.
bool is_named(std::string_view folder, Kind kind, const Scenario& scenario) {
  const Sort sort = sort_of(scenario);
  for (const std::string_view name : wf::split(kind, ' ')) {
    if (folder == name) return true;
    if (sort == Sort::webhook && folder.ends_with("_" + std::string(name))) return true;
    if (sort == Sort::action && folder == scenario.action + "_" + std::string(name)) return true;
  }
  return false;
}

bool shows(const Scenario& scenario, std::string_view folder, Kind kind, Sort sort) {
  if (sort_of(scenario) != sort || !is_named(folder, kind, scenario)) return false;
  return kind.find("killed") == Kind::npos || scenario.kill_everywhere || !scenario.kill_after.empty();
}

bool has(const fs::path& service, Kind kind, Sort sort) {
  for (const auto& entry : fs::directory_iterator(service)) {
    const auto scenario = wf::replay::read_scenario(entry.path());
    if (scenario && shows(*scenario, entry.path().filename().string(), kind, sort)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("every service has been seen through each kind of bad input") {
  for (const wf::Registry registry : {wf::connectors(), wf::api_connectors()})
    for (const Connector* connector : registry) {
      const fs::path service = fs::path(project_files::path("tests/scenarios")) / connector->service;
      CAPTURE(connector->service);
      REQUIRE(fs::is_directory(service));
      for (const Sort sort : {Sort::stream, Sort::webhook, Sort::action})
        for (const Kind kind : kinds_of(*connector, sort)) {
          CAPTURE(kind, static_cast<int>(sort));
          CHECK(has(service, kind, sort));
        }
    }
}

TEST_CASE("a folder of another sort does not count") {
  Scenario scenario;
  scenario.stream = "charges";
  CHECK(shows(scenario, "empty", "empty", Sort::stream));
  CHECK_FALSE(shows(scenario, "empty", "empty", Sort::webhook));
  CHECK_FALSE(shows(scenario, "webhook_empty", "empty", Sort::stream));
  CHECK(shows(scenario, "duplicate", "late_data duplicate", Sort::stream));
  CHECK_FALSE(shows(scenario, "killed_between_pages", "killed_between_pages", Sort::stream));
  scenario.kill_after = {3};
  CHECK(shows(scenario, "killed_between_pages", "killed_between_pages", Sort::stream));
  Scenario asked;
  asked.action = "email";
  CHECK(shows(asked, "email_empty", "empty", Sort::action));
  CHECK(shows(asked, "empty", "empty", Sort::action));
  CHECK_FALSE(shows(asked, "events_empty", "empty", Sort::action));
  CHECK_FALSE(shows(asked, "email_empty", "empty", Sort::stream));
  CHECK_FALSE(shows(scenario, "email_empty", "empty", Sort::action));
}
