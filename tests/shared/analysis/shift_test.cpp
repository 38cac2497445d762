// What lasts: a change that stays, a stop, a campaign, and the way back.
#include <catch_amalgamated.hpp>
#include <cmath>

#include "tests/shared/analysis/detected.hpp"

namespace {

using namespace wf;
using namespace wf::test;

}  // namespace

TEST_CASE("a shift is told once and keeps the week's shape; the way back is told as well") {
  const std::vector<double> week{500, 520, 510, 505, 480, 60, 0};
  Values values = weeks(40, week);
  for (std::size_t i = 7 * 15; i < 7 * 28; ++i) values[i] = *values[i] * 3;
  const auto found = detect(values);
  REQUIRE(found.size() == 2);
  CHECK(found[0].kind == AnomalyKind::shift);
  CHECK(place_of(found[0]) == 7 * 15);
  CHECK(found[0].value == Catch::Approx(3 * found[0].expected).epsilon(0.05));
  CHECK(found[1].kind == AnomalyKind::shift);
  CHECK(place_of(found[1]) == 7 * 28);
  CHECK(last_of(found[0]) == 7 * 28 - 1);
  CHECK(last_of(found[1]) == -1);
  // Two days more had to be seen, at least, before it could be told.
  CHECK((found[0].found - found[0].day).count() >= 2);
}

TEST_CASE("a campaign of a few days is told once: the ordinary after it is no fall") {
  for (const std::size_t length : {3u, 5u, 9u}) {
    for (const double factor : {4.0, 0.2}) {
      Values values = weeks(20, {500, 520, 510, 505, 480, 490, 515});
      for (std::size_t i = 70; i < 70 + length; ++i) values[i] = *values[i] * factor;
      const auto found = detect(values);
      INFO(length << " days, times " << factor);
      REQUIRE(found.size() == 1);
      CHECK(place_of(found[0]) == 70);
      CHECK(found[0].kind == (factor > 1 ? AnomalyKind::spike : AnomalyKind::drop));
      CHECK(last_of(found[0]) == 69 + static_cast<long>(length));
      CHECK(found[0].value == Catch::Approx(500 * factor).epsilon(0.1));
      // What comes later is compared with the ordinary.
      const auto later = detect(with(values, 100, 2000));
      REQUIRE(later.size() == 2);
      CHECK(place_of(later[1]) == 100);
      CHECK(later[1].expected == Catch::Approx(500).epsilon(0.1));
    }
  }
}

TEST_CASE("a day of nothing within a lasting change is told beside it") {
  for (const std::size_t place : {71U, 73U, 77U}) {
    Values values = weeks(20, {60, 48, 55, 42, 64, 52, 40});
    for (std::size_t i = 70; i < values.size(); ++i) values[i] = std::round(*values[i] * 0.55);
    const auto found = detect(with(values, place, 0));
    INFO(place);
    REQUIRE(found.size() == 2);
    CHECK(place_of(found[0]) == 70);
    CHECK(found[0].kind == AnomalyKind::shift);
    CHECK(place_of(found[1]) == static_cast<long>(place));
    CHECK(found[1].kind == AnomalyKind::drop);
    CHECK(found[1].value == 0);
  }
}

TEST_CASE("the first days of a lasting change are not told beside it because of one among them") {
  Values values = weeks(20, {1000, 1040, 960, 1010, 990, 1030, 970});
  for (std::size_t i = 70; i < values.size(); ++i) values[i] = *values[i] * 0.3;
  for (const double odd : {0.0, 5000.0}) {
    const auto found = detect(with(values, 72, odd));
    INFO(odd);
    REQUIRE(found.size() == 2);
    CHECK(place_of(found[0]) == 70);
    CHECK(found[0].kind == AnomalyKind::shift);
    CHECK(place_of(found[1]) == 72);
    CHECK(found[1].kind == (odd > 0 ? AnomalyKind::spike : AnomalyKind::drop));
  }
  // On its first day there is one thing to tell.
  const auto found = detect(with(values, 70, 0));
  REQUIRE(found.size() == 1);
  CHECK(place_of(found[0]) == 70);
  CHECK(found[0].kind == AnomalyKind::shift);
}

TEST_CASE("of a stop before a weekend its quieter days are not told beside it") {
  Values values = weeks(20, {1000, 1040, 960, 1010, 990, 210, 190});
  for (std::size_t i = 73; i < values.size(); ++i) values[i] = 0;
  const auto found = detect(values);
  REQUIRE(found.size() == 1);
  CHECK(place_of(found[0]) == 73);
  CHECK(found[0].kind == AnomalyKind::shift);
}

