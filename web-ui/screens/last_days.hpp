// What the last thirty days of a service were, for its strip and its line of rows.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "web-ui/app/model.hpp"

namespace wf {

inline constexpr int shown_days = 30;

enum class DayState { none, ok, mixed, failed };

std::array<DayState, shown_days> day_states(const std::vector<ServiceDay>&, Day today);
/// "Last 30 days: 28 fine, 1 mixed (11 Nov), 1 failed (20 Nov)"; of today, which is not over, only what it
/// has.
std::string describe_days(const std::array<DayState, shown_days>&, Day today);
/// The rows of each day up to `last`.
struct ActivityLine {
  std::vector<double> rows;
  Day last;
};
/// At most `shown_days`, none before the first that is known, and today once it has a sync; missing days as
/// 0; empty when all are 0.
ActivityLine activity_line(const std::vector<ServiceDay>&, Day today);
/// "1,200 rows in the last 30 days, most on 20 Nov: 800"; "First day: 12 rows"
std::string describe_activity(const ActivityLine&);

}  // namespace wf
