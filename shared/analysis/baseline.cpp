#include "shared/analysis/baseline.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "shared/analysis/robust.hpp"

namespace wf {
namespace {

constexpr std::size_t week = 7;
constexpr std::size_t weeks = history_days / week;
constexpr int least_days = 14;
constexpr int least_values = 6;          // of what is measured once a week
constexpr std::size_t least_age = 34;    // in days, of the oldest of them
constexpr std::size_t recent_days = 21;  // the level follows these
constexpr std::size_t least_per_weekday = 4;
constexpr double usual_zeros = 0.05;
// Steadier than this no measurement is: 3 % of the value, half of that in its root.
constexpr double least_relative_noise = 0.015;
constexpr double root_noise_of_counts = 0.5;

// A few numbers without an allocation: this runs for every day of every series.
template <std::size_t Capacity>
struct Few {
  std::array<double, Capacity> values{};
  std::size_t size = 0;

  void add(double value) { values[size++] = value; }
  std::span<double> all() { return {values.data(), size}; }
};

struct Days {
  std::array<double, history_days> value{};
  std::array<bool, history_days> known{};
  int count = 0;
};

Days known_days(const History& history, std::size_t newest) {
  Days days;
  for (std::size_t i = newest; i < history_days; ++i) {
    if (!history[i]) continue;
    days.value[i] = history[i]->kept;
    days.known[i] = true;
    ++days.count;
  }
  return days;
}

// Weekly medians are free of the season. P. K. Sen, "Estimates of the regression coefficient based on
// Kendall's tau", JASA 63, 1968: the median of the slopes of all pairs, taken for a trend only when the
// pairs agree about its direction.
double slope_per_day(const Days& days) {
  std::array<std::optional<double>, weeks> medians;
  for (std::size_t w = 0; w < weeks; ++w) {
    Few<week> values;
    for (std::size_t i = w * week; i < (w + 1) * week; ++i) {
      if (days.known[i]) values.add(days.value[i]);
    }
    if (values.size > week / 2) medians[w] = median(values.all());
  }
  Few<weeks*(weeks - 1) / 2> slopes;
  int agreement = 0;
  for (std::size_t newer = 0; newer < weeks; ++newer) {
    for (std::size_t older = newer + 1; older < weeks; ++older) {
      if (!medians[newer] || !medians[older]) continue;
      const double rise = *medians[newer] - *medians[older];
      agreement += rise > 0 ? 1 : rise < 0 ? -1 : 0;
      slopes.add(rise / static_cast<double>((older - newer) * week));
    }
  }
  constexpr std::size_t least_pairs = 6;
  if (slopes.size < least_pairs || static_cast<std::size_t>(std::abs(agreement)) * 2 < slopes.size) return 0;
  return median(slopes.all());
}

// With so few days a season of seven medians explains a part of any noise: by this factor at least it
// must do better, and its own noise is that much larger than what it leaves.
double cost_of_season(int count) { return static_cast<double>(count) / static_cast<double>(count - 10); }

double mean_size(const Days& days) {
  double sum = 0;
  for (std::size_t i = 0; i < history_days; ++i) sum += days.known[i] ? std::abs(days.value[i]) : 0;
  return sum / days.count;
}

double centre(const Days& days, std::size_t from, std::size_t to) {
  Few<history_days> values;
  for (std::size_t i = from; i < to; ++i) {
    if (days.known[i]) values.add(days.value[i]);
  }
  return median(values.all());
}

// history[6] is a week before the day that is forecast, so its place in the season is 6.
constexpr std::size_t this_weekday = week - 1;

std::optional<std::array<double, week>> weekday_medians(const Days& days) {
  std::array<double, week> season{};
  for (std::size_t d = 0; d < week; ++d) {
    Few<weeks> values;
    for (std::size_t i = d; i < history_days; i += week) {
      if (days.known[i]) values.add(days.value[i]);
    }
    const bool never = values.size == 0 && d != this_weekday;  // offices are closed at weekends
    if (values.size < least_per_weekday && !never) return std::nullopt;
    season[d] = median(values.all());
  }
  return season;
}

// The larger of two robust deviations: the median's (MAD), and that which nine tenths of the days keep
// to, so that a series with heavy tails is not called unusual every month. While the week's shape is not
// known, that which all days keep to: a closed Sunday is a seventh of them.
double deviation(const Days& days, bool week_known) {
  Few<history_days> sizes;
  for (std::size_t i = 0; i < history_days; ++i) {
    if (days.known[i]) sizes.add(std::abs(days.value[i]));
  }
  const double tail = week_known ? quantile(sizes.all(), 0.9) / 1.645 : quantile(sizes.all(), 1) / 2;
  return std::max(1.4826 * median(sizes.all()), tail);
}

Days minus(Days days, double amount) {
  for (double& value : days.value) value -= amount;
  return days;
}

Days without_season(Days days, const std::array<double, week>& season) {
  for (std::size_t i = 0; i < history_days; ++i) days.value[i] -= season[i % week];
  return days;
}

double least_scale(double expected, bool counts) {
  return std::max({least_relative_noise * std::abs(expected), counts ? root_noise_of_counts : 0, 1e-9});
}

// The parts of a forecast may add up to less than there can be: a closed day's is none.
double within_reason(double expected, const Days& days, bool counts) {
  for (std::size_t i = 0; i < history_days; ++i)
    if (days.known[i] && days.value[i] < 0) return expected;
  constexpr double half_a_one = 0.7;  // its root
  return expected < (counts ? half_a_one : 0) ? 0 : expected;
}

double memory_of(const Days& days) {
  int pairs = 0, together = 0;
  double last = 0;
  for (std::size_t i = 0; i < history_days; ++i) {
    if (!days.known[i] || days.value[i] == 0) continue;
    if (last != 0) {
      ++pairs;
      together += (days.value[i] > 0) == (last > 0) ? 1 : -1;
    }
    last = days.value[i];
  }
  return pairs == 0 ? 0 : static_cast<double>(together) / pairs;
}

Forecast dense_forecast(Days days, bool counts, std::size_t newest) {
  const Days told = days;
  const double slope = slope_per_day(days);
  for (std::size_t i = 0; i < history_days; ++i) days.value[i] += slope * static_cast<double>(i + 1);
  const double middle = centre(days, 0, history_days);
  Days left = minus(days, middle);
  double season_here = 0, cost = 1 + 3.0 / days.count;
  const auto season = weekday_medians(left);
  if (season) {
    const Days seasonless = without_season(left, *season);
    if (mean_size(seasonless) * cost_of_season(days.count) < mean_size(left)) {
      left = seasonless;
      season_here = (*season)[this_weekday];
      cost = cost_of_season(days.count);
    }
  }
  Forecast result{.expected = within_reason(middle + season_here + centre(left, newest, newest + recent_days),
                                            told, counts),
                  .scale = deviation(left, season.has_value()) * cost,
                  .memory = memory_of(left)};
  result.scale = std::max(result.scale, least_scale(result.expected, counts));
  return result;
}

struct Zeros {
  int zeros = 0, all = 0;

