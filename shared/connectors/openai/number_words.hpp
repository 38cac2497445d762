#pragma once
// The words and marks that belong to numbers and dates, in German and in English.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wf::openai {

inline constexpr char dash = '\x01';  // en or em dash: a range, a pause, or a minus
// "$" says a currency of several, and "dollars" as well.
inline constexpr std::string_view any_dollar = "$";
inline constexpr char group_space = '\x02';  // a space that does not break: 1 234

// A text with one spelling of everything, and where each of its bytes came from; one origin more, its end.
struct Plain {
  std::string text;
  std::vector<std::size_t> origin;

  void put(std::string_view part, std::size_t from) {
    text += part;
    origin.insert(origin.end(), part.size(), from);
  }
};

Plain plain_of(std::string_view text);

// Which of the groups, divided by commas, has the word; from 1 on, 0: none.
int place_of(std::string_view word, std::string_view groups);

// Of a word in lower case; null, empty and 0: it is none.
std::optional<double> scale_of(std::string_view word, bool attached);  // attached: 5k
std::string_view currency_of(std::string_view word);                   // "EUR", or any_dollar
int month_of(std::string_view word);                                   // or the first letters of its name

}  // namespace wf::openai
