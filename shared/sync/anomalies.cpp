#include "shared/sync/anomalies.hpp"

#include <algorithm>
#include <cmath>

#include "shared/analysis/daily_series.hpp"
#include "shared/analysis/words.hpp"
#include "shared/sync/json_object.hpp"

namespace wf {
namespace {

constexpr std::size_t most_told = 5;  // anomalies of one series in a prompt

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
  return JsonObject()
      .text("day", format_day(one.day))
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
  Json anomalies = Json::array();
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

Json percent(double value, double expected) {
  const auto change = change_percent(value, expected);
  return change ? Json(*change) : Json();
}

Json spoken_json(double value, std::string_view unit) { return number(spoken(value, unit).value); }

Json told_anomaly(const Anomaly& one, const DailySeries& series) {
  return JsonObject()
      .text("id", series.id + "@" + format_day(one.day))
      .text("day", format_day(one.day))
      .text("kind", name(one.kind))
      .json("value", spoken_json(one.value, series.unit))
      .json("usual", spoken_json(one.expected, series.unit))
      .json("change_percent", percent(one.value, one.expected))
      .take();
}

Json fact(const Analysed& one) {
  const auto& [series, report] = one;
  Json anomalies = Json::array();
  const std::size_t count = report.anomalies.size();
  for (std::size_t i = count - std::min(count, most_told); i < count; ++i) {
    anomalies.push_back(told_anomaly(report.anomalies[i], series));
  }
  JsonObject json;
  if (report.last_28) {
    json.json("last_28", spoken_json(*report.last_28, series.unit))
        .json("previous_28", spoken_json(*report.previous_28, series.unit))
        .json("change_percent", percent(*report.last_28, *report.previous_28));
  }
  return json.text("id", series.id)
      .text("label", series.label)
      .text("unit", spoken(0, series.unit).unit)
      .json("anomalies", std::move(anomalies))
      .take();
}

}  // namespace

Result<Json> anomalies_answer(const Json& daily_series_answer) {
  const auto analysis = analyse_all(daily_series_answer);
  if (!analysis) return tl::unexpected(analysis.error());
  Json series = Json::array();
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

Result<Json> insight_facts(const Json& daily_series_answer) {
  const auto analysis = analyse_all(daily_series_answer);
  if (!analysis) return tl::unexpected(analysis.error());
  Json facts = Json::array();
  for (const Analysed& one : analysis->all) {
    if (one.report.last_28 || !one.report.anomalies.empty()) facts.push_back(fact(one));
  }
  return JsonObject().json("as_of", day_or_null(analysis->as_of)).json("facts", std::move(facts)).take();
}

}  // namespace wf
