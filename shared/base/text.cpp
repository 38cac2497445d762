#include "shared/base/text.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace wf {

namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
bool is_alphanumeric(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z'); }
bool is_token_character(char c) { return is_alphanumeric(c) || c == '_' || c == '-' || c == '.'; }
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// How the keys and tokens of the nine services begin.
constexpr std::array<std::string_view, 14> key_beginnings{"sk_",  "rk_",     "whsec_",  "sb_secret_",   "sk-",
                                                          "SG.",  "EAA",     "ya29.",   "1//",          "eyJ",
                                                          "AIza", "GOCSPX-", "Bearer ", "access_token="};

// The length of what looks like a key at the front of `text`, 0 when nothing does.
std::size_t key_length(std::string_view text) {
  for (const std::string_view beginning : key_beginnings) {
    if (!starts_with(text, beginning)) continue;
    std::size_t end = beginning.size();
    while (end < text.size() && is_token_character(text[end])) ++end;
    // "sk_" alone, or a word such as "eyJ1", is not a key.
    if (end - beginning.size() >= 6) return end;
  }
  return 0;
}

// The length of a URL at the front of `text`, 0 when there is none.
std::size_t url_length(std::string_view text) {
  if (!starts_with(text, "https://") && !starts_with(text, "http://")) return 0;
  std::size_t end = 0;
  while (end < text.size() && !is_space(text[end]) && text[end] != '"' && text[end] != '\'') ++end;
  return end;
}

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

std::string to_upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = upper(c);
  return out;
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  return contains(to_lower(text), to_lower(part));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool holds(std::span<const std::string> texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

bool is_one_of(std::string_view text, std::string_view words) {
  while (!words.empty())
    if (cut(words, ' ') == text) return true;
  return false;
}

bool is_code(std::string_view text, std::size_t most, std::string_view also) {
  for (const char c : text)
    if (!is_alphanumeric(c) && also.find(c) == std::string_view::npos) return false;
  return !text.empty() && text.size() <= most;
}

std::string concat(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

std::optional<std::int64_t> parse_int64(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
  std::int64_t value = 0;  // counted downwards: the negative range is the larger one
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    const std::int64_t digit = c - '0';
    if (value < (lowest + digit) / 10) return std::nullopt;
    value = value * 10 - digit;
  }
  if (negative) return value;
  if (value == lowest) return std::nullopt;
  return -value;
}

std::optional<std::uint64_t> parse_uint64(std::string_view text) {
  if (text.empty()) return std::nullopt;
  constexpr auto highest = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (highest - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

void append_uint64(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;  // 2^64 has twenty
  std::size_t at = digits.size();
  do {
    digits[--at] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  out.append(digits.data() + at, digits.size() - at);
}

void append_int64(std::string& out, std::int64_t value) {
  if (value < 0) out += '-';
  const auto bits = static_cast<std::uint64_t>(value);
  append_uint64(out, value < 0 ? 0 - bits : bits);
}

std::string decimal(std::int64_t value) {
  std::string text;
  append_int64(text, value);
  return text;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_token_character(c) || c == '~') {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

std::string shorten(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  std::size_t end = max_bytes;
  while (end > 0 && is_continuation(text[end])) --end;
  return concat({text.substr(0, end), "…"});
}

std::string without_secrets(std::string_view message) {
  std::string out;
  bool inside_word = false;
  while (!message.empty()) {
    std::size_t taken = 1;
    if (const std::size_t url = inside_word ? 0 : url_length(message); url > 0) {
      const std::string_view whole = message.substr(0, url);
      const std::string_view path = whole.substr(0, whole.find_first_of("?#"));
      const std::size_t user_end = path.find('@');
      out += user_end == std::string_view::npos ? std::string(path) : "https://[masked]";
      taken = url;
    } else if (const std::size_t key = inside_word ? 0 : key_length(message); key > 0) {
      out += "[masked]";
      taken = key;
    } else {
      out += message.front();
    }
    inside_word = is_alphanumeric(message[taken - 1]);
    message.remove_prefix(taken);
  }
  return out;
}

std::string without_nul(std::string_view text) {
  std::string clean;
  for (const char c : text)
    if (c != '\0') clean += c;
  return clean;
}

}  // namespace wf
