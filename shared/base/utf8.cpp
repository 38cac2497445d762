// UTF-8 by the character: in a file of its own because all of a large page goes through it
// (shared/base/CMakeLists.txt).
#include "shared/base/text.hpp"

namespace wf {

namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Which second bytes may follow the first: some would be overlong, a surrogate or beyond U+10FFFF.
bool is_second_byte(unsigned first, unsigned second) {
  const unsigned lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  return second >= lowest && second <= highest;
}

}  // namespace

Utf8Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return {1, true};
  if (first < 0xC2 || first > 0xF4) return {1, false};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (text.size() < 2 || !is_second_byte(first, byte(1))) return {1, false};
  for (std::size_t i = 2; i < length; ++i) {
    if (i == text.size() || !is_continuation(text[i])) return {i, false};
  }
  return {length, true};
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    if (!character.valid) return false;
    text.remove_prefix(character.length);
  }
  return true;
}

}  // namespace wf
