#pragma once
// What a day should be, from the eight weeks before it: level, trend and day of the week, each by
// medians. Everything is in roots (robust.hpp).

#include <array>
#include <cstddef>
#include <optional>

namespace wf {

inline constexpr std::size_t history_days = 56;

// What is remembered of one day. `kept` is what later days are compared with: the actual value, or what
// was left of it after an outlier was cut.
struct KeptDay {
  double actual = 0;
  double kept = 0;
  double forecast = 0;
  bool judged = false;
};

// The day before comes first; none where the day has no value.
using History = std::array<std::optional<KeptDay>, history_days>;

struct Forecast {
  double expected = 0;
  double scale = 1;  // one standard deviation of usual days
  // Days of zero are usual, so only the others are compared, with others; a zero is not news.
  bool sparse = false;
  // Of neighbouring days, how many more are on the same side of usual than on both: 0 where days know
  // nothing of each other, 1 where all are.
  double memory = 0;
};

// None while there are fewer than 14 days to compare with, of what is measured once a week six. `counts`: see
// DailySeries. So many of the newest days are `in_question`, and not compared with where that leaves enough.
std::optional<Forecast> forecast(const History& history, bool counts, std::size_t in_question = 0);

// How likely a day is zero by the days before a run of zeros; 1 where these are too few to say.
double chance_of_zero(const History& history, std::size_t run);

}  // namespace wf
