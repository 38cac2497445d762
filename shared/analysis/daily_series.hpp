#pragma once
// The workspaces' daily series, as public.daily_series gives them, and what is found in one.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/analysis/detector.hpp"
#include "shared/base/json.hpp"

namespace wf {

// Of a sum days may be added up; of a level (a score, a position) they may not.
enum class SeriesKind : std::uint8_t { sum, level };

struct DailySeries {
  std::string id;          // stable: search_console.clicks, stripe.net_charges.eur
  std::string service;     // of the catalogue
  std::string label;       // Search clicks; where several parts have them: Search clicks of example.com
  std::string bare_label;  // Search clicks: names no address
  std::string unit;        // count, score, ms, bytes, position, money:eur (minor units), micros:eur
  std::string of;          // what part of the service: a Search Console property; mostly empty
  SeriesKind kind = SeriesKind::sum;
  bool maturing = false;  // its days grow for weeks: nothing is to be made of newer ones being lower
  Day first_day{};
  std::vector<std::optional<double>> values;  // one a day; none: no row, or not final yet
};

// `answer`: {"series": [...]}. Errors: data; a value that is no number, or 10,000 days and more.
Result<std::vector<DailySeries>> read_daily_series(const Json& answer);

struct SeriesReport {
  std::vector<Anomaly> anomalies;  // oldest first
  std::optional<Day> as_of;        // the last day with a value
  // The 28 days that end with as_of and the 28 before: a sum's total, a level's mean. Only where both
  // have 25 days; a sum's missing days count as its others do on average.
  std::optional<double> last_28, previous_28;
};

// Of a series that is maturing only as_of.
SeriesReport analyse(const DailySeries& series);

}  // namespace wf
