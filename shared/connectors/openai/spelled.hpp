#pragma once
// Numbers that are written in words, in English and in German.

#include <cstddef>
#include <optional>

#include "shared/connectors/openai/plain_text.hpp"

namespace wf::openai {

// The number whose words stand at `i`, which then is their end: "two hundred and five thousand three",
// "twenty-seven(th)", "fünfundzwanzig", "zweihundert", "a" of "a million". None, and `i` stays: there is
// none.
std::optional<int> take_spelled(const Plain& plain, std::size_t& i);

}  // namespace wf::openai
