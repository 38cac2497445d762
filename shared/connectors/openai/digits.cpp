#include "shared/connectors/openai/digits.hpp"

#include <algorithm>

namespace wf::openai {
namespace {

// Each of the first `count`.
bool has_groups_of_three(const Digits& digits, std::size_t count) {
  const auto& groups = digits.groups;
  if (groups[0].size() > 3 || groups[0].front() == '0') return false;
  return std::all_of(groups.begin() + 1, groups.begin() + static_cast<std::ptrdiff_t>(count),
                     [](std::string_view group) { return group.size() == 3; });
}

bool same_separators(const Digits& digits, std::size_t count) {
  const auto& separators = digits.separators;
  return std::all_of(separators.begin(), separators.begin() + static_cast<std::ptrdiff_t>(count),
                     [&](char c) { return c == separators.front(); });
}

double whole(const Digits& digits, std::size_t count) {
  double value = 0;
  for (std::size_t i = 0; i < count; ++i)
    for (const char c : digits.groups[i]) value = value * 10 + (c - '0');
  return value;
}

}  // namespace

std::vector<Reading> readings_of(const Digits& digits) {
  const std::size_t count = digits.groups.size();
  if (count == 1) return {{whole(digits, 1), 0.5}};
  std::vector<Reading> readings;
  const std::size_t marks = count - 1;
  if (has_groups_of_three(digits, count) && same_separators(digits, marks))
    readings.push_back({whole(digits, count), 0.5});
  const char point = digits.separators.back();
  const bool is_point = point == '.' || point == ',';
  const bool before_fits =
      marks == 1 || (has_groups_of_three(digits, count - 1) && same_separators(digits, marks - 1) &&
                     digits.separators.front() != point);
  if (!is_point || !before_fits) return readings;
  double step = 1;
  for (std::size_t i = 0; i < digits.groups.back().size(); ++i) step /= 10;
  Digits fraction{{digits.groups.back()}, ""};
  readings.push_back({whole(digits, count - 1) + whole(fraction, 1) * step, step / 2});
  return readings;
}

}  // namespace wf::openai
