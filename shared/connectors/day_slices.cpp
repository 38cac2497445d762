#include "shared/connectors/day_slices.hpp"

#include <algorithm>

#include "shared/base/json_object.hpp"

namespace wf {

Day provider_day(UnixSeconds time, const DayRules& rules) { return day_of(time + rules.utc_offset); }

UnixSeconds begin_of(Day day, const DayRules& rules) { return UnixSeconds(day) - rules.utc_offset; }

DaySlice slice_of(const Query& query, const DayRules& rules) {
  const Day oldest = provider_day(query.window.from, rules);
  Day last = provider_day(query.window.to, rules);
  if (const auto day = parse_day(find_text(query.position, "day"))) last = std::min(last, *day);
  last = std::max(last, oldest);
  return {std::max(oldest, last - rules.per_slice + std::chrono::days{1}), last};
}

std::optional<Json> position_before(const DaySlice& slice, const Query& query, const DayRules& rules) {
  if (slice.first <= provider_day(query.window.from, rules)) return std::nullopt;
  return position_at(slice.first - std::chrono::days{1});
}

Json position_at(Day last) { return JsonObject().text("day", format_day(last)).take(); }

}  // namespace wf
