#include "shared/connectors/sendgrid/multipart.hpp"

#include "shared/base/text.hpp"

namespace wf::sendgrid {
namespace {

constexpr std::size_t most_parts = 500;
constexpr std::size_t longest_boundary = 200;  // RFC 2046 allows 70
constexpr std::size_t most_headers = 1000;     // of a part; a mail has some fifty

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Takes the first line off `rest`, without its end.
std::string_view take_line(std::string_view& rest) {
  std::string_view line = cut(rest, '\n');
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// The end of a line belongs to the boundary below it.
std::string_view without_line_end(std::string_view text) {
  if (!text.empty()) text.remove_suffix(1);
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  return text;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// RFC 8187: UTF-8''na%C3%AFve.txt
std::string decoded_extended(std::string_view value) {
  const std::size_t language = value.find('\'');
  const std::size_t text = value.find('\'', language + 1);
  if (language == std::string_view::npos || text == std::string_view::npos) return std::string(value);
  return decode_escapes(value.substr(text + 1), '%');
}

// Takes a parameter off `rest`, up to the next `;` outside of quotes, and the quotes off it.
std::string take_parameter(std::string_view& rest) {
  std::string out;
  bool quoted = false;
  while (!rest.empty()) {
    char c = rest.front();
    rest.remove_prefix(1);
    if (c == ';' && !quoted) break;
    if (c == '"') {
      quoted = !quoted;
      continue;
    }
    // Browsers and SendGrid do not escape a backslash of a path: only a quote or another one is.
    if (quoted && c == '\\' && !rest.empty() && (rest.front() == '"' || rest.front() == '\\')) {
      c = rest.front();
      rest.remove_prefix(1);
    }
    out += c;
  }
  return out;
}

}  // namespace

Headers read_header_lines(std::string_view lines) {
  Headers headers;
  while (!lines.empty() && headers.size() < most_headers) {
    const std::string_view line = take_line(lines);
    if (line.empty()) continue;
    if (is_blank(line.front()) && !headers.empty()) {
      headers.back().second.append(" ").append(trim(line));
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    add_header(headers, trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
  }
  return headers;
}

std::string value_of(std::string_view header_value) {
  return to_lower(trim(header_value.substr(0, header_value.find(';'))));
}

std::string parameter_of(std::string_view header_value, std::string_view name) {
  const std::string extended = concat({name, "*"});
  std::string plain, pieces;  // name*0="a long "; name*1="name.pdf"; of encoded ones: name*0*=UTF-8''...
  bool encoded = false;
  while (!header_value.empty()) {
    const std::string text = take_parameter(header_value);
    const std::string_view parameter = text;
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string key = to_lower(trim(parameter.substr(0, equals)));
    const std::string_view value = trim(parameter.substr(equals + 1));
    if (key == extended) return decoded_extended(value);
    if (starts_with(key, extended)) {
      pieces += parameter.substr(equals + 1);
      encoded = encoded || key.back() == '*';
    }
    if (key == name && plain.empty()) plain = value;
  }
  if (pieces.empty()) return plain;
  return encoded ? decoded_extended(pieces) : pieces;
}

std::string decode_escapes(std::string_view text, char mark) {
  std::string out;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    const int high = c == mark && text.size() >= 2 ? hex_digit(text[0]) : -1;
    const int low = high >= 0 ? hex_digit(text[1]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      text.remove_prefix(2);
    } else if (c == mark && (starts_with(text, "\n") || starts_with(text, "\r\n"))) {
      take_line(text);  // it was broken only to be short
    } else {
      out += c;
    }
  }
  return out;
}

Part split_part(std::string_view bytes) {
  std::string_view rest = bytes;
  while (!rest.empty())
    if (take_line(rest).empty()) break;
  return {read_header_lines(bytes.substr(0, bytes.size() - rest.size())), rest};
}

std::string_view read_parts(std::string_view body, std::string_view boundary, std::vector<Part>& parts) {
  if (boundary.empty() || boundary.size() > longest_boundary) return "no boundary between its parts";
  const std::string dashed = concat({"--", boundary});
  bool inside = false;
  std::string_view open;  // the bytes from the begin of the open part on
  for (std::string_view rest = body; !rest.empty();) {
    const std::size_t left = rest.size();
    std::string_view line = take_line(rest);
    if (!starts_with(line, dashed)) continue;
    // A boundary counts only as a whole line of its own.
    line.remove_prefix(dashed.size());
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    const bool closing = line == "--";
    if (!closing && !line.empty()) continue;
    if (inside) {
      if (parts.size() == most_parts) return "too many parts";
      parts.push_back(split_part(without_line_end(open.substr(0, open.size() - left))));
    }
    if (closing) return {};
    inside = true;
    open = rest;
  }
  if (!inside) return "no boundary between its parts";
  if (parts.size() < most_parts) parts.push_back(split_part(open));
  return "cut short";
}

std::string_view boundary_of_form(std::string_view body) {
  const std::string_view line = take_line(body);
  if (!starts_with(line, "--")) return {};
  return trim(line.substr(2));
}

}  // namespace wf::sendgrid