  void add(const Zeros& more) { zeros += more.zeros, all += more.all; }
  double share() const { return static_cast<double>(zeros) / static_cast<double>(all); }
};

Zeros zeros_of(std::span<const double> values) {
  return {.zeros = static_cast<int>(std::count(values.begin(), values.end(), 0.0)),
          .all = static_cast<int>(values.size())};
}

// Weekdays that are mostly zero (closed on Sundays) are a season, not chance; and where the busy ones have
// none to speak of, the others' are a season, too: an odd order at a weekend makes no rare event of the week.
double share_of_zeros(const Days& days) {
  std::array<Few<weeks>, week> weekdays;
  std::array<double, week> medians{};
  for (std::size_t d = 0; d < week; ++d) {
    for (std::size_t i = d; i < history_days; i += week)
      if (days.known[i]) weekdays[d].add(days.value[i]);
    if (weekdays[d].size >= least_per_weekday) medians[d] = median(weekdays[d].all());
  }
  const double busiest = *std::max_element(medians.begin(), medians.end());
  Zeros open, busy;
  for (std::size_t d = 0; d < week; ++d) {
    const Zeros here = zeros_of(weekdays[d].all());
    if (here.zeros * 4 > here.all * 3) continue;
    open.add(here);
    if (medians[d] > 0 && medians[d] * 2 >= busiest) busy.add(here);
  }
  if (busy.all > 0 && busy.share() < usual_zeros) return busy.share();
  return open.all == 0 ? 1 : open.share();
}

// By nothing but the median. `sparse`: see Forecast; other days have a shape that is not known.
Forecast plain_forecast(const Days& days, bool counts, bool sparse) {
  const double middle = centre(days, 0, history_days);
  const double scale = deviation(minus(days, middle), sparse) * (1 + 3.0 / days.count);
  return {.expected = middle, .scale = std::max(scale, least_scale(middle, counts)), .sparse = sparse};
}

// A sale a week has no level: its days with sales are compared with each other. With fewer than it takes,
// what counts (failures, mostly) is compared with the largest of them.
std::optional<Forecast> sparse_forecast(Days days, bool counts) {
  constexpr int least_others = 5;
  double largest = 0;
  for (std::size_t i = 0; i < history_days; ++i) {
    if (!days.known[i]) continue;
    largest = std::max(largest, days.value[i]);
    if (days.value[i] != 0) continue;
    days.known[i] = false;
    --days.count;
  }
  if (days.count == 0 && counts) return Forecast{.expected = 0, .scale = root_noise_of_counts};
  if (days.count < least_others && counts)
    return Forecast{.expected = largest, .scale = least_scale(largest, counts), .sparse = true};
  if (days.count < least_others) return std::nullopt;
  return plain_forecast(days, counts, true);
}

}  // namespace

std::optional<Forecast> forecast(const History& history, bool counts, std::size_t in_question) {
  const Days days = known_days(history, in_question);
  if (days.count < least_days) {
    if (in_question > 0) return forecast(history, counts);
    // What is measured once a week has few values, but over five weeks; a young daily series has not.
    if (days.count < least_values || known_days(history, least_age).count == 0) return std::nullopt;
    return plain_forecast(days, counts, false);
  }
  if (share_of_zeros(days) >= usual_zeros) return sparse_forecast(days, counts);
  return dense_forecast(days, counts, in_question);
}

// Of all weekdays alike: that of the busy ones alone would be less by chance where all are quiet.
double chance_of_zero(const History& history, std::size_t run) {
  constexpr double least_days_before = 21;
  double zeros = 1, all = 1;
  for (std::size_t i = run; i < history_days; ++i) {
    all += history[i] ? 1 : 0;
    zeros += history[i] && history[i]->kept == 0 ? 1 : 0;
  }
  return all <= least_days_before ? 1 : zeros / all;
}

}  // namespace wf
