#pragma once
// Series made of what real ones are made of: a level, a week, a trend and chance. The chance is a
// generator of our own, because the standard library's differ between the builds.

#include <cstdint>
#include <optional>
#include <vector>

#include "shared/analysis/daily_series.hpp"

namespace wf::test {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed * 2654435761u + 88172645463325252u) {}
  double even();    // 0 to 1
  double normal();  // mean 0, deviation 1
  bool with(double probability) { return even() < probability; }

 private:
  std::uint64_t state_;
};

struct Recipe {
  std::size_t days = 180;
  double level = 400;
  double growth_per_day = 0;  // of the level
  double weekend = 1;         // factor of Saturday and Sunday
  double noise = 0.08;        // relative, beside that of counting
  bool counts = true;
  double zeros = 0;   // share of days without anything
  double wild = 0;    // share of days with three times the noise: heavy tails
  double gaps = 0;    // share of days without a row
  double memory = 0;  // of yesterday's noise in today's
};

DailySeries make(const Recipe& recipe, std::uint64_t seed);

}  // namespace wf::test
