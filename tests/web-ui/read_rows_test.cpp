#include "web-ui/app/read_rows.hpp"

#include <catch_amalgamated.hpp>

namespace {

wf::Json json(std::string_view text) {
  auto parsed = wf::parse_json(text, "test");
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("workspaces stay in the order that they come in") {
  const auto workspaces = wf::read_workspaces(json(R"([
    {"client_id":"c-1","slug":"b","name":"Zebra","configuration_problem":null},
    {"slug":"a","name":"Alder","configuration_problem":"not JSON"}])"));
  REQUIRE(workspaces);
  REQUIRE(workspaces->size() == 2);
  CHECK(workspaces->at(0).client_id == "c-1");
  CHECK(workspaces->at(0).name == "Zebra");
  CHECK(workspaces->at(0).configuration_problem.empty());
  CHECK(workspaces->at(1).configuration_problem == "not JSON");
}

TEST_CASE("who may write is told by the role of whoever reads") {
  const auto workspaces = wf::read_workspaces(json(R"([
    {"slug":"a","workspace_members":[{"role":"viewer"}]},
    {"slug":"b","workspace_members":[{"role":"manager"}]},
    {"slug":"c","workspace_members":[{"role":"agency"}]},
    {"slug":"d","workspace_members":[]}, {"slug":"e"}])"));
  REQUIRE(workspaces);
  for (const auto& one : *workspaces) CHECK(one.may_write == (one.slug == "b" || one.slug == "c"));
}

TEST_CASE("a reply that is not understood is an error, not an empty screen") {
  CHECK_FALSE(wf::read_workspaces(json(R"({"message":"permission denied"})")));
  CHECK_FALSE(wf::read_workspaces(json(R"([{"name":"no slug"}])")));
  CHECK_FALSE(wf::read_activity(json(R"({"code":"42501"})")));
  CHECK_FALSE(wf::read_activity(json(R"([{"service":"stripe","day":"yesterday"}])")));
}

TEST_CASE("activity is sorted by day, whether numbers come as numbers or as text") {
  const auto activity = wf::read_activity(json(R"([
    {"service":"stripe","day":"2026-11-23","rows":"12","succeeded":2,"failed":0},
    {"service":"stripe","day":"2026-11-21","rows":3,"succeeded":1,"failed":1}])"));
  REQUIRE(activity);
  const auto& days = activity->at("stripe");
  REQUIRE(days.size() == 2);
  CHECK(wf::format_day(days[0].day) == "2026-11-21");
  CHECK(days[0].failed == 1);
  CHECK(days[1].rows == 12);
}

TEST_CASE("what is unusual is found in the series, by service") {
  wf::Json values = wf::Json::array();
  for (int i = 0; i < 60; ++i) values.push_back(i == 58 ? 380 : 1000);
  wf::Json quiet = values;
  quiet[58] = 1000;
  const auto series = [](const char* service, const wf::Json& days) {
    return wf::Json{{"id", std::string(service) + ".clicks"},
                    {"service", service},
                    {"label", "Clicks"},
                    {"unit", "count"},
                    {"first_day", "2026-09-25"},
                    {"values", days}};
  };
  const auto found = wf::read_anomalies(
      {{"series", wf::Json::array({series("search_console", values), series("google_ads", quiet)})}});
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  const auto& [label, unit, anomaly] = found->at("search_console").at(0);
  CHECK(label == "Clicks");
  CHECK(unit == "count");
  CHECK(wf::format_day(anomaly.day) == "2026-11-22");
  CHECK(anomaly.kind == wf::AnomalyKind::drop);
  CHECK_FALSE(wf::read_anomalies(json(R"({"message":"permission denied"})")));
}
