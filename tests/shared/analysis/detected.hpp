#pragma once
// Days in the order they come, from a Monday on, and what the detector finds in them.

#include <optional>
#include <vector>

#include "shared/analysis/detector.hpp"

namespace wf::test {

using Values = std::vector<std::optional<double>>;

inline std::vector<Anomaly> detect(const Values& values, bool counts = true) {
  Detector detector(counts);
  Day day = *parse_day("2026-01-05");
  for (const auto& value : values) {
    detector.add(day, value);
    day += std::chrono::days(1);
  }
  return detector.anomalies();
}

inline Values weeks(std::size_t count, const std::vector<double>& week) {
  Values values;
  for (std::size_t i = 0; i < count * week.size(); ++i) values.emplace_back(week[i % week.size()]);
  return values;
}

inline Values with(Values values, std::size_t place, double value) {
  values.at(place) = value;
  return values;
}

inline long place_of(const Anomaly& anomaly) { return (anomaly.day - *parse_day("2026-01-05")).count(); }

// Of what is over; of what is not, -1.
inline long last_of(const Anomaly& anomaly) {
  return anomaly.until ? (*anomaly.until - *parse_day("2026-01-05")).count() : -1;
}

}  // namespace wf::test
