// The same vectors for every build: natively, in the Worker's wasm and in the page's wasm. After a
// change that is meant: analysis_test '[write]' prints what belongs into tests/golden/anomalies.json.

#include <catch_amalgamated.hpp>
#include <iostream>

#include "tests/project_files.hpp"
#include "tests/shared/analysis/made_series.hpp"

namespace {

using namespace wf;

constexpr double tolerance = 1e-9;

Json read_golden() {
  const auto parsed = parse_json(project_files::read("tests/golden/anomalies.json"), "golden vectors");
  REQUIRE(parsed.has_value());
  return *parsed;
}

Json to_json(const Anomaly& one) {
  Json json = {{"day", format_day(one.day)}, {"kind", name(one.kind)}, {"value", one.value},
               {"expected", one.expected},   {"low", one.low},         {"high", one.high},
               {"score", one.score}};
  if (one.until) json["until"] = format_day(*one.until);
  return json;
}

Json answer_of(const DailySeries& series) {
  const SeriesReport report = analyse(series);
  Json anomalies = Json::array();
  for (const auto& one : report.anomalies) anomalies.push_back(to_json(one));
  return {{"anomalies", anomalies},
          {"last_28", report.last_28 ? Json(*report.last_28) : Json()},
          {"previous_28", report.previous_28 ? Json(*report.previous_28) : Json()}};
}

void check_same(const Json& got, const Json& wanted) {
  INFO(dump(got) << ", expected " << dump(wanted));
  REQUIRE(got.size() == wanted.size());
  if (wanted.is_number()) {
    CHECK(*as_double(got) == Catch::Approx(*as_double(wanted)).epsilon(tolerance).margin(1e-12));
  } else if (wanted.is_structured()) {
    for (const auto& [key, value] : wanted.items()) {
      check_same(wanted.is_array() ? got[std::stoul(key)] : got[key], value);
    }
  } else {
    CHECK(got == wanted);
  }
}

// Amounts a person can read: the vectors hold the values themselves, not how they were made.
Json written(DailySeries series, std::string_view name, std::string_view unit) {
  Json values = Json::array();
  for (auto& value : series.values) {
    if (value) value = static_cast<double>(static_cast<std::int64_t>(*value));
    values.push_back(value ? Json(static_cast<std::int64_t>(*value)) : Json());
  }
  series.unit = unit;
  return {{"id", name},
          {"unit", unit},
          {"kind", series.kind == SeriesKind::level ? "level" : "sum"},
          {"first_day", format_day(series.first_day)},
          {"values", values},
          {"expect", answer_of(series)}};
}

DailySeries planted(test::Recipe recipe, std::uint64_t seed) {
  recipe.days = 120;
  DailySeries series = test::make(recipe, seed);
  series.values[60] = 0;
  series.values[75] = series.values[75].value_or(1) * 4;
  for (std::size_t i = 100; i < series.values.size(); ++i)
    series.values[i] = series.values[i].value_or(0) * 0.4;
  return series;
}

}  // namespace

TEST_CASE("every build finds the same in the golden vectors") {
  const Json cases = read_golden();
  const auto all = read_daily_series(Json{{"series", cases}});
  REQUIRE(all.has_value());
  REQUIRE(all->size() >= 8);
  std::size_t found = 0;
  for (std::size_t i = 0; i < all->size(); ++i) {
    INFO((*all)[i].id);
    const Json answer = answer_of((*all)[i]);
    check_same(answer, cases[i]["expect"]);
    found += answer["anomalies"].size();
  }
  CHECK(found >= 15);
}

TEST_CASE("print the golden vectors", "[.write]") {
  Json cases = Json::array();
  cases.push_back(written(planted({}, 1), "steady", "count"));
  cases.push_back(written(planted({.weekend = 0.4}, 2), "week", "count"));
  cases.push_back(written(planted({.weekend = 0.4, .gaps = 0.15}, 3), "week with gaps", "count"));
  cases.push_back(written(planted({.growth_per_day = 0.01, .weekend = 0.6}, 4), "growing", "count"));
  cases.push_back(written(planted({.level = 4, .zeros = 0.5}, 5), "rare", "count"));
  cases.push_back(written(planted({.level = 80'000, .weekend = 0.3, .noise = 0.15, .counts = false}, 6),
                          "money", "money:eur"));
  cases.push_back(written(planted({.level = 5000, .noise = 0.4, .counts = false, .zeros = 0.5}, 7),
                          "rare money", "money:eur"));
  cases.push_back(written(planted({.level = 9e15, .counts = false}, 8), "64 bits", "micros:eur"));
  cases.push_back(written(planted({.level = 0, .counts = false}, 9), "zeros", "ms"));
  DailySeries over = test::make({.days = 120, .weekend = 0.4}, 10);
  for (std::size_t i = 60; i < 67; ++i) over.values[i] = 0;
  for (std::size_t i = 90; i < 97; ++i) over.values[i] = over.values[i].value_or(0) * 3;
  cases.push_back(written(over, "closed, and a campaign", "count"));
  std::cout << dump(cases) << '\n';
}
