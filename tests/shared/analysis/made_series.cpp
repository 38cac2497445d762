#include "tests/shared/analysis/made_series.hpp"

#include <algorithm>
#include <cmath>

namespace wf::test {
namespace {

// xorshift64*: S. Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016
std::uint64_t next(std::uint64_t& state) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 2685821657736338717u;
}

}  // namespace

double Chance::even() { return static_cast<double>(next(state_) >> 11) / 9007199254740992.0; }

double Chance::normal() {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += even();
  return sum;
}

DailySeries make(const Recipe& recipe, std::uint64_t seed) {
  Chance chance(seed);
  DailySeries series{
      .id = "made", .service = "made", .label = "Made", .unit = recipe.counts ? "count" : "ms"};
  series.first_day = *parse_day("2026-01-05");  // a Monday
  double carried = 0;
  for (std::size_t i = 0; i < recipe.days; ++i) {
    const double usual = recipe.level * (1 + recipe.growth_per_day * static_cast<double>(i)) *
                         (i % 7 >= 5 ? recipe.weekend : 1);
    carried = recipe.memory * carried + chance.normal() * (chance.with(recipe.wild) ? 3 : 1);
    const double counting = recipe.counts ? std::sqrt(usual) * chance.normal() : 0;
    double value = usual * (1 + recipe.noise * carried) + counting;
    if (recipe.counts) value = std::round(value);
    if (chance.with(recipe.zeros)) value = 0;
    const bool gap = chance.with(recipe.gaps);
    series.values.push_back(gap ? std::nullopt : std::optional(std::max(0.0, value)));
  }
  return series;
}

}  // namespace wf::test
