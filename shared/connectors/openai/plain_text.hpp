#pragma once
// A text with one spelling of everything, and how it is read: words, digits and what stands between.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wf::openai {

inline constexpr char dash = '\x01';         // en or em dash: a range, a pause, or a minus
inline constexpr char group_space = '\x02';  // a space that does not break: 1 234

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_ascii_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

struct Plain {
  std::string text;
  std::vector<std::size_t> origin;  // where each byte came from; one more, the end

  void put(std::string_view part, std::size_t from) {
    text += part;
    origin.insert(origin.end(), part.size(), from);
  }

  char at(std::size_t i) const { return i < text.size() ? text[i] : '\0'; }
  bool is_space(std::size_t i) const { return at(i) == ' ' || at(i) == group_space; }
  std::string_view between(std::size_t from, std::size_t to) const {
    return std::string_view(text).substr(from, to - from);
  }
  std::size_t letter_length(std::size_t i) const;  // in bytes; 0: it is none
  std::size_t end_of_word(std::size_t i) const;
  std::string word_at(std::size_t i) const;  // in lower case
  std::size_t skip_spaces(std::size_t i) const;
  std::size_t digits_at(std::size_t i) const;  // how many
  int number_at(std::size_t i, std::size_t length) const;
};

Plain plain_of(std::string_view text);

}  // namespace wf::openai
