#include "web-ui/app/read_rows.hpp"

#include <catch_amalgamated.hpp>

namespace {

wf::Json json(std::string_view text) {
  auto parsed = wf::parse_json(text, "test");
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("workspaces come in the order of their names") {
  const auto workspaces = wf::read_workspaces(json(R"([
    {"client_id":"2","slug":"b","name":"Zebra","time_zone":"Europe/Lisbon","configuration_problem":null},
    {"client_id":"1","slug":"a","name":"Alder","time_zone":"Europe/Berlin","configuration_problem":"not JSON"}])"));
  REQUIRE(workspaces);
  REQUIRE(workspaces->size() == 2);
  CHECK(workspaces->at(0).name == "Alder");
  CHECK(workspaces->at(0).configuration_problem == "not JSON");
  CHECK(workspaces->at(1).configuration_problem.empty());
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
