#include "shared/analysis/words.hpp"

#include <algorithm>
#include <cmath>

#include "shared/base/money.hpp"
#include "shared/base/text.hpp"

namespace wf {
namespace {

constexpr double most_spoken = 1e15;  // whole numbers beyond are no longer exact

double power_of_ten(int exponent) {
  double result = 1;
  for (int i = 0; i < exponent; ++i) result *= 10;
  return result;
}

// "999,999 % above usual" is no news of what usually is next to nothing.
bool is_usually_none(const Anomaly& anomaly) {
  return std::abs(anomaly.expected) * 100 <= std::abs(anomaly.value);
}

std::string percent_words(double value, double expected, std::string_view less, std::string_view more) {
  const auto percent = change_percent(value, expected).value_or(0);
  return concat({decimal(std::abs(percent)), " % ", percent < 0 ? less : more});
}

std::string share_words(double value, double expected, std::string_view unit) {
  if (is_better_lower(unit)) return percent_words(value, expected, "better than usual", "worse than usual");
  const double factor = value / expected;
  if (factor >= 3 && expected > 0) {
    return words({.value = rounded(std::round(factor * (factor < 10 ? 10 : 1)) / (factor < 10 ? 10 : 1))}) +
           " times the usual";
  }
  return percent_words(value, expected, "below usual", "above usual");
}

}  // namespace

bool is_better_lower(std::string_view unit) { return unit == "position"; }

double rounded(double value) {
  const double size = std::abs(value);
  if (size >= most_spoken || size == 0 || !std::isfinite(value)) return value;
  double up = 1, down = 1;
  while (size * up < 100 && up < 1e9) up *= 10;
  while (size / down >= 1000) down *= 10;
  return std::round(value * up / down) * down / up;
}

Spoken spoken(double value, std::string_view unit) {
  if (starts_with(unit, "money:")) {
    const std::string_view currency = unit.substr(6);
    return {rounded(value / power_of_ten(currency_exponent(currency))), to_upper(currency)};
  }
  if (starts_with(unit, "micros:")) return {rounded(value / 1e6), to_upper(unit.substr(7))};
  if (unit == "bytes") return {rounded(value / 1e6), "MB"};
  if (unit == "score") return {rounded(value * 100), "of 100"};
  return {rounded(value), unit == "ms" ? "ms" : ""};
}

std::string words(const Spoken& number) {
  const double size = std::min(std::abs(number.value), most_spoken);
  auto whole = static_cast<std::int64_t>(size);
  auto hundredths = static_cast<std::int64_t>(std::round((size - static_cast<double>(whole)) * 100));
  if (hundredths == 100) {
    hundredths = 0;
    ++whole;
  }
  std::string text = number.value < 0 ? "-" : "";
  text += group_digits(whole);
  if (hundredths > 0) {
    text += hundredths < 10 ? ".0" : ".";
    text += decimal(hundredths % 10 == 0 ? hundredths / 10 : hundredths);
  }
  if (!number.unit.empty()) text.append(" ").append(number.unit);
  return text;
}

std::optional<std::int64_t> change_percent(double value, double expected) {
  if (expected == 0) return std::nullopt;
  const double percent = (value / expected - 1) * 100 * (expected < 0 ? -1 : 1);
  return static_cast<std::int64_t>(std::round(std::clamp(percent, -999'999.0, 999'999.0)));
}

std::string describe(const Anomaly& anomaly, std::string_view unit) {
  std::string when = (anomaly.until                        ? " from "
                      : anomaly.kind == AnomalyKind::shift ? " since "
                                                           : " on ") +
                     format_short_day(anomaly.day);
  if (anomaly.until) when += " to " + format_short_day(*anomaly.until);
  if (is_usually_none(anomaly)) return "usually none, " + words(spoken(anomaly.value, unit)) + when;
  return share_words(anomaly.value, anomaly.expected, unit) + when;
}

std::string sentence(std::string_view label, const Anomaly& anomaly, std::string_view unit) {
  return std::string(label) + (is_usually_none(anomaly) ? ": " : " ") + describe(anomaly, unit);
}

std::string comparison(const Anomaly& anomaly, std::string_view unit) {
  // There is no tenth of a mail.
  const auto bound = [&](double value) { return spoken(unit == "count" ? std::round(value) : value, unit); };
  const std::string high = words(bound(anomaly.high));
  if (is_usually_none(anomaly)) return "up to " + high + " is usual";
  return words(spoken(anomaly.value, unit)) + ", usually " + words({.value = bound(anomaly.low).value}) +
         " to " + high;
}

}  // namespace wf
