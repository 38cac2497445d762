#pragma once
// What a number that is written in digits may mean.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "shared/connectors/openai/number_text.hpp"

namespace wf::openai {

// Digits in groups: "1.234,5" is {"1", "234", "5"} and ".,".
struct Digits {
  std::vector<std::string_view> groups;
  std::string separators;
};

// None: they are no number.
std::vector<Reading> readings_of(const Digits& digits);

}  // namespace wf::openai
