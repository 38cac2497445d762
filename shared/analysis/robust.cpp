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

// std::nth_element would do with less, and takes 300 bytes more of the module: the values are a few dozen.
double median(std::span<double> values) {
  if (values.empty()) return 0;
  const auto middle = at(values, values.size() / 2);
  std::partial_sort(values.begin(), middle + 1, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*(middle - 1) + *middle) / 2;
}

double quantile(std::span<double> values, double share) {
  if (values.empty()) return 0;
  const auto place = at(values, static_cast<std::size_t>(share * static_cast<double>(values.size() - 1)));
  std::partial_sort(values.begin(), place + 1, values.end());
  return *place;
}

double signed_root(double value) { return value < 0 ? -std::sqrt(-value) : std::sqrt(value); }

double signed_square(double root) {
  constexpr double largest = std::numeric_limits<double>::max();
  return std::clamp(root < 0 ? -root * root : root * root, -largest, largest);
}

}  // namespace wf
