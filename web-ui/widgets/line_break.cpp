#include "web-ui/widgets/line_break.hpp"

#include <algorithm>

#include "shared/base/text.hpp"

namespace wf {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

/// "27", "1,200.50", "(3"; not "R2", nor "27,", after which something else begins.
bool ends_with_number(std::string_view text) {
  const std::string_view word = text.substr(text.rfind(' ') + 1);
  const auto first =
      std::find_if(word.begin(), word.end(), [](char c) { return is_digit(c) || is_letter(c); });
  return first != word.end() && is_digit(*first) && is_digit(word.back());
}

/// Also "µs", "€", "%" and what stands between words, as "·".
bool is_word(std::string_view rest) {
  return !rest.empty() && (is_letter(rest[0]) || rest[0] == '%' || !is_ascii(rest[0]));
}

}  // namespace

std::size_t line_length(std::string_view text, const std::function<bool(std::string_view)>& fits) {
  std::size_t words = 0, any = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view line = text.substr(0, end);
    if (!fits(line)) break;
    any = end;
    at = end + 1;
    if (!ends_with_number(line) || !is_word(text.substr(std::min(at, text.size())))) words = end;
  }
  if (words > 0) return words;
  if (any > 0) return any;
  // A word that is longer than a line, as an address.
  std::size_t length = first_character(text).length;
  while (length < text.size() && text[length] != ' ') {
    const std::size_t next = length + first_character(text.substr(length)).length;
    if (!fits(text.substr(0, next))) break;
    length = next;
  }
  return length;
}

Broken break_line(std::string_view text, const std::function<bool(std::string_view)>& fits) {
  constexpr std::string_view dot = " ·";
  const std::size_t length = line_length(text, fits);
  std::string_view line = text.substr(0, length);
  std::string_view rest = text.substr(length);
  if (starts_with(rest, dot)) rest.remove_prefix(dot.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const std::size_t end = line.size() - std::min(dot.size(), line.size());
  if (!rest.empty() && line.substr(end) == dot) line = line.substr(0, end);
  return {line, rest};
}

}  // namespace wf
