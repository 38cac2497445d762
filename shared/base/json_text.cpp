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

void append_escape(std::string& out, char c) {
  constexpr std::string_view special = "\"\\\b\f\n\r\t";
  constexpr std::string_view short_names = "\"\\bfnrt";
  constexpr std::string_view hex = "0123456789abcdef";
  out += '\\';
  if (const auto known = special.find(c); known != std::string_view::npos) {
    out += short_names[known];
    return;
  }
  out += "u00";
  out += hex[static_cast<unsigned char>(c) >> 4U];
  out += hex[static_cast<unsigned char>(c) & 15U];
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

}  // namespace wf
