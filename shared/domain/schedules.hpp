#pragma once
// When services are expected to have news, and how their streams are repeated: what descriptors are made of.

#include <array>

#include "shared/domain/descriptor.hpp"

namespace wf::schedule {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

inline constexpr Thresholds daily{
    .expected_every = hours{24}, .warn_after = hours{26}, .error_after = hours{50}};
inline constexpr Thresholds weekly{.expected_every = days{7}, .warn_after = days{8}, .error_after = days{15}};
inline constexpr Thresholds real_time{
    .expected_every = minutes{5}, .warn_after = minutes{15}, .error_after = hours{1}};
inline constexpr Thresholds quarter_hourly{.expected_every = minutes{15},
                                           .warn_after = minutes{45},
                                           .error_after = hours{2},
                                           .newest_row_within = days{7},
                                           .quiet_is_usual = true};

// Where money or mail moves, quiet days are normal: only a long silence of data is worth a word.
constexpr Thresholds with_quiet_days(Thresholds base, seconds newest_row_within) {
  base.newest_row_within = newest_row_within;
  return base;
}

// Providers that report about yesterday and revise it: new data comes every day, but late.
constexpr Thresholds with_lag(Thresholds base, seconds lag) {
  base.provider_lag = lag;
  base.newest_row_within = lag + days{2};
  return base;
}

constexpr Thresholds on_demand(seconds idle_window) { return {.idle_window = idle_window}; }

constexpr StreamDescriptor every(minutes interval, std::string_view name, std::string_view label) {
  return {.name = name,
          .label = label,
          .cadence = Cadence::interval,
          .every_secs = std::chrono::seconds(interval).count()};
}

constexpr StreamDescriptor of_each(std::string_view id_key, StreamDescriptor stream) {
  stream.partitioned_by = id_key;
  return stream;
}

constexpr StreamDescriptor daily_of_each(std::string_view id_key, std::string_view name,
                                         std::string_view label) {
  return of_each(id_key, {.name = name, .label = label});
}

constexpr StreamDescriptor with_daily_rows(StreamDescriptor stream) {
  stream.has_daily_rows = true;
  return stream;
}

}  // namespace wf::schedule
