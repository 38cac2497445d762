#pragma once
// Text without locales or streams: both would double the size of the edge module.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wf {

std::string_view trim(std::string_view text);  // ASCII white space
std::string to_lower(std::string_view text);   // ASCII
std::string to_upper(std::string_view text);   // ASCII
bool starts_with(std::string_view text, std::string_view prefix);
bool contains(std::string_view text, std::string_view part);
bool contains_ignoring_case(std::string_view text, std::string_view part);  // ASCII
// Takes off what stands before the separator, together with it.
[[gnu::noinline]] constexpr std::string_view cut(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const std::string_view item = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return item;
}
// Whether it is one of the words, which have a space between them: a list in one text is smaller than an
// array.
bool is_one_of(std::string_view text, std::string_view words);
// Whether it is one of these.
bool holds(std::span<const std::string> texts, std::string_view text);
// A code or an id as machines write them, and no free text: letters of ASCII, digits and what is `also`
// allowed.
bool is_code(std::string_view text, std::size_t most = 64, std::string_view also = "_");
std::vector<std::string_view> split(std::string_view text, char separator);
// One text after the other: smaller, as code, than a chain of `+`.
std::string concat(std::initializer_list<std::string_view> parts);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

// The whole text must be a decimal number inside the range; no sign but '-'.
std::optional<std::int64_t> parse_int64(std::string_view text);
std::optional<std::uint64_t> parse_uint64(std::string_view text);
void append_int64(std::string& out, std::int64_t value);
// As std::to_string, whose tables of digits the edge module does without.
std::string decimal(std::int64_t value);
void append_uint64(std::string& out, std::uint64_t value);

// RFC 3986: everything but unreserved characters is escaped, '/' too.
std::string percent_encode(std::string_view text);

// Cuts at a character boundary and says so with an ellipsis.
std::string shorten(std::string_view text, std::size_t max_bytes);

bool is_valid_utf8(std::string_view text);
// A code point, U+10FFFF at most.
void append_utf8(std::string& out, unsigned point);
// How much of its front may stand in a JSON string as it is: no quote, backslash or control character.
std::size_t plain_length(std::string_view text);

// Postgres stores no U+0000.
std::string without_nul(std::string_view text);

// What is at the front of a text that is not empty: a whole character, or the bytes that one U+FFFD stands
// for (Unicode 15, section 3.9, "maximal subpart").
struct Utf8Character {
  std::size_t length;
  bool valid;
};
Utf8Character first_character(std::string_view text);

// The last line of defence for messages that people see: the host already redacts known
// values; this masks what merely looks like a key, and the query of every URL.
std::string without_secrets(std::string_view message);

}  // namespace wf
