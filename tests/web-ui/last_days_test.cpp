#include "web-ui/screens/last_days.hpp"

#include <catch_amalgamated.hpp>

namespace {

const wf::Day today = wf::day_of(*wf::parse_time("2026-11-23T12:00:00Z"));

}  // namespace

TEST_CASE("thirty days: fine, mixed, failed, nothing, oldest first") {
  const std::vector<wf::ServiceDay> days{{today - std::chrono::days(30), 9, 1, 0},  // too old
                                         {today - std::chrono::days(29), 9, 1, 0},
                                         {today - std::chrono::days(2), 0, 0, 3},
                                         {today - std::chrono::days(1), 4, 2, 1},
                                         {today + std::chrono::days(1), 4, 1, 0}};  // not yet
  const auto states = wf::day_states(days, today);
  CHECK(states.front() == wf::DayState::ok);
  CHECK(states[27] == wf::DayState::failed);
  CHECK(states[28] == wf::DayState::mixed);
  CHECK(states.back() == wf::DayState::none);
  const auto line = wf::activity_line(days, today);
  REQUIRE(line.rows.size() == 29);
  CHECK(line.rows.front() == 9);
  CHECK(line.rows[28] == 4);
  CHECK(wf::activity_line({}, today).rows.empty());
  CHECK(wf::describe_days(states, today) ==
        "Last 30 days: 1 fine, 1 mixed (22 Nov), 1 failed (21 Nov), 26 without a sync");
  CHECK(wf::describe_activity(line) == "13 rows in the last 30 days, most on 25 Oct: 9");
}

TEST_CASE("the line of rows begins with the first day that is known") {
  const std::vector<wf::ServiceDay> since_three_days{{today - std::chrono::days(2), 0, 0, 1},
                                                     {today - std::chrono::days(1), 1'200, 1, 0}};
  CHECK(wf::activity_line(since_three_days, today).rows == std::vector<double>{0, 1'200});
  CHECK(wf::activity_line({{today, 4, 1, 0}}, today).rows == std::vector<double>{4});
  // Older than the line is long: known from its beginning.
  const auto rows =
      wf::activity_line({{today - std::chrono::days(80), 9, 1, 0}, {today, 4, 1, 0}}, today).rows;
  REQUIRE(rows.size() == 30);
  CHECK(rows.front() == 0);
  CHECK(wf::describe_activity({{0, 1'200, 0}, today}) ==
        "1,200 rows in the last 30 days, most on 22 Nov: 1,200");
  CHECK(wf::describe_activity({{1}, today}) == "First day: 1 row");
}

TEST_CASE("figures above 2^24 are told to the last digit") {
  const auto line =
      wf::activity_line({{today - std::chrono::days(1), 1, 1, 0}, {today, 16'777'217, 1, 0}}, today);
  CHECK(wf::describe_activity(line) == "16,777,218 rows in the last 30 days, most on 23 Nov: 16,777,217");
}

TEST_CASE("a day that has only begun is none without a sync, and no end of the line") {
  const std::vector<wf::ServiceDay> until_yesterday{{today - std::chrono::days(2), 5, 1, 0},
                                                    {today - std::chrono::days(1), 9, 1, 0}};
  const auto line = wf::activity_line(until_yesterday, today);
  CHECK(line.rows == std::vector<double>{5, 9});
  CHECK(wf::describe_activity(line) == "14 rows in the last 30 days, most on 22 Nov: 9");
  std::array<wf::DayState, wf::shown_days> days{};
  days.fill(wf::DayState::ok);
  days.back() = wf::DayState::none;
  CHECK(wf::describe_days(days, today) == "Last 30 days: 29 fine");
}
