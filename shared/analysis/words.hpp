#pragma once
// Numbers of a series as a person says them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shared/analysis/detector.hpp"

namespace wf {

// Of a position among search results, 3 is better than 9: fewer is no fall.
bool is_better_lower(std::string_view unit);

// Three significant digits, whole below a thousand if it was whole: 12,847 is 12,800, 4.561 is 4.56.
double rounded(double value);

// In the unit that is spoken of: money:eur and micros:eur become EUR, bytes become MB, a score of 0 to 1
// becomes one of 100. Rounded; unit is '' where the label says what is counted.
struct Spoken {
  double value = 0;
  std::string unit;
};
Spoken spoken(double value, std::string_view unit);
std::string words(const Spoken& number);  // "12,800", "1,280 EUR", "4.56"

// By how much more (or less, then negative) than what was expected; none where that was zero.
std::optional<std::int64_t> change_percent(double value, double expected);

// "62 % below usual on 21 Nov", "3 times the usual since 3 Nov", "usually none, 40 on 21 Nov"; of what is
// over "100 % below usual from 3 Nov to 9 Nov"; of a position "45 % better than usual on 21 Nov"
std::string describe(const Anomaly& anomaly, std::string_view unit);

// "Search clicks 62 % below usual on 21 Nov"
std::string sentence(std::string_view label, const Anomaly& anomaly, std::string_view unit);
// What it rests on: "380, usually 900 to 1,100"; of what usually is none "up to 5 is usual"
std::string comparison(const Anomaly& anomaly, std::string_view unit);

}  // namespace wf