TEST_CASE("what stopped goes on where it was, and a fall after it is seen") {
  Values values = weeks(20, {1000, 1040, 960, 1010, 990, 1030, 970});
  for (std::size_t i = 63; i < 70; ++i) values[i] = 0;
  auto found = detect(values);
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == AnomalyKind::drop);
  CHECK(place_of(found[0]) == 63);
  CHECK(last_of(found[0]) == 69);
  CHECK(found[0].value == 0);
  for (std::size_t i = 80; i < values.size(); ++i) values[i] = *values[i] * 0.3;
  found = detect(values);
  REQUIRE(found.size() == 2);
  CHECK(place_of(found[1]) == 80);
  CHECK(found[1].expected == Catch::Approx(1000).epsilon(0.05));
}

TEST_CASE("a stop lasts until something comes, however long, and days without a value are none of its") {
  const std::vector<double> week{1000, 1040, 960, 1010, 990, 1030, 970};
  for (const bool rare : {false, true})
    for (const std::size_t length : {7u, 18u, 25u}) {
      Values values = weeks(14, week);
      if (rare)
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = i % 5 < 2 ? 0 : *values[i];
      for (std::size_t i = 60; i < 60 + length; ++i) values[i] = 0;
      if (rare && length == 7) continue;  // a week is usual where two days of five have none
      const std::size_t open = 60 + length + 2;
      values[open - 2] = values[open - 1] = std::nullopt;
      values[open] = 1000;
      INFO(length << " days, rare: " << rare);
      auto found = detect({values.begin(), values.begin() + static_cast<long>(open)});
      REQUIRE(found.size() == 1);
      CHECK(found[0].kind == AnomalyKind::shift);
      CHECK(last_of(found[0]) == -1);
      found = detect({values.begin(), values.begin() + static_cast<long>(open) + 1});
      REQUIRE(found.size() == 1);
      CHECK(last_of(found[0]) == static_cast<long>(open) - 3);
      CHECK(found[0].kind == (length < 24 ? AnomalyKind::drop : AnomalyKind::shift));
    }
}

TEST_CASE("a stop that shows when days of none have become usual is told instead of its first days") {
  const Values values{4, 4, 4, 4, 4, 4, 1, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 1, 1, 1, 1, 0, 0,
                      1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 4, 4, 0, 4, 4, 4, 1, 6, 4, 4, 0, 4,
                      4, 1, 6, 6, 1, 1, 4, 4, 4, 4, 6, 4, 4, 4, 4, 4, 8, 6, 3, 3, 6, 6, 0, 0, 0, 0, 0, 0, 0};
  const auto found = detect(values);
  REQUIRE_FALSE(found.empty());
  CHECK(found.back().kind == AnomalyKind::shift);
  CHECK(place_of(found.back()) == 80);
  for (const auto& one : found) CHECK((place_of(one) == 80) == (&one == &found.back()));
}

TEST_CASE("a campaign in two steps ends in the ordinary, which is no fall") {
  Values values = weeks(20, {500, 520, 510, 505, 480, 490, 515});
  for (std::size_t i = 70; i < 78; ++i) values[i] = *values[i] * (i < 74 ? 4 : 10);
  const auto found = detect(values);
  REQUIRE(found.size() == 2);
  for (const auto& one : found) CHECK(one.kind == AnomalyKind::spike);
  CHECK(last_of(found[0]) == 73);
  CHECK(place_of(found[1]) == 74);
  CHECK(last_of(found[1]) == 77);
  // Usual is what was before both.
  for (const auto& one : found) CHECK(one.expected == Catch::Approx(500).epsilon(0.1));
}

TEST_CASE("the ordinary after Christmas or holidays is no rise, also where weekends are quiet") {
  for (const std::size_t length : {4u, 11u, 14u, 21u})
    for (const std::size_t began : {70u, 72u, 75u})
      for (const double factor : {3.0, 0.25}) {
        Values values = weeks(20, {500, 520, 510, 505, 480, 160, 150});
        for (std::size_t i = began; i < began + length; ++i) values[i] = std::round(*values[i] * factor);
        const auto found = detect(values);
        INFO(length << " days from " << began << ", times " << factor);
        REQUIRE(found.size() == 1);
        CHECK(place_of(found[0]) == static_cast<long>(began));
        CHECK(last_of(found[0]) == static_cast<long>(began + length) - 1);
      }
}

TEST_CASE("what a campaign leaves is compared with what was before it") {
  Values values = weeks(20, {500, 520, 510, 505, 480, 490, 515});
  for (std::size_t i = 70; i < values.size(); ++i) values[i] = *values[i] * (i < 76 ? 4 : 2);
  const auto found = detect(values);
  REQUIRE(found.size() == 2);
  CHECK(found[0].kind == AnomalyKind::spike);
  CHECK(found[1].kind == AnomalyKind::shift);
  CHECK(place_of(found[1]) == 76);
  CHECK(found[1].value == Catch::Approx(1000).epsilon(0.1));
  CHECK(found[1].expected == Catch::Approx(500).epsilon(0.1));
}
