#pragma once
// Numbers that are written in words, in English and in German.

#include <optional>
#include <string_view>

namespace wf::openai {

// Of one word in lower case, "seven", "twenty", "hundred", "zwölf", "fünfundzwanzig", "zweihundert", and
// "dreitausend": German writes all of it together.
std::optional<int> spelled_number(std::string_view word);

// Of what English joins to its tens: "seven" and "seventh" of "twenty-seven(th)", from 1 to 9.
std::optional<int> spelled_unit(std::string_view word);

}  // namespace wf::openai
