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

void blank_controls(std::string& text, std::string_view but) {
  for (char& c : text)
    if ((static_cast<unsigned char>(c) < 0x20 || c == '\x7f') && but.find(c) == std::string_view::npos)
      c = ' ';
}

std::string one_line(std::string_view text, std::size_t most) {
  std::string line = valid_utf8(text);
  blank_controls(line, "");
  return shorten(trim(line), most);
}

}  // namespace wf::sendgrid
