#include "shared/connectors/sendgrid/charsets.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "shared/base/text.hpp"
#include "shared/connectors/sendgrid/texts.hpp"

namespace wf::sendgrid {
namespace {

// What windows-1252 has where ISO-8859-1 has control characters, from 0x80 on; 0: nothing.
// https://encoding.spec.whatwg.org/index-windows-1252.txt
constexpr std::array<std::uint16_t, 32> windows_1252{
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};
// What ISO-8859-15 has in places of its own, each followed by where windows-1252 has it.
// https://encoding.spec.whatwg.org/index-iso-8859-15.txt
constexpr std::string_view latin_9 = "\xA4\x80\xA6\x8A\xA8\x9A\xB4\x8E\xB8\x9E\xBC\x8C\xBD\x9C\xBE\x9F";
constexpr std::uint16_t replacement = 0xFFFD;

// Senders say ISO-8859-1 and mean windows-1252, so both are read as the latter, as browsers do.
// https://encoding.spec.whatwg.org/#names-and-labels
Decoded from_windows_1252(const std::string& bytes) {
  Decoded decoded;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    std::uint16_t code = byte;
    if (byte >= 0x80 && byte < 0xA0) code = windows_1252[byte - 0x80U];
    if (byte >= 0x80 && code == 0) {
      code = replacement;
      decoded.exact = false;
    }
    append_utf8(decoded.text, code);
  }
  return decoded;
}

}  // namespace

Decoded to_utf8(std::string_view bytes, std::string_view charset) {
  const std::string name = to_lower(trim(charset));
  std::string text = without_nul(bytes);
  const bool is_latin_9 = name == "iso-8859-15";
  if (is_latin_9)
    for (std::size_t i = 0; i < latin_9.size(); i += 2)
      std::replace(text.begin(), text.end(), latin_9[i], latin_9[i + 1]);
  if (is_latin_9 || is_one_of(name, "iso-8859-1 latin1 windows-1252 cp1252 iso8859-1"))
    return from_windows_1252(text);
  const bool known = name.empty() || is_one_of(name, "utf-8 utf8 us-ascii ascii");
  return {valid_utf8(text), known && is_valid_utf8(bytes)};
}

}  // namespace wf::sendgrid
