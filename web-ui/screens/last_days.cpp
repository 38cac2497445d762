#include "web-ui/screens/last_days.hpp"

#include <algorithm>
#include <numeric>

#include "shared/base/money.hpp"

namespace wf {

std::array<DayState, shown_days> day_states(const std::vector<ServiceDay>& days, Day today) {
  std::array<DayState, shown_days> states{};
  for (const auto& day : days) {
    const auto back = (today - day.day).count();
    if (back < 0 || back >= shown_days) continue;
    auto& state = states[static_cast<std::size_t>(shown_days - 1 - back)];
    if (day.failed > 0)
      state = day.succeeded > 0 ? DayState::mixed : DayState::failed;
    else if (day.succeeded > 0)
      state = DayState::ok;
  }
  return states;
}

ActivityLine activity_line(const std::vector<ServiceDay>& days, Day today) {
  std::array<double, shown_days> rows{};
  bool has_today = false;
  std::size_t first = shown_days;  // nothing is known of the days before it, which is not "no rows"
  for (const auto& day : days) {
    const auto back = (today - day.day).count();
    if (back < 0) continue;
    const auto index = static_cast<std::size_t>(std::max<std::int64_t>(0, shown_days - 1 - back));
    first = std::min(first, index);
    has_today |= back == 0;
    if (back < shown_days) rows[index] = static_cast<double>(std::max<std::int64_t>(0, day.rows));
  }
  const bool any = std::any_of(rows.begin(), rows.end(), [](double count) { return count > 0; });
  if (!any) return {};
  const int missing = has_today ? 0 : 1;
  return {.rows = {rows.begin() + static_cast<std::ptrdiff_t>(first), rows.end() - missing},
          .last = today - std::chrono::days(missing)};
}

std::string describe_days(const std::array<DayState, shown_days>& days, Day today) {
  std::string words;
  const auto add = [&](DayState state, const char* word, bool with_dates) {
    std::string dates;
    for (int i = 0; with_dates && i < shown_days; ++i) {
      if (days[static_cast<std::size_t>(i)] != state) continue;
      dates +=
          (dates.empty() ? " (" : ", ") + format_short_day(today - std::chrono::days(shown_days - 1 - i));
    }
    const bool not_over = state == DayState::none && days.back() == state;
    const auto count = std::count(days.begin(), days.end() - (not_over ? 1 : 0), state);
    if (count == 0) return;
    if (!words.empty()) words += ", ";
    words += std::to_string(count) + " " + word + (dates.empty() ? "" : dates + ")");
  };
  add(DayState::ok, "fine", false);
  add(DayState::mixed, "mixed", true);
  add(DayState::failed, "failed", true);
  add(DayState::none, "without a sync", false);
  return "Last 30 days: " + words;
}

std::string describe_activity(const ActivityLine& line) {
  const std::vector<double>& rows = line.rows;
  if (rows.empty()) return {};
  const auto most = std::max_element(rows.begin(), rows.end());
  const Day day = line.last - std::chrono::days(rows.end() - most - 1);
  const auto count = [](double number) { return group_digits(static_cast<std::int64_t>(number)); };
  const double total = std::accumulate(rows.begin(), rows.end(), 0.0);
  const std::string words = count(total) + (total == 1 ? " row" : " rows");
  if (rows.size() == 1) return "First day: " + words;
  return words + " in the last 30 days, most on " + format_short_day(day) + ": " + count(*most);
}

}  // namespace wf
