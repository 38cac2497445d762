#include "shared/sync/anomalies.hpp"

#include <algorithm>
#include <cmath>

#include "shared/analysis/daily_series.hpp"
#include "shared/analysis/words.hpp"
#include "shared/base/json_object.hpp"

namespace wf {
namespace {

Json day_or_null(std::optional<Day> day) { return day ? Json(format_day(*day)) : Json(); }

// A whole number is written as one: 12, not 12.0.
Json number(double value) {
  constexpr double most = static_cast<double>(most_exact_integer);
  if (std::abs(value) <= most && value == std::floor(value)) return Json(static_cast<std::int64_t>(value));
  return Json(value);
}

Json number_or_null(std::optional<double> value) { return value ? number(*value) : Json(); }

Json anomaly_json(const Anomaly& one, std::string_view unit) {
  JsonObject json;
  if (one.until) json.text("until", format_day(*one.until));
  return json.text("day", format_day(one.day))
      .text("kind", name(one.kind))
      .json("value", number(one.value))
      .json("expected", number(one.expected))
      .json("low", number(one.low))
      .json("high", number(one.high))
      .json("score", number(one.score))
      .text("words", describe(one, unit))
      .take();
}

Json series_json(const DailySeries& series, const SeriesReport& report) {
  Json anomalies = empty_list();
  for (const Anomaly& anomaly : report.anomalies) anomalies.push_back(anomaly_json(anomaly, series.unit));
  JsonObject json;
  if (!series.of.empty()) json.text("of", series.of);
  return json.text("id", series.id)
      .text("service", series.service)
      .text("label", series.label)
      .text("unit", series.unit)
      .json("anomalies", std::move(anomalies))
      .json("last_28", number_or_null(report.last_28))
      .json("previous_28", number_or_null(report.previous_28))
      .take();
}

}  // namespace

Result<Json> anomalies_answer(const Json& daily_series_answer) {
  const auto all = read_daily_series(daily_series_answer);
  if (!all) return tl::unexpected(all.error());
  Json told = empty_list();
  std::int64_t found = 0;
  std::optional<Day> as_of;
  for (const DailySeries& series : *all) {
    const SeriesReport report = analyse(series);
    told.push_back(series_json(series, report));
    found += static_cast<std::int64_t>(report.anomalies.size());
    if (report.as_of) as_of = std::max(as_of.value_or(*report.as_of), *report.as_of);
  }
  return JsonObject()
      .json("series", std::move(told))
      .number("found", found)
      .json("as_of", day_or_null(as_of))
      .take();
}

}  // namespace wf
