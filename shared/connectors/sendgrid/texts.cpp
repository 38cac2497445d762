#include "shared/connectors/sendgrid/texts.hpp"

#include "shared/base/text.hpp"

namespace wf::sendgrid {

std::string valid_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Utf8Character first = first_character(text);
    const std::string_view bytes = text.substr(0, first.valid ? first.length : 1);
    out += first.valid ? bytes : "\xEF\xBF\xBD";
    text.remove_prefix(bytes.size());
  }
  return out;
}

std::string one_line(std::string_view text, std::size_t most) {
  std::string line = valid_utf8(text);
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f') c = ' ';
  return shorten(trim(line), most);
}

}  // namespace wf::sendgrid
