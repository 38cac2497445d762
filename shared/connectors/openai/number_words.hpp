#pragma once
// The words and marks that belong to numbers and dates, in German and in English.

#include <optional>
#include <string_view>

namespace wf::openai {

// "$" says a currency of several, and "dollars" as well.
inline constexpr std::string_view any_dollar = "$";

// Which of the groups, divided by commas, has the word; from 1 on, 0: none.
int place_of(std::string_view word, std::string_view groups);

// Of a word in lower case; null, empty and 0: it is none.
std::optional<double> scale_of(std::string_view word, bool attached);  // attached: 5k
bool is_percent(std::string_view word);
std::string_view currency_of(std::string_view word);  // "EUR", or any_dollar
int month_of(std::string_view word);                  // or the first letters of its name

}  // namespace wf::openai
