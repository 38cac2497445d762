#include "shared/connectors/sendgrid/texts.hpp"

#include <algorithm>
#include <utility>

#include "shared/base/text.hpp"

namespace wf::sendgrid {

std::string without_nul(std::string_view text) {
  std::string clean(text);
  clean.erase(std::remove(clean.begin(), clean.end(), '\0'), clean.end());
  return clean;
}

Json json_without_nul(const Json& value) {
  if (value.is_string()) return without_nul(value.get_ref<const std::string&>());
  if (value.is_array()) {
    Json clean = Json::array();
    for (const Json& item : value) clean.push_back(json_without_nul(item));
    return clean;
  }
  if (!value.is_object()) return value;
  Json clean = Json::object();
  for (const auto& [name, member] : value.items()) clean[without_nul(name)] = json_without_nul(member);
  return clean;
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t length = std::min<std::size_t>(text.size(), 4);
    while (length > 0 && !is_valid_utf8(text.substr(0, length))) --length;
    // Up to four bytes may be several characters: all of them are whole.
    if (length == 0) out += "\xEF\xBF\xBD";
    out += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::string one_line(std::string_view text, std::size_t most) {
  std::string line = valid_utf8(text);
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f') c = ' ';
  return shorten(trim(line), most);
}

Json text_or_null(std::string_view text) { return text.empty() ? Json() : Json(text); }

}  // namespace wf::sendgrid
