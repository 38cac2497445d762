#include "shared/sync/anomalies.hpp"

#include <algorithm>
#include <cmath>

#include "shared/analysis/daily_series.hpp"
#include "shared/analysis/words.hpp"
#include "shared/base/json_object.hpp"

namespace wf {
namespace {

struct Analysed {
  DailySeries series;
  SeriesReport report;
};

struct Analysis {
  std::vector<Analysed> all;
  std::optional<Day> as_of;
};

Result<Analysis> analyse_all(const Json& answer) {
  auto series = read_daily_series(answer);
  if (!series) return tl::unexpected(series.error());
  Analysis analysis;
  for (DailySeries& one : *series) {
    SeriesReport report = analyse(one);
    if (report.as_of) analysis.as_of = std::max(analysis.as_of.value_or(*report.as_of), *report.as_of);
    analysis.all.push_back({std::move(one), std::move(report)});
  }
  return analysis;
}

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

Json series_json(const Analysed& one) {
  Json anomalies = empty_list();
  for (const Anomaly& anomaly : one.report.anomalies) {
    anomalies.push_back(anomaly_json(anomaly, one.series.unit));
  }
  JsonObject json;
  if (!one.series.of.empty()) json.text("of", one.series.of);
  return json.text("id", one.series.id)
      .text("service", one.series.service)
      .text("label", one.series.label)
      .text("unit", one.series.unit)
      .json("anomalies", std::move(anomalies))
      .json("last_28", number_or_null(one.report.last_28))
      .json("previous_28", number_or_null(one.report.previous_28))
      .take();
}

}  // namespace

Result<Json> anomalies_answer(const Json& daily_series_answer) {
  const auto analysis = analyse_all(daily_series_answer);
  if (!analysis) return tl::unexpected(analysis.error());
  Json series = empty_list();
  std::int64_t found = 0;
  for (const Analysed& one : analysis->all) {
    series.push_back(series_json(one));
    found += static_cast<std::int64_t>(one.report.anomalies.size());
  }
  return JsonObject()
      .json("series", std::move(series))
      .number("found", found)
      .json("as_of", day_or_null(analysis->as_of))
      .take();
}

}  // namespace wf
