#include "shared/connectors/openai/plain_text.hpp"

#include <algorithm>
#include <array>

#include "shared/base/text.hpp"

namespace wf::openai {
namespace {

struct Spelling {
  std::string_view from;
  std::string_view to;
};

// What is written in more than one way, "US$" before "$". A currency's letters stand apart from others.
constexpr std::array spellings{
    Spelling{"\u2212", "-"},     Spelling{"\uFE63", "-"},      Spelling{"\uFF0D", "-"},
    Spelling{"\u2011", "-"},     Spelling{"\u2013", "\x01"},   Spelling{"\u2014", "\x01"},
    Spelling{"\u00A0", "\x02"},  Spelling{"\u202F", "\x02"},   Spelling{"\u2009", "\x02"},
    Spelling{"\u2007", "\x02"},  Spelling{"\u2019", "'"},      Spelling{"US$", "USD"},
    Spelling{"CA$", "CAD"},      Spelling{"C$", "CAD"},        Spelling{"AU$", "AUD"},
    Spelling{"A$", "AUD"},       Spelling{"$", "DOLLAR"},      Spelling{"\u20AC", "EUR"},
    Spelling{"\u00A3", "GBP"},   Spelling{"\u00A5", "JPY"},    Spelling{"\uFF05", "%"},
    Spelling{"\u00BD", " 0.5 "}, Spelling{"\u00BC", " 0.25 "}, Spelling{"\u00BE", " 0.75 "}};

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}

void put_spelling(Plain& plain, const Spelling& spelling, std::string_view text, std::size_t at) {
  const bool word = is_letter(spelling.to.front());
  const std::size_t end = at + spelling.from.size();
  if (word && !plain.text.empty() && is_letter(plain.text.back())) plain.put(" ", at);
  plain.put(spelling.to, at);
  if (word && end < text.size() && is_letter(text[end])) plain.put(" ", at);
}

std::size_t put_character(Plain& plain, std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  for (const Spelling& spelling : spellings)
    if (starts_with(rest, spelling.from)) {
      put_spelling(plain, spelling, text, at);
      return spelling.from.size();
    }
  // Full-width digits.
  if (rest.size() >= 3 && starts_with(rest, "\xEF\xBC") && rest[2] >= '\x90' && rest[2] <= '\x99') {
    const char digit = static_cast<char>('0' + (rest[2] - '\x90'));
    plain.put({&digit, 1}, at);
    return 3;
  }
  plain.put(rest.substr(0, 1), at);
  return 1;
}

// Of Latin and other alphabets in two bytes; quotes, bullets and dashes have other first bytes.
bool is_lead_of_letter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0xC3 && byte <= 0xDF;
}

}  // namespace

std::size_t Plain::letter_length(std::size_t i) const {
  if (is_ascii_letter(at(i))) return 1;
  return is_lead_of_letter(at(i)) ? 2 : 0;
}

std::size_t Plain::end_of_word(std::size_t i) const {
  while (const std::size_t length = letter_length(i)) i += length;
  return std::min(i, text.size());
}

std::string Plain::word_at(std::size_t i) const { return to_lower(between(i, end_of_word(i))); }

std::size_t Plain::skip_spaces(std::size_t i) const {
  while (is_space(i)) ++i;
  return i;
}

std::size_t Plain::digits_at(std::size_t i) const {
  std::size_t end = i;
  while (is_digit(at(end))) ++end;
  return end - i;
}

int Plain::number_at(std::size_t i, std::size_t length) const {
  return static_cast<int>(parse_int64(between(i, i + length)).value_or(0));
}

Plain plain_of(std::string_view text) {
  Plain plain;
  for (std::size_t at = 0; at < text.size();) at += put_character(plain, text, at);
  plain.origin.push_back(text.size());
  return plain;
}

}  // namespace wf::openai
