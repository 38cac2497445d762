#include "shared/connectors/openai/facts.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shared/analysis/daily_series.hpp"
#include "shared/analysis/robust.hpp"
#include "shared/analysis/words.hpp"
#include "shared/base/json_object.hpp"
#include "shared/base/money.hpp"
#include "shared/base/text.hpp"

namespace wf::openai {
namespace {

constexpr std::int64_t period_days = 28;
constexpr std::size_t days_of_a_whole_period = 25;  // of 28, as for the page (daily_series.cpp)
constexpr std::size_t values_for_a_median = 3;
constexpr std::size_t most_unusual_days = 5;  // of one series

struct Unit {
  std::string name;
  double size = 1;  // what is divided by it to give `name`
};

double to_two_places(double value) { return std::round(value * 100) / 100; }
double to_one_place(double value) { return std::round(value * 10) / 10; }

// A whole number is written without a point.
Json as_number(double value) {
  constexpr double exact = 9007199254740992.0;
  if (std::trunc(value) == value && std::abs(value) < exact) return Json(static_cast<std::int64_t>(value));
  return Json(value);
}

Unit unit_of(const DailySeries& series) {
  const std::string_view unit = series.unit;
  if (unit == "score") return {"of 100", 0.01};
  if (unit == "bytes") return {"MB", 1e6};
  const std::size_t colon = unit.find(':');
  if (colon == std::string_view::npos) return {unit.empty() ? "count" : series.unit};
  Unit money{to_upper(unit.substr(colon + 1))};
  money.size = starts_with(unit, "micros:") ? 1e6 : static_cast<double>(smallest_per_whole(money.name));
  return money;
}

Day day_at(const DailySeries& series, std::int64_t i) { return series.first_day + std::chrono::days(i); }

// Known values of [from, to).
std::vector<double> known(const DailySeries& series, std::int64_t from, std::int64_t to) {
  std::vector<double> found;
  for (std::int64_t i = std::max<std::int64_t>(from, 0); i < to; ++i)
    if (const auto& value = series.values[static_cast<std::size_t>(i)]) found.push_back(*value);
  return found;
}

double total_of(const DailySeries& series, const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  if (series.kind == SeriesKind::level) sum /= static_cast<double>(values.size());
  return to_two_places(sum / unit_of(series).size);
}

void compare(JsonObject& fact, std::string_view with, double value, double other) {
  fact.json(with, as_number(other));
  if (other != 0)
    fact.json("change_percent", as_number(to_one_place((value - other) / std::abs(other) * 100)));
}

// The first day that is known: what lies before it was not recorded, which is not zero.
std::int64_t first_known(const DailySeries& series) {
  const auto found = std::find_if(series.values.begin(), series.values.end(),
                                  [](const auto& value) { return value.has_value(); });
  return found - series.values.begin();
}

JsonObject opening(const DailySeries& series, std::string id, std::string_view what) {
  JsonObject fact;
  fact.text("id", id).text("label", series.bare_label).text("what", what).text("unit", unit_of(series).name);
  if (is_better_lower(series.unit)) fact.text("better", "lower");
  return fact;
}

std::string day_id(const DailySeries& series, Day day) { return concat({series.id, "@", format_day(day)}); }

std::optional<Json> period_fact(const DailySeries& series) {
  auto end = static_cast<std::int64_t>(series.values.size());
  while (end > 0 && !series.values[static_cast<std::size_t>(end - 1)]) --end;
  const std::int64_t first = first_known(series);
  const std::int64_t begin = std::max(end - period_days, first);
  if (begin >= end) return std::nullopt;
  const auto values = known(series, begin, end);
  const double value = total_of(series, values);
  JsonObject fact = opening(series, series.id,
                            series.maturing ? "total of the days, the newest of which still grow"
                            : series.kind == SeriesKind::level ? "average of the days"
                                                               : "total of the days");
  fact.json("value", as_number(value));
  // Only a whole period compares with a whole one, and only what is complete.
  const auto before = known(series, begin - period_days, begin);
  if (!series.maturing && values.size() == before.size() && values.size() >= days_of_a_whole_period)
    compare(fact, "before", value, total_of(series, before));
  return fact.number("days", static_cast<std::int64_t>(values.size()))
      .text("from", format_day(day_at(series, begin)))
      .text("to", format_day(day_at(series, end - 1)))
      .take();
}

// What the detector found, as the page and the API tell it.
Json unusual_fact(const DailySeries& series, const Anomaly& anomaly) {
  const double size = unit_of(series).size;
  JsonObject fact = opening(series, day_id(series, anomaly.day),
                            anomaly.until                        ? "median of the days from `day` to `until`"
                            : anomaly.kind == AnomalyKind::shift ? "usual value since the day"
                                                                 : "unusual value of the day");
  const double value = to_two_places(anomaly.value / size);
  fact.json("value", as_number(value));
  compare(fact, "usual", value, to_two_places(anomaly.expected / size));
  if (anomaly.until) fact.text("until", format_day(*anomaly.until));
  return fact.text("day", format_day(anomaly.day)).take();
}

void add_unusual_days(Json& facts, const DailySeries& series) {
  const SeriesReport report = analyse(series);
  std::size_t left = most_unusual_days;
  for (auto one = report.anomalies.rbegin(); one != report.anomalies.rend() && left > 0; ++one, --left)
    if (*report.as_of - one->day < std::chrono::days(period_days))
      facts.push_back(unusual_fact(series, *one));
}

std::optional<Json> unusual_day(const DailySeries& series, Day day) {
  for (const Anomaly& anomaly : analyse(series).anomalies)
    if (anomaly.day == day) return unusual_fact(series, anomaly);
  return std::nullopt;
}

// A Sunday is compared with Sundays, as the detector does.
std::vector<double> same_weekdays_before(const DailySeries& series, std::int64_t at) {
  std::vector<double> values;
  for (std::int64_t back = 7; back <= period_days && back <= at; back += 7)
    if (const auto& value = series.values[static_cast<std::size_t>(at - back)]) values.push_back(*value);
  return values;
}

std::optional<Json> day_fact(const DailySeries& series, Day day) {
  const std::int64_t at = (day - series.first_day).count();
  if (at < 0 || at >= static_cast<std::int64_t>(series.values.size())) return std::nullopt;
  const auto& exact = series.values[static_cast<std::size_t>(at)];
  if (!exact) return std::nullopt;
  const double size = unit_of(series).size;
  const double value = to_two_places(*exact / size);
  JsonObject fact = opening(series, day_id(series, day), "value of the day");
  fact.json("value", as_number(value));
  auto before = same_weekdays_before(series, at);
  if (!series.maturing && before.size() >= values_for_a_median) {
    compare(fact, "usual", value, to_two_places(median(before) / size));
    fact.text("usual_is", "median of this weekday in the 4 weeks before");
  }
  return fact.text("day", format_day(day)).take();
}

}  // namespace

Json period_facts(const Json& daily, Day today) {
  Json facts = empty_list();
  auto all = read_daily_series(daily);
  if (!all) return facts;
  for (DailySeries& series : *all) {
    const auto over = std::max<std::int64_t>((today - series.first_day).count(), 0);
    series.values.resize(std::min(series.values.size(), static_cast<std::size_t>(over)));
    auto fact = period_fact(series);
    if (!fact) continue;
    facts.push_back(*std::move(fact));
    add_unusual_days(facts, series);
  }
  return facts;
}

Json day_facts(const Json& daily, std::string_view wanted, Day day) {
  Json facts = empty_list();
  Json others = empty_list();
  const auto all = read_daily_series(daily);
  if (!all) return facts;
  for (const DailySeries& series : *all) {
    const bool asked = series.id == wanted;
    auto fact = asked ? unusual_day(series, day) : day_fact(series, day);
    if (fact) (asked ? facts : others).push_back(*std::move(fact));
  }
  if (facts.empty()) return facts;
  for (Json& fact : others) facts.push_back(std::move(fact));
  return facts;
}

}  // namespace wf::openai
