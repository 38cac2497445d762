#include "shared/connectors/openai/facts.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/money.hpp"
#include "shared/base/text.hpp"
#include "shared/sync/json_object.hpp"

namespace wf::openai {
namespace {

constexpr std::int64_t period_days = 28;
constexpr std::size_t values_for_a_median = 7;

struct Series {
  std::string id;
  std::string label;
  std::string unit;
  double per_unit = 1;  // what is divided by it to give `unit`
  bool is_level = false;
  Day first_day;
  std::vector<std::optional<double>> values;

  Day day_at(std::int64_t i) const { return first_day + std::chrono::days(i); }
};

double to_two_places(double value) { return std::round(value * 100) / 100; }
double to_one_place(double value) { return std::round(value * 10) / 10; }

// A whole number is written without a point.
Json as_number(double value) {
  constexpr double exact = 9007199254740992.0;
  if (std::trunc(value) == value && std::abs(value) < exact) return Json(static_cast<std::int64_t>(value));
  return Json(value);
}

void read_unit(Series& series, std::string_view unit) {
  const std::size_t colon = unit.find(':');
  series.unit = std::string(unit);
  if (unit == "ratio") {
    series.unit = "percent";
    series.per_unit = 0.01;
  } else if (unit == "bytes") {
    series.unit = "MB";
    series.per_unit = 1e6;
  } else if (colon != std::string_view::npos) {
    series.unit = to_upper(unit.substr(colon + 1));
    series.per_unit = starts_with(unit, "micros:") ? 1e6 : std::pow(10.0, currency_exponent(series.unit));
  }
}

std::optional<Series> read_series(const Json& json) {
  const Json* values = find_array(json, "values");
  const auto first_day = parse_day(find_string(json, "first_day").value_or(""));
  if (!values || !first_day) return std::nullopt;
  Series series{.id = find_string(json, "id").value_or(""),
                .label = find_string(json, "label").value_or(""),
                .is_level = find_string(json, "kind") == "level",
                .first_day = *first_day};
  read_unit(series, find_string(json, "unit").value_or("count"));
  for (const Json& value : *values) series.values.push_back(as_double(value));
  return series;
}

std::vector<Series> read_all(const Json& daily) {
  std::vector<Series> all;
  const Json* list = find_array(daily, "series");
  if (!list) return all;
  for (const Json& json : *list)
    if (auto series = read_series(json)) all.push_back(*std::move(series));
  return all;
}

// Known values of [from, to).
std::vector<double> known(const Series& series, std::int64_t from, std::int64_t to) {
  std::vector<double> found;
  for (std::int64_t i = std::max<std::int64_t>(from, 0); i < to; ++i)
    if (const auto& value = series.values[static_cast<std::size_t>(i)]) found.push_back(*value);
  return found;
}

double total_of(const Series& series, const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  if (series.is_level) sum /= static_cast<double>(values.size());
  return to_two_places(sum / series.per_unit);
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

void compare(JsonObject& fact, std::string_view with, double value, double other) {
  fact.json(with, as_number(other));
  if (other != 0)
    fact.json("change_percent", as_number(to_one_place((value - other) / std::abs(other) * 100)));
}

// The first day that is known: what lies before it was not recorded, which is not zero.
std::int64_t first_known(const Series& series) {
  const auto found = std::find_if(series.values.begin(), series.values.end(),
                                  [](const auto& value) { return value.has_value(); });
  return found - series.values.begin();
}

JsonObject opening(const Series& series, std::string id, std::string_view what) {
  JsonObject fact;
  fact.text("id", id).text("label", series.label).text("what", what).text("unit", series.unit);
  return fact;
}

std::optional<Json> period_fact(const Series& series, Day today) {
  std::int64_t end = std::min<std::int64_t>(static_cast<std::int64_t>(series.values.size()),
                                            (today - series.first_day).count());
  while (end > 0 && !series.values[static_cast<std::size_t>(end - 1)]) --end;
  const std::int64_t first = first_known(series);
  const std::int64_t begin = std::max(end - period_days, first);
  if (begin >= end) return std::nullopt;
  const double value = total_of(series, known(series, begin, end));
  JsonObject fact = opening(series, series.id, series.is_level ? "average of the days" : "total of the days");
  fact.json("value", as_number(value));
  // Only a whole period compares with a whole one.
  const auto before = known(series, begin - period_days, begin);
  if (first <= begin - period_days && !before.empty())
    compare(fact, "before", value, total_of(series, before));
  return fact.number("days", end - begin)
      .text("from", format_day(series.day_at(begin)))
      .text("to", format_day(series.day_at(end - 1)))
      .take();
}

std::optional<Json> day_fact(const Series& series, Day day) {
  const std::int64_t at = (day - series.first_day).count();
  if (at < 0 || at >= static_cast<std::int64_t>(series.values.size())) return std::nullopt;
  const auto& exact = series.values[static_cast<std::size_t>(at)];
  if (!exact) return std::nullopt;
  const double value = to_two_places(*exact / series.per_unit);
  JsonObject fact = opening(series, series.id + "@" + format_day(day), "value of the day");
  fact.json("value", as_number(value));
  const auto before = known(series, at - period_days, at);
  if (before.size() >= values_for_a_median) {
    compare(fact, "usual", value, to_two_places(median_of(before) / series.per_unit));
    fact.text("usual_is", "median of the days before").number("days", period_days);
  }
  return fact.text("day", format_day(day)).take();
}

}  // namespace

Json period_facts(const Json& daily, Day today) {
  Json facts = Json::array();
  for (const Series& series : read_all(daily))
    if (auto fact = period_fact(series, today)) facts.push_back(*std::move(fact));
  return facts;
}

Json day_facts(const Json& daily, std::string_view wanted, Day day) {
  Json facts = Json::array();
  Json others = Json::array();
  for (const Series& series : read_all(daily))
    if (auto fact = day_fact(series, day)) (series.id == wanted ? facts : others).push_back(*std::move(fact));
  if (facts.empty()) return facts;
  for (Json& fact : others) facts.push_back(std::move(fact));
  return facts;
}

}  // namespace wf::openai
