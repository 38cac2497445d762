// What every service must have been seen through. A service without such a folder has not been tried
// against what providers are known to do; a folder of another sort under the name does not count, nor one
// that does not hold what its name says.

#include <algorithm>
#include <array>
#include <catch_amalgamated.hpp>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge-workers/replay/replay.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/registry.hpp"
#include "shared/domain/catalogue.hpp"
#include "tests/project_files.hpp"
#include "tests/scenarios/outcomes.hpp"

namespace {

namespace fs = std::filesystem;
using wf::Connector;
using wf::Json;
using wf::replay::ProviderReply;
using wf::replay::Scenario;
using namespace wf::scenarios;

enum class Sort { stream, webhook, action };

constexpr std::array<Kind, 8> stream_kinds{
    "empty",     "two_pages",  "rate_limited",         "expired_credentials",
    "malformed", "wrong_type", "killed_between_pages", "late_data duplicate"};

// A delivery has no pages, no quota and no sign-in that ends; it has a signature.
constexpr std::array<Kind, 7> webhook_kinds{
    "empty_body empty_batch", "bad_signature", "cut", "wrong_type", "unknown_type", "killed", "duplicates"};

// Late, for one request and its reply, is what is asked for twice.
constexpr std::array<Kind, 7> action_kinds{
    "empty",      "rate_limited",    "expired_credentials", "malformed",
    "wrong_type", "killed_anywhere", "duplicate_request"};

// Of a service that has no streams to show them by: an answer may come in several messages, and between
// the answer and its being kept a Worker may be killed.
constexpr std::array<Kind, 2> kinds_without_streams{"two_pages", "killed_between_pages"};

void add(std::vector<Kind>& kinds, std::span<const Kind> more) {
  kinds.insert(kinds.end(), more.begin(), more.end());
}

std::vector<Kind> kinds_of(const Connector& connector, Sort sort) {
  std::vector<Kind> kinds;
  if (sort == Sort::stream && !connector.streams.empty()) add(kinds, stream_kinds);
  if (sort == Sort::webhook && connector.webhook) add(kinds, webhook_kinds);
  if (sort == Sort::action && !connector.actions.empty()) {
    add(kinds, action_kinds);
    if (wf::find_service(connector.service)->streams.empty()) add(kinds, kinds_without_streams);
  }
  return kinds;
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

bool holds_what_it_says(const Scenario& scenario, const std::string& service, Kind kind) {
  if (!are_replies_of(kind, scenario.replies)) return false;
  if (sort_of(scenario) == Sort::webhook)
    return is_delivered_as(kind, wf::replay::replay_webhook(scenario, service));
  if (sort_of(scenario) == Sort::action) {
    const auto& replies = scenario.replies;
    if (kind == "two_pages" && std::none_of(replies.begin(), replies.end(), is_of_two_messages)) return false;
    return is_answered_as(kind, wf::replay::replay_action(scenario, service));
  }
  const Json result = wf::replay::replay_stream(scenario, service, scenario.stream);
  if (wf::contains(kind, "late_data")) return is_late_or_twice(scenario, service, result);
  // Killed everywhere, scenarios_test holds all ends to one another.
  if (kind == "killed_between_pages" && !scenario.kill_everywhere) return is_resumed(result);
  return is_result_of(kind, result);
}

bool has(const fs::path& service, Kind kind, Sort sort) {
  for (const auto& entry : fs::directory_iterator(service)) {
    const auto scenario = wf::replay::read_scenario(entry.path());
    if (scenario && shows(*scenario, entry.path().filename().string(), kind, sort) &&
        holds_what_it_says(*scenario, service.filename().string(), kind))
      return true;
  }
  return false;
}

}  // namespace

TEST_CASE("every service has been seen through each kind of bad input") {
  for (const Connector* connector : wf::connectors()) {
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

// What is wrong with what comes in, whatever the service, and where it is shown.
TEST_CASE("each kind of bad input is a folder") {
  for (const char* folder :
       {"scenarios/stripe/webhook_bad_signature", "scenarios/stripe/webhook_stale",
        "scenarios/sendgrid/not_an_array", "scenarios/stripe/webhook_duplicates",
        "host/scenarios/body_over_5_mb", "host/scenarios/mail_over_5_mb",
        "scenarios/stripe/webhook_invalid_utf8", "scenarios/stripe/invalid_utf8",
        "scenarios/stripe/webhook_cut", "scenarios/stripe/malformed", "scenarios/stripe/wrong_type",
        "scenarios/stripe/webhook_unknown_type", "scenarios/stripe/beyond_64_bits",
        "scenarios/google_ads/search_terms", "scenarios/search_console/duplicate_rows",
        "scenarios/stripe/list_leads_back", "scenarios/stripe/clock_jumped_ahead",
        "scenarios/stripe/provider_clock_ahead", "host/scenarios/bundle_not_json"}) {
    const std::string path = "tests/" + std::string(folder);
    CAPTURE(path);
    CHECK_FALSE(project_files::read(path + "/scenario.json").empty());
    const auto expected = wf::parse_json(project_files::read(path + "/expected.json"), path);
    REQUIRE(expected.has_value());
    // The host's own scenarios end before a card: their answer says it.
    const bool has_card = path.starts_with("tests/scenarios/");
    if (!has_card)
      CHECK(expected->contains("responses"));
    else {
      const Json verdict = expected->value("verdict", Json::object());
      CHECK(verdict.contains("badge"));
      CHECK((verdict.value("badge", "") != "error" || verdict.contains("kind")));
    }
  }
}

TEST_CASE("a kill after the last page, or before the first, is none between pages") {
  const auto of = [](std::initializer_list<const char*> effects, const char* state) {
    Json result = {{"effects", Json::array()}, {"runs", Json::array({{{"state", state}}})}};
    for (const char* effect : effects) result["effects"].push_back(effect);
    return is_resumed(result);
  };
  const char* page = "http POST /rest/v1/rpc/apply_page";
  CHECK(of({page, "killed", page}, "succeeded"));
  CHECK_FALSE(of({page, "killed", page}, "failed"));
  CHECK_FALSE(of({"killed", page, page}, "succeeded"));
  CHECK_FALSE(of({page, page, "killed"}, "succeeded"));
  CHECK_FALSE(of({page, page}, "succeeded"));
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

TEST_CASE("a folder that does not hold what its name says does not count") {
  const auto replies = [](int status, std::string body) {
    return std::vector{ProviderReply{.status = status, .body = std::move(body)}};
  };
  CHECK(are_replies_of("rate_limited", replies(429, "")));
  CHECK(are_replies_of("rate_limited", replies(403, R"({"reason":"quotaExceeded"})")));
  CHECK_FALSE(are_replies_of("rate_limited", replies(403, "")));
  CHECK_FALSE(are_replies_of("rate_limited", {}));
  CHECK(are_replies_of("expired_credentials", replies(401, "")));
  CHECK(are_replies_of("expired_credentials", replies(400, R"({"error":"invalid_grant"})")));
  CHECK_FALSE(are_replies_of("expired_credentials", replies(400, "")));
  CHECK_FALSE(are_replies_of("expired_credentials", replies(403, "quotaExceeded")));

  CHECK(is_of_two_messages({.body = R"({"output":[{"type":"message"},{"type":"x"},{"type":"message"}]})"}));
  CHECK_FALSE(is_of_two_messages({.body = R"({"output":[{"type":"message"},{"type":"x"}]})"}));
  CHECK_FALSE(is_of_two_messages({}));

  const Json red = {{"verdict", {{"badge", "error"}, {"kind", "data"}}}};
  CHECK(is_result_of("malformed", red));
  CHECK_FALSE(is_result_of("expired_credentials", red));
  CHECK_FALSE(is_result_of("wrong_type", {{"verdict", {{"badge", "active"}, {"kind", "data"}}}}));
  const auto ends = [](std::int64_t pages, std::string_view table) {
    return Json{{"runs", {{{"pages", pages}}}}, {"tables", {{table, {{{"id", "1"}}}}}}};
  };
  const auto limited = [](const char* effect, const char* state) {
    return Json{{"effects", {effect}}, {"runs", {{{"state", state}}}}};
  };
  CHECK(is_result_of("rate_limited", limited("enqueue after 30 s", "succeeded")));
  CHECK_FALSE(is_result_of("rate_limited", limited("enqueue", "succeeded")));
  CHECK_FALSE(is_result_of("rate_limited", limited("enqueue after 30 s", "failed")));
  CHECK(is_result_of("two_pages", ends(2, "orders")));
  CHECK_FALSE(is_result_of("two_pages", ends(1, "orders")));
  CHECK(is_result_of("empty", ends(1, "probe_results")));
  CHECK_FALSE(is_result_of("empty", ends(1, "orders")));
}

TEST_CASE("late data that changes nothing, or too much, does not count") {
  const auto tables = [](std::initializer_list<Json> rows) { return Json{{"orders", Json(rows)}}; };
  const Json old = {{"id", "1"}, {"clicks", 4}}, newer = {{"id", "2"}, {"clicks", 9}},
             read = {{"id", "1"}, {"clicks", 5}};
  CHECK(replaces_older_keeps_newer(tables({old, newer}), tables({read, newer})));
  CHECK_FALSE(replaces_older_keeps_newer(tables({old, newer}), tables({old, newer})));
  CHECK_FALSE(replaces_older_keeps_newer(tables({old, newer}), tables({old, newer, read})));
  CHECK_FALSE(replaces_older_keeps_newer(tables({old}), tables({read})));
  CHECK(is_there_once(tables({old}), tables({old})));
  CHECK(is_there_once(tables({old}), tables({read})));
  CHECK_FALSE(is_there_once(tables({old}), tables({old, read})));
  CHECK_FALSE(is_there_once(tables({old}), tables({read, read})));
  CHECK_FALSE(is_there_once(tables({old}), tables({})));
  CHECK_FALSE(replaces_older_keeps_newer(tables({old, newer}), tables({newer})));
  CHECK_FALSE(is_there_once(Json::object(), Json::object()));
}

TEST_CASE("a delivery or a request that came to something else does not count") {
  const auto delivered = [](std::int64_t status, std::string_view badge, std::size_t objects) {
    return Json{{"responses", {{{"status", status}}}},
                {"objects", Json::array_t(objects)},
                {"receipts", Json::array_t(objects)},
                {"tables", Json::object()},
                {"facts", {{"webhook", {{"bad_signatures", status >= 400 ? 1 : 0}}}}},
                {"verdict", {{"badge", badge}, {"kind", "data"}}}};
  };
  CHECK(is_delivered_as("bad_signature", delivered(400, "active", 0)));
  CHECK_FALSE(is_delivered_as("bad_signature", delivered(200, "active", 0)));
  CHECK_FALSE(is_delivered_as("bad_signature", delivered(400, "active", 1)));
  CHECK(is_delivered_as("cut", delivered(200, "error", 1)));
  CHECK_FALSE(is_delivered_as("cut", delivered(200, "error", 0)));
  CHECK_FALSE(is_delivered_as("wrong_type", delivered(200, "active", 1)));
  CHECK(is_delivered_as("unknown_type", delivered(200, "active", 1)));
  CHECK_FALSE(is_delivered_as("unknown_type", delivered(200, "error", 1)));
  CHECK_FALSE(is_delivered_as("duplicates", delivered(200, "active", 1)));

  const auto answered = [](std::int64_t status, std::string_view kind, int times) {
    Json result = {{"responses", {{{"status", status}}}},
                   {"effects", Json::array()},
                   {"verdict", {{"badge", "error"}, {"kind", kind}}}};
    for (int i = 0; i < times; ++i) result["effects"].push_back("http POST https://api.example/");
    return result;
  };
  CHECK(is_answered_as("rate_limited", answered(503, "", 1)));
  CHECK_FALSE(is_answered_as("rate_limited", answered(502, "", 1)));
  CHECK_FALSE(is_answered_as("rate_limited", answered(503, "", 2)));
  CHECK(is_answered_as("expired_credentials", answered(502, "credentials", 1)));
  CHECK_FALSE(is_answered_as("expired_credentials", answered(502, "data", 1)));
  CHECK_FALSE(is_answered_as("wrong_type", answered(200, "data", 1)));
  CHECK_FALSE(is_answered_as("duplicate_request", answered(409, "", 1)));
  CHECK_FALSE(is_answered_as("killed_between_pages", answered(409, "", 1)));
}
