#pragma once
// Reports are asked for by days. A window is walked in slices of whole days, the newest first, and
// where a scan stands is its position: {"day":"2026-11-22", ...}, the last day of the open slice.

#include <chrono>
#include <string_view>

#include "shared/sync/connector.hpp"

namespace wf {

// Both ends are inclusive.
struct DaySlice {
  Day first;
  Day last;
};

// The provider's days: how far its clock is from UTC, and how many of them one reply may cover.
struct DayRules {
  std::chrono::hours utc_offset{};
  std::chrono::days per_slice{1};
};

Day provider_day(UnixSeconds time, const DayRules& rules);
UnixSeconds begin_of(Day day, const DayRules& rules);

DaySlice slice_of(const Query& query, const DayRules& rules);

// The position of the slice before this one; none: the window is read.
std::optional<Json> position_before(const DaySlice& slice, const Query& query, const DayRules& rules);
Json position_at(Day last);

}  // namespace wf
