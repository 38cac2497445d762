#pragma once
// Finds the numbers and dates that stand in a text, in German and in English spelling.

#include <string>
#include <string_view>
#include <vector>

#include "shared/connectors/openai/numbers.hpp"

namespace wf::openai {

// One way to understand digits and separators: "1.234" is 1234 or 1.234.
struct Reading {
  double value = 0;
  double half_step = 0;  // half of the last place that is shown
};

struct Mention {
  enum class Sign : unsigned char { none, minus, plus };
  std::string text;  // as it stands there
  Number::Kind kind = Number::Kind::plain;
  std::string currency{};
  Sign sign = Sign::none;
  std::vector<Reading> readings{};  // as a number; none: it cannot be read as one
  std::vector<Date> dates{};        // as a date
  // Or all of these: "November 23, 1987 people" is a year, or a day and a number.
  std::vector<Mention> otherwise{};
};

std::vector<Mention> mentions_in(std::string_view text);

}  // namespace wf::openai
