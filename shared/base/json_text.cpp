// JSON values as compact text, byte for byte as nlohmann's dump writes it (tests/shared/base hold it to
// that). Its serializer also knows indents, ASCII escapes and binary values, a twentieth of the edge module.
#include <array>
#include <cmath>
#include <string>

#include "shared/base/json.hpp"
#include "shared/base/text.hpp"

namespace wf {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

// UTF-16's, as \uXXXX.
void append_code_unit(std::string& out, unsigned unit) {
  out += "\\u";
  for (unsigned shift = 16; shift > 0; shift -= 4) out += "0123456789abcdef"[unit >> (shift - 4) & 15U];
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view special = "\"\\\b\f\n\r\t";
  constexpr std::string_view short_names = "\"\\bfnrt";
  const auto known = special.find(c);
  if (known == std::string_view::npos) return append_code_unit(out, static_cast<unsigned char>(c));
  out += '\\';
  out += short_names[known];
}

void append_text(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const char c = text.front();
    const Utf8Character character = first_character(text);
    if (c == '"' || c == '\\' || (c >= 0 && c < 0x20))
      append_escape(out, c);
    else
      out += character.valid ? text.substr(0, character.length) : replacement;
    text.remove_prefix(character.length);
  }
  out += '"';
}

// The shortest decimal that reads as the same double; there is no JSON for the infinities.
void append_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  std::array<char, 64> digits;
  const char* end = nlohmann::detail::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append(std::string& out, const Json& value);

void append_members(std::string& out, const Json::object_t& members) {
  out += '{';
  for (const auto& [name, value] : members) {
    if (out.back() != '{') out += ',';
    append_text(out, name);
    out += ':';
    append(out, value);
  }
  out += '}';
}

void append_elements(std::string& out, const Json::array_t& elements) {
  out += '[';
  for (const Json& element : elements) {
    if (out.back() != '[') out += ',';
    append(out, element);
  }
  out += ']';
}

void append(std::string& out, const Json& value) {
  if (const auto* members = value.get_ptr<const Json::object_t*>()) return append_members(out, *members);
  if (const auto* elements = value.get_ptr<const Json::array_t*>()) return append_elements(out, *elements);
  if (const auto* text = value.get_ptr<const std::string*>()) return append_text(out, *text);
  if (const auto* flag = value.get_ptr<const bool*>()) {
    out += *flag ? "true" : "false";
    return;
  }
  if (const auto* number = value.get_ptr<const Json::number_unsigned_t*>())
    return append_uint64(out, *number);
  if (const auto* number = value.get_ptr<const Json::number_integer_t*>()) return append_int64(out, *number);
  if (const auto* number = value.get_ptr<const Json::number_float_t*>()) return append_double(out, *number);
  out += "null";
}

}  // namespace

std::string dump(const Json& value) {
  std::string out;
  append(out, value);
  return out;
}

// Everything beyond ASCII as \u escapes, beyond U+FFFF as the pair of them that JSON has (RFC 8259, section
// 7).
std::string dump_ascii(const Json& value) {
  const std::string text = dump(value);
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t length = first_character(rest).length;
    if (length == 1) {
      out += rest.front();
    } else {
      auto point = static_cast<unsigned>(static_cast<unsigned char>(rest.front()) & (0x7FU >> length));
      for (const char c : rest.substr(1, length - 1))
        point = point << 6U | (static_cast<unsigned char>(c) & 63U);
      if (point > 0xFFFF) {
        append_code_unit(out, 0xD7C0 + (point >> 10U));
        point = 0xDC00 + (point & 0x3FFU);
      }
      append_code_unit(out, point);
    }
    rest.remove_prefix(length);
  }
  return out;
}

}  // namespace wf
