#pragma once
// Finds the dates that stand in a text, in German and in English spelling.

#include <cstddef>
#include <optional>
#include <vector>

#include "shared/connectors/openai/number_text.hpp"
#include "shared/connectors/openai/plain_text.hpp"

namespace wf::openai {

// Each of the mentions is all of what stands there: "2-29 November" are two.
struct DatesFound {
  std::vector<Mention> mentions;
  std::size_t end = 0;
};

// At a word: "November 23, 2026", "Nov 23", "November 2026".
std::optional<DatesFound> dates_at_month(const Plain& plain, std::size_t start);
// At a digit: "23. November 2026", "23rd of November", "23.11.2026", "2026-11-23", "11/23/2026".
std::optional<DatesFound> dates_at_digit(const Plain& plain, std::size_t start);

std::optional<int> year_at(const Plain& plain, std::size_t start);
std::size_t skip_ordinal(const Plain& plain, std::size_t start);  // "rd" of 23rd

}  // namespace wf::openai
