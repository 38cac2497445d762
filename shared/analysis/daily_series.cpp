#include "shared/analysis/daily_series.hpp"

#include <algorithm>
#include <limits>

#include "shared/base/text.hpp"

namespace wf {
namespace {

constexpr std::size_t most_days = 10'000;
constexpr std::size_t period_days = 28;
constexpr std::size_t complete_enough = 25;

Result<std::vector<std::optional<double>>> read_values(const Json& series, std::string_view who) {
  const Json* list = find_array(series, "values");
  if (list == nullptr || list->size() >= most_days) return fail(ErrorKind::data, {who, ": no values"});
  std::vector<std::optional<double>> values;
  values.reserve(list->size());
  for (const Json& item : elements(*list)) {
    const auto value = as_double(item);
    if (!value && !item.is_null()) return fail(ErrorKind::data, {who, ": a value is ", type_name(item)});
    values.push_back(value);
  }
  return values;
}

Result<DailySeries> read_one(const Json& json) {
  const auto id = require_string(json, "id", "daily_series");
  if (!id) return tl::unexpected(id.error());
  const std::string who = concat({"daily_series ", *id});
  const auto day = parse_day(find_text(json, "first_day"));
  if (!day) return fail(ErrorKind::data, {who, ": no first_day"});
  auto values = read_values(json, who);
  if (!values) return tl::unexpected(values.error());
  return DailySeries{.id = *id,
                     .service = text_in(json, "service"),
                     .label = find_string(json, "label").value_or(*id),
                     .bare_label = find_string(json, "label").value_or(*id),
                     .unit = text_in(json, "unit"),
                     .of = text_in(json, "of"),
                     .kind = find_text(json, "kind") == "level" ? SeriesKind::level : SeriesKind::sum,
                     .maturing = is_true(json, "maturing"),
                     .first_day = *day,
                     .values = std::move(*values)};
}

std::string label_among(const DailySeries& series, const std::vector<DailySeries>& all) {
  const auto alike = std::count_if(all.begin(), all.end(), [&](const DailySeries& other) {
    return other.service == series.service && other.label == series.label;
  });
  if (alike < 2 || series.of.empty()) return series.label;
  std::string_view of = series.of;
  for (const std::string_view scheme : {"sc-domain:", "https://", "http://"})
    if (starts_with(of, scheme)) of.remove_prefix(scheme.size());
  return concat({series.label, " of ", of});
}

void tell_apart(std::vector<DailySeries>& all) {
  std::vector<std::string> labels;
  labels.reserve(all.size());
  for (const DailySeries& series : all) labels.push_back(label_among(series, all));
  for (std::size_t i = 0; i < all.size(); ++i) all[i].label = std::move(labels[i]);
}

// `end` is the place after the period's last day.
std::optional<double> mean_of_period(const DailySeries& series, std::size_t end) {
  if (end < period_days) return std::nullopt;
  double sum = 0;
  std::size_t known = 0;
  for (std::size_t i = end - period_days; i < end; ++i) {
    sum += series.values[i].value_or(0);
    if (series.values[i]) ++known;
  }
  if (known < complete_enough) return std::nullopt;
  constexpr double largest = std::numeric_limits<double>::max() / period_days;
  return std::clamp(sum, -largest, largest) / static_cast<double>(known);
}

void compare_periods(const DailySeries& series, std::size_t end, SeriesReport& report) {
  if (end < 2 * period_days || series.maturing) return;
  const auto last = mean_of_period(series, end), previous = mean_of_period(series, end - period_days);
  if (!last || !previous) return;
  const double days = series.kind == SeriesKind::sum ? period_days : 1;
  report.last_28 = *last * days;
  report.previous_28 = *previous * days;
}

}  // namespace

Result<std::vector<DailySeries>> read_daily_series(const Json& answer) {
  const Json* list = find_array(answer, "series");
  if (list == nullptr) return fail(ErrorKind::data, {"daily_series: no series"});
  std::vector<DailySeries> all;
  all.reserve(list->size());
  for (const Json& json : elements(*list)) {
    auto series = read_one(json);
    if (!series) return tl::unexpected(series.error());
    all.push_back(std::move(*series));
  }
  tell_apart(all);
  return all;
}

SeriesReport analyse(const DailySeries& series) {
  SeriesReport report;
  Detector detector(series.unit == "count");
  std::size_t end = 0;
  for (std::size_t i = 0; i < series.values.size(); ++i) {
    const Day day = series.first_day + std::chrono::days(i);
    if (!series.maturing) detector.add(day, series.values[i]);
    if (!series.values[i]) continue;
    report.as_of = day;
    end = i + 1;
  }
  report.anomalies = detector.anomalies();
  compare_periods(series, end, report);
  return report;
}

}  // namespace wf
