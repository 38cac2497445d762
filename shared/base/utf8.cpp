// Texts by the character. All of a large page goes through it: eight bytes at once wherever none of them
// needs a look.
#include <cstring>

#include "shared/base/text.hpp"

namespace wf {

namespace {

constexpr std::size_t block_size = sizeof(std::uint64_t);
constexpr std::uint64_t each_byte = 0x0101'0101'0101'0101;
constexpr std::uint64_t top_bits = 0x80 * each_byte;

std::uint64_t block_at(std::string_view text, std::size_t at) {
  std::uint64_t block = 0;
  std::memcpy(&block, text.data() + at, block_size);
  return block;
}

// A top bit is set where, or above where, a byte is less than `limit`, which is 0x80 at most; none if none
// is.
std::uint64_t bytes_below(std::uint64_t block, std::uint64_t limit) {
  return (block - limit * each_byte) & ~block & top_bits;
}

bool is_plain(std::uint64_t block) {
  return (bytes_below(block, 0x20) | bytes_below(block ^ '"' * each_byte, 1) |
          bytes_below(block ^ '\\' * each_byte, 1)) == 0;
}

bool is_plain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

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

void append_utf8(std::string& out, unsigned point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
    return;
  }
  unsigned shift = point < 0x800 ? 6 : point < 0x10000 ? 12 : 18;
  // As many leading ones as there are bytes.
  out += static_cast<char>((0xFF00U >> (shift / 6 + 1) & 0xFFU) | point >> shift);
  while (shift > 0) {
    shift -= 6;
    out += static_cast<char>(0x80U | (point >> shift & 0x3FU));
  }
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    if (text.size() >= block_size && (block_at(text, 0) & top_bits) == 0) {
      text.remove_prefix(block_size);
      continue;
    }
    const Utf8Character character = first_character(text);
    if (!character.valid) return false;
    text.remove_prefix(character.length);
  }
  return true;
}

std::size_t plain_length(std::string_view text) {
  std::size_t length = 0;
  while (text.size() - length >= block_size && is_plain(block_at(text, length))) length += block_size;
  while (length < text.size() && is_plain(text[length])) ++length;
  return length;
}

}  // namespace wf
