#include "shared/analysis/detector.hpp"

#include <algorithm>
#include <catch_amalgamated.hpp>
#include <cmath>
#include <functional>
#include <limits>

#include "shared/analysis/words.hpp"
#include "shared/base/text.hpp"
#include "tests/shared/analysis/detected.hpp"
#include "tests/shared/analysis/made_series.hpp"

namespace {

using namespace wf;
using namespace wf::test;

bool is_finite(const Anomaly& anomaly) {
  return std::isfinite(anomaly.value) && std::isfinite(anomaly.expected) && std::isfinite(anomaly.low) &&
         std::isfinite(anomaly.high) && std::isfinite(anomaly.score) && anomaly.score >= 0;
}

}  // namespace

TEST_CASE("nothing, and nothing but unknown days, have no unusual one") {
  CHECK(detect({}).empty());
  CHECK(detect(Values(400)).empty());
  CHECK(detect({std::nan(""), std::numeric_limits<double>::infinity()}).empty());
}

TEST_CASE("nothing is judged before there are two weeks to compare with") {
  CHECK(detect(with(Values(14, 100.0), 13, 9000)).empty());
  const auto found = detect(with(Values(15, 100.0), 14, 9000));
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == AnomalyKind::spike);
  CHECK(found[0].expected == Catch::Approx(100));
  CHECK(found[0].value == Catch::Approx(9000));
  CHECK(found[0].low < 100);
  CHECK(found[0].high > 100);
  CHECK(found[0].high < 9000);
}

TEST_CASE("a constant series may move a little, and returns without a word") {
  CHECK(detect(with(weeks(140, {0.92}), 100, 0.90), false).empty());
  const auto found = detect(with(weeks(140, {0.92}), 100, 0.40), false);
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == AnomalyKind::drop);
  CHECK(place_of(found[0]) == 100);
}

TEST_CASE("a day is compared with its own weekday") {
  const std::vector<double> week{500, 520, 510, 505, 480, 60, 40};
  CHECK(detect(weeks(20, week)).empty());
  // usual on a Monday, and far too much for a Sunday
  const auto found = detect(with(weeks(20, week), 7 * 15 + 6, 500));
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == AnomalyKind::spike);
  CHECK(found[0].expected == Catch::Approx(40).epsilon(0.1));
}

TEST_CASE("closed on Sundays is a week, not chance: an empty Tuesday is a drop") {
  const std::vector<double> week{90, 80, 85, 95, 100, 70, 0};
  CHECK(detect(weeks(20, week)).empty());
  const auto found = detect(with(weeks(20, week), 7 * 15 + 1, 0));
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == AnomalyKind::drop);
  CHECK(place_of(found[0]) == 7 * 15 + 1);
}

TEST_CASE("on a day that is closed one expects none, never less") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    for (const bool counts : {true, false}) {
      DailySeries made = test::make({.level = counts ? 40.0 : 9000.0, .noise = 0.2, .counts = counts}, seed);
      for (std::size_t i = 6; i < made.values.size(); i += 7) made.values[i] = 0;
      const std::size_t sunday = 7 * 15 + 6;
      made.values[sunday] = counts ? 40 : 9000;
      const auto found = detect(made.values, counts);
      const auto on_sunday = std::find_if(found.begin(), found.end(), [&](const Anomaly& one) {
        return place_of(one) == static_cast<long>(sunday);
      });
      INFO(seed);
      REQUIRE(on_sunday != found.end());
      CHECK(on_sunday->expected >= 0);
      CHECK(on_sunday->low >= 0);
      CHECK(starts_with(describe(*on_sunday, counts ? "count" : "money:eur"), "usually none, "));
    }
  }
}

