#pragma once
// Times are UTC seconds inside; zones exist only on the screen. Nothing here reads a
// clock: "now" is always an argument.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wf {

using UnixSeconds = std::chrono::sys_seconds;
using Day = std::chrono::sys_days;

// 9999-12-31T23:59:59Z. Postgres takes more, but no provider means a later year.
inline constexpr UnixSeconds end_of_9999{std::chrono::seconds{253'402'300'799}};

UnixSeconds from_unix(std::int64_t seconds);
UnixSeconds from_millis(std::int64_t milliseconds);
std::int64_t to_unix(UnixSeconds time);

// ISO 8601 as Postgres, PostgREST and the providers write it: `2026-11-23T13:44:00Z`,
// `2026-11-23 13:44:00.377+00`, offsets `+00`, `+0000`, `+00:00`. Fractions are cut.
// A text without a zone is taken as UTC.
std::optional<UnixSeconds> parse_time(std::string_view text);
std::string format_time(UnixSeconds time);  // 2026-11-23T13:44:00Z

// The three forms of RFC 9110, section 5.6.7. Two-digit years are 1970 to 2069.
std::optional<UnixSeconds> parse_http_date(std::string_view text);
std::string format_http_date(UnixSeconds time);  // Mon, 23 Nov 2026 13:44:00 GMT

// RFC 9110, section 10.2.3: seconds or an HTTP date. Never negative.
std::optional<std::int64_t> parse_retry_after(std::string_view text, UnixSeconds now);

std::optional<Day> parse_day(std::string_view text);  // 2026-11-23
std::string format_day(Day day);                      // 2026-11-23
std::string format_short_day(Day day);                // 23 Nov
std::string format_past_day(Day day, Day today);      // the same, and of 300 days ago or more 23 Nov 2024
std::string format_clock(UnixSeconds time);           // 13:44
Day day_of(UnixSeconds time);

// "now", "40 s", "12 min", "3 h", "1 d 3 h", "12 d"; negative durations read as "now".
std::string describe(std::chrono::seconds duration);

}  // namespace wf
