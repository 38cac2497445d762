#include "shared/analysis/daily_series.hpp"

#include <catch_amalgamated.hpp>

namespace {

using namespace wf;

DailySeries series_of(std::size_t days, double value, SeriesKind kind = SeriesKind::sum) {
  return {.id = "x",
          .unit = "count",
          .kind = kind,
          .first_day = *parse_day("2026-09-01"),
          .values = std::vector<std::optional<double>>(days, value)};
}

Result<std::vector<DailySeries>> read(std::string_view text) {
  return read_daily_series(*parse_json(text, "test"));
}

}  // namespace

TEST_CASE("a series is read as it was sent") {
  const auto all = read(R"({"series":[{"id":"search_console.clicks","service":"search_console",
    "label":"Search clicks","unit":"count","kind":"sum","first_day":"2026-08-27","values":[12,null,3.5,
    18446744073709551615]}]})");
  REQUIRE(all.has_value());
  REQUIRE(all->size() == 1);
  const DailySeries& one = all->front();
  CHECK(one.id == "search_console.clicks");
  CHECK(one.label == "Search clicks");
  CHECK(one.kind == SeriesKind::sum);
  CHECK(format_day(one.first_day) == "2026-08-27");
  CHECK(one.values == std::vector<std::optional<double>>{12, std::nullopt, 3.5, 18446744073709551615.0});
}

TEST_CASE("of several parts each says whose it is, of one none does") {
  const auto all = read(R"({"series":[
    {"id":"a","service":"search_console","label":"Clicks","of":"sc-domain:a.example","first_day":"2026-08-27","values":[]},
    {"id":"b","service":"search_console","label":"Clicks","of":"https://b.example/shop/","first_day":"2026-08-27","values":[]},
    {"id":"c","service":"search_console","label":"Position","of":"sc-domain:a.example","first_day":"2026-08-27","values":[]},
    {"id":"d","service":"google_ads","label":"Clicks","of":"1234567890","first_day":"2026-08-27","values":[]}]})");
  REQUIRE(all.has_value());
  std::vector<std::string> labels;
  for (const DailySeries& series : *all) labels.push_back(series.label);
  CHECK(labels ==
        std::vector<std::string>{"Clicks of a.example", "Clicks of b.example/shop/", "Position", "Clicks"});
}

TEST_CASE("what still grows says so") {
  const auto all = read(R"({"series":[
    {"id":"a","first_day":"2026-08-27","maturing":true,"values":[]},
    {"id":"b","first_day":"2026-08-27","maturing":false,"values":[]},
    {"id":"c","first_day":"2026-08-27","values":[]}]})");
  REQUIRE(all.has_value());
  CHECK((*all)[0].maturing);
  CHECK_FALSE((*all)[1].maturing);
  CHECK_FALSE((*all)[2].maturing);
}

TEST_CASE("what is no series is refused by name") {
  CHECK(read("{}").error().message == "daily_series: no series");
  CHECK(read(R"({"series":[{}]})").error().message == "daily_series: missing id");
  CHECK(read(R"({"series":[{"id":"a","values":[]}]})").error().message == "daily_series a: no first_day");
  CHECK(read(R"({"series":[{"id":"a","first_day":"2026-01-01"}]})").error().message ==
        "daily_series a: no values");
  CHECK(read(R"({"series":[{"id":"a","first_day":"2026-01-01","values":["7"]}]})").error().message ==
        "daily_series a: a value is a string");
}

TEST_CASE("two periods of 28 days are compared, up to the last known day") {
  DailySeries series = series_of(70, 10);
  series.values[69] = series.values[68] = std::nullopt;
  for (std::size_t i = 40; i < 68; ++i) series.values[i] = 15;
  const auto report = analyse(series);
  CHECK(report.as_of == *parse_day("2026-09-01") + std::chrono::days(67));
  CHECK(*report.last_28 == Catch::Approx(28 * 15));
  CHECK(*report.previous_28 == Catch::Approx(280));
}

TEST_CASE("two followers more of a dozen are no lasting change, whatever the kind of their series") {
  for (const SeriesKind kind : {SeriesKind::level, SeriesKind::sum}) {
    DailySeries series = series_of(90, 12, kind);
    for (std::size_t i = 60; i < 90; ++i) series.values[i] = 14;
    CHECK(analyse(series).anomalies.empty());
  }
}

TEST_CASE("a level has a mean, and a sum's few missing days count as the others do") {
  CHECK(*analyse(series_of(60, 0.9, SeriesKind::level)).last_28 == Catch::Approx(0.9));
  DailySeries series = series_of(60, 10);
  for (const std::size_t i : {40U, 41U, 42U}) series.values[i] = std::nullopt;
  CHECK(*analyse(series).last_28 == Catch::Approx(280));
  series.values[43] = std::nullopt;
  CHECK_FALSE(analyse(series).last_28);
  CHECK_FALSE(analyse(series).previous_28);
}

TEST_CASE("what still grows is not compared with what has grown") {
  DailySeries series = series_of(90, 10);
  for (std::size_t i = 70; i < 90; ++i) series.values[i] = 1;
  REQUIRE(analyse(series).last_28);
  REQUIRE_FALSE(analyse(series).anomalies.empty());
  series.maturing = true;
  CHECK(analyse(series).as_of == *parse_day("2026-09-01") + std::chrono::days(89));
  CHECK_FALSE(analyse(series).last_28);
  CHECK_FALSE(analyse(series).previous_28);
  CHECK(analyse(series).anomalies.empty());
}

TEST_CASE("too short or empty a series has neither period") {
  CHECK_FALSE(analyse(series_of(55, 10)).last_28);
  CHECK_FALSE(analyse(series_of(0, 10)).as_of);
}