TEST_CASE("what comes every two, three or four weeks is told twice, and anything else on its day again") {
  for (const std::size_t period : {14u, 21u, 28u}) {
    Values values = weeks(26, {8, 9, 7, 8, 10, 6, 8});
    for (std::size_t i = 15; i < values.size(); i += period) values[i] = 2000 + static_cast<double>(i);
    auto found = detect(values);
    INFO("every " << period << " days");
    REQUIRE(found.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) CHECK(place_of(found[i]) == static_cast<long>(15 + i * period));
    const std::size_t next = 15 + 4 * period;
    for (const auto& [place, value] :
         {std::pair{next, 20'000}, {next - 1, 2000}, {next, 100}, {next, -2000}}) {
      found = detect(with(values, place, value));
      REQUIRE(found.size() >= 3);
      CHECK(place_of(found[2]) == static_cast<long>(place));
      // Eight weeks hold more than two only of a fortnight's: one odd mailing makes the next no news.
      CHECK((period > 14 || found.size() == 3));
    }
  }
}

TEST_CASE("what comes on the first or the last working day of each month is told once") {
  using std::chrono::weekday, std::chrono::month;
  const auto first = [](Day day) { return unsigned(std::chrono::year_month_day(day).day()) == 1; };
  const auto last = [](Day day) {
    const unsigned of_week = weekday(day).iso_encoding();
    const Day next = day + std::chrono::days(of_week == 5 ? 3 : 1);
    const auto month_of = [](Day one) { return std::chrono::year_month_day(one).month(); };
    return of_week <= 5 && month_of(next) != month_of(day);
  };
  for (const auto& comes : {std::function<bool(Day)>(first), std::function<bool(Day)>(last)}) {
    Values values = weeks(26, {20, 23, 18, 21, 22, 19, 20});
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (comes(*parse_day("2026-01-05") + std::chrono::days(i))) places.push_back(i);
    for (const std::size_t place : places) values[place] = 150;
    REQUIRE(detect(values).size() == 1);
    // Of any other size, on any other day, or nothing at all is news.
    values.resize(places[3] + 6);
    CHECK(detect(with(values, places[3], 2000)).size() == 2);
    CHECK(detect(with(values, places[3] + 5, 150)).size() == 2);
    CHECK(detect(with(values, places[3], 0)).size() == 2);
  }
}

TEST_CASE("what fails on the same day of two months is told both times") {
  Values values = weeks(26, {60, 63, 58, 61, 62, 59, 60});
  values[55] = values[86] = 0;  // the first of March and of April
  CHECK(detect(values).size() == 2);
}

TEST_CASE("what is measured once a week is judged after six weeks") {
  for (const double value : {0.45, 0.98}) {
    Values values(90);
    for (std::size_t i = 2, n = 0; i < values.size(); i += 7, ++n)
      values[i] = 0.72 + 0.01 * static_cast<double>(n * 2 % 5);
    CHECK(detect(values, false).empty());
    CHECK(detect(with(values, 37, value), false).empty());
    const auto found = detect(with(values, 79, value), false);
    REQUIRE(found.size() == 1);
    CHECK(place_of(found[0]) == 79);
    CHECK(found[0].expected == Catch::Approx(0.74).epsilon(0.05));
  }
}

TEST_CASE("a daily series of which little is known is no weekly one") {
  Values values(14);
  for (const std::size_t i : {0U, 2U, 4U, 6U, 8U, 10U, 12U}) values[i] = 100;
  CHECK(detect(with(values, 13, 9000)).empty());
}

TEST_CASE("an outlier is no measure for later days") {
  Values values = weeks(30, {100, 104, 96, 101, 99, 103, 97});
  values.at(100) = 9000;
  values.at(110) = 9000;
  const auto found = detect(values);
  REQUIRE(found.size() == 2);
  CHECK(found[1].expected == Catch::Approx(found[0].expected).epsilon(0.1));
}

TEST_CASE("a count that was never there is news when it comes in numbers") {
  CHECK(detect(with(weeks(140, {0}), 100, 3)).empty());
  const auto found = detect(with(weeks(140, {0}), 100, 40));
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == AnomalyKind::spike);
  CHECK(found[0].low == 0);
}

TEST_CASE("amounts below zero are amounts") {
  Values values = weeks(20, {1000, 1010, 990, 1005, 995, 1020, 980});
  values.at(100) = -50'000;
  const auto found = detect(values, false);
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == AnomalyKind::drop);
  CHECK(found[0].value == Catch::Approx(-50'000));
}

TEST_CASE("the largest and smallest numbers give finite answers") {
  constexpr double largest = std::numeric_limits<double>::max();
  for (const double extreme : {largest, -largest, 9223372036854775807.0, -9223372036854775808.0, 5e-324}) {
    Values values = weeks(70, {extreme, extreme / 2});
    values.at(80) = 0;
    values.at(81) = -extreme;
    values.at(82) = 1;
    for (const bool counts : {true, false}) {
      for (const auto& one : detect(values, counts)) CHECK(is_finite(one));
    }
  }
}

TEST_CASE("days in one go and days one by one give the same answer") {
  const auto series = test::make({.weekend = 0.5, .wild = 0.1}, 7);
  Detector detector(true);
  for (std::size_t i = 0; i < series.values.size(); ++i) {
    detector.add(series.first_day + std::chrono::days(i), series.values[i]);
  }
  CHECK(detector.anomalies() == analyse(series).anomalies);
}

TEST_CASE("a few failures long ago do not hide an outage") {
  for (const std::size_t earlier : {0U, 1U, 4U}) {
    Values values(90, 0.0);
    for (std::size_t i = 0; i < earlier; ++i) values[40 + i * 5] = 1;
    const auto found = detect(with(values, 85, 288));
    INFO(earlier << " before it");
    REQUIRE_FALSE(found.empty());
    CHECK(place_of(found.back()) == 85);
    CHECK(found.back().value == Catch::Approx(288));
  }
}

TEST_CASE("an odd order at a weekend does not make an office's week a rare event") {
  Values values = weeks(13, {22, 19, 20, 21, 18, 0, 0});
  for (std::size_t i = 5; i < values.size(); i += 14) values[i] = 1;
  REQUIRE(detect(values).empty());
  for (const double unusual : {0.0, 57.0}) {
    const auto found = detect(with(values, 85, unusual));
    REQUIRE(found.size() == 1);
    CHECK(place_of(found[0]) == 85);
    CHECK(found[0].expected == Catch::Approx(20).epsilon(0.3));
  }
}

TEST_CASE("days that are closed say nothing of how the others changed") {
  for (const std::vector<double>& open_on : {std::vector<double>{0, 0, 0, 0, 0, 1, 1}, {1, 0, 1, 0, 1, 0, 0}})
    for (const double factor : {3.0, 0.3, 0.0}) {
      Values values = weeks(14, open_on);
      for (std::size_t i = 0; i < values.size(); ++i)
        *values[i] *= (103 + static_cast<double>(i % 3)) * (i < 77 ? 1 : factor);
      const auto found = detect(values);
      INFO(factor << " of it, open on Mondays: " << open_on[0]);
      REQUIRE(found.size() == 1);
      CHECK(found[0].kind == AnomalyKind::shift);
      CHECK(found[0].expected == Catch::Approx(104).epsilon(0.02));
      CHECK(found[0].value == Catch::Approx(104 * factor).epsilon(0.02).margin(0.001));
    }
}
