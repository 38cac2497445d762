#include "shared/connectors/row_text.hpp"

#include <cstring>
#include <utility>

#include "shared/base/text.hpp"

namespace wf {
namespace {

constexpr std::size_t block = 8;

// Eight bytes at a time, the last of them perhaps twice.
void copy(char* to, std::string_view piece) {
  const char* from = piece.data();
  if (piece.size() < block) {
    for (const char c : piece) *to++ = c;
    return;
  }
  const std::size_t last = piece.size() - block;
  for (std::size_t at = 0; at < last; at += block) std::memcpy(to + at, from + at, block);
  std::memcpy(to + last, from + last, block);
}

}  // namespace

char* RowText::room_for(std::size_t bytes) {
  if (text_.size() - size_ < bytes) text_.resize(2 * text_.size() + bytes);
  return text_.data() + std::exchange(size_, size_ + bytes);
}

void RowText::put(std::string_view piece) { copy(room_for(piece.size()), piece); }

void RowText::put_quoted(std::string_view piece) {
  char* to = room_for(piece.size() + 2);
  *to++ = '"';
  copy(to, piece);
  to[piece.size()] = '"';
}

void RowText::put_json_string(std::string_view text) {
  put("\"");
  for (;;) {
    const std::size_t plain = plain_length(text);
    put(text.substr(0, plain));
    if (plain == text.size()) break;
    const auto c = static_cast<unsigned char>(text[plain]);
    text.remove_prefix(plain + 1);
    if (c >= 0x20) {
      const char escape[2] = {'\\', static_cast<char>(c)};
      put({escape, 2});
    } else if (c == 0) {
      put("\xEF\xBF\xBD");  // Postgres keeps no NUL in a text
    } else {
      constexpr std::string_view hex = "0123456789abcdef";
      put("\\u00");
      put(hex.substr(c >> 4U, 1));
      put(hex.substr(c & 15U, 1));
    }
  }
  put("\"");
}

std::string RowText::take() {
  text_.resize(size_);
  return std::move(text_);
}

}  // namespace wf
