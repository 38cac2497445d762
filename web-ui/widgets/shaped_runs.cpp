#include "web-ui/widgets/shaped_runs.hpp"

#include <algorithm>

#include "shared/base/text.hpp"

namespace wf {
namespace {

// Free, since text of these scripts never reaches ImGui; low, since ImGui's tables are as long as the
// highest.
constexpr char32_t first_free = 0x0590, end_free = 0x10A0;

struct Range {
  char32_t first, end;
};

constexpr Range shaped[] = {{first_free, end_free},  // Hebrew, Arabic, ..., the scripts of India to Myanmar
                            {0x1100, 0x1200},        // parts of Korean syllables
                            {0x1700, 0x18B0},        // Philippine scripts, Khmer, Mongolian
                            {0x1900, 0x1D00},        // Limbu to Vedic
                            {0xA800, 0xAC00},        // Syloti Nagri to Meetei Mayek
                            {0xD7B0, 0xD800},        // parts of Korean syllables
                            {0xFB1D, 0xFE10},        // forms of Hebrew and Arabic, variation selectors
                            {0xFE70, 0xFEFF},        // forms of Arabic
                            {0x10000, 0x110000}};    // further scripts, flags and other joined signs

// Of no direction, or marks: inside a run they belong to it.
constexpr Range neutral[] = {{0, '0'},     {':', 'A'},     {'[', 'a'},      {'{', 0xAA},
                             {0xAB, 0xB5}, {0xB6, 0xBA},   {0xBB, 0xC0},    {0xD7, 0xD8},
                             {0xF7, 0xF8}, {0x300, 0x370}, {0x2000, 0x2C00}};

template <std::size_t count>
bool is_in(const Range (&ranges)[count], char32_t c) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [c](Range range) { return c >= range.first && c < range.end; });
}

// A number after Arabic or Hebrew stands on its left, and so does the sign that a text was cut there.
bool may_end_run(char32_t c) { return (c >= '0' && c <= '9') || c == U'…'; }

struct Character {
  char32_t code;
  std::size_t length;
};

Character character_at(std::string_view text) {
  const auto [length, valid] = first_character(text);
  if (!valid) return {0xFFFD, length};
  char32_t code = static_cast<unsigned char>(text[0]);
  if (length > 1) code &= 0x7FU >> length;
  for (std::size_t i = 1; i < length; ++i) code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
  return {code, length};
}

/// Where the next character that needs shaping is.
std::size_t find_shaped(std::string_view text, std::size_t at) {
  constexpr unsigned char lowest = 0xD6;  // the first byte of U+0590
  while (at < text.size()) {
    if (static_cast<unsigned char>(text[at]) < lowest) {
      ++at;
      continue;
    }
    const auto [code, length] = character_at(text.substr(at));
    if (is_in(shaped, code)) return at;
    at += length;
  }
  return text.size();
}

/// Where the run ends that begins there.
std::size_t end_of_run(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (at < text.size()) {
    const auto [code, length] = character_at(text.substr(at));
    at += length;
    if (is_in(shaped, code) || may_end_run(code))
      end = at;
    else if (!is_in(neutral, code))
      break;
  }
  return end;
}

}  // namespace

std::string_view ShapedRuns::encode(std::string_view text) {
  std::size_t at = find_shaped(text, 0);
  if (at == text.size()) return text;
  encoded_.clear();
  std::size_t plain = 0;
  for (; at < text.size(); at = find_shaped(text, plain)) {
    encoded_ += text.substr(plain, at - plain);
    plain = end_of_run(text, at);
    append_utf8(encoded_, character_for(text.substr(at, plain - at)));
  }
  encoded_ += text.substr(plain);
  return encoded_;
}

char32_t ShapedRuns::character_for(std::string_view run) {
  const auto known = characters_.find(run);
  if (known != characters_.end()) return known->second;
  if (runs_.size() == end_free - first_free) return 0xFFFD;
  const char32_t character = first_free + static_cast<char32_t>(runs_.size());
  runs_.push_back(characters_.emplace(run, character).first->first);
  return character;
}

std::string_view ShapedRuns::run(char32_t character) const {
  const bool known = character >= first_free && character - first_free < runs_.size();
  return known ? runs_[character - first_free] : std::string_view();
}

void ShapedRuns::forget() {
  runs_.clear();
  characters_.clear();
}

}  // namespace wf
