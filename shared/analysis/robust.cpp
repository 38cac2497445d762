#include "shared/analysis/robust.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace wf {
namespace {

auto at(std::span<double> values, std::size_t index) {
  return values.begin() + static_cast<std::ptrdiff_t>(index);
}

}  // namespace

double median(std::span<double> values) {
  if (values.empty()) return 0;
  const auto middle = at(values, values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

double quantile(std::span<double> values, double share) {
  if (values.empty()) return 0;
  const auto place = at(values, static_cast<std::size_t>(share * static_cast<double>(values.size() - 1)));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

double signed_root(double value) { return value < 0 ? -std::sqrt(-value) : std::sqrt(value); }

double signed_square(double root) {
  constexpr double largest = std::numeric_limits<double>::max();
  return std::clamp(root < 0 ? -root * root : root * root, -largest, largest);
}

}  // namespace wf
