#include "shared/connectors/sendgrid/multipart.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "shared/base/text.hpp"

namespace wf::sendgrid {
namespace {

constexpr std::size_t most_parts = 500;
constexpr std::size_t longest_boundary = 200;  // RFC 2046 allows 70

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Takes the first line off `rest`, without its end.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// Of a line that ends the part before it.
struct Delimiter {
  std::size_t begin = 0;  // where the content before it ends
  std::size_t end = 0;    // after the line
  bool closing = false;
};

// A boundary counts only as a whole line of its own.
std::optional<Delimiter> delimiter_at(std::string_view body, std::size_t at, std::string_view boundary) {
  if (at > 0 && body[at - 1] != '\n') return std::nullopt;
  std::string_view rest = body.substr(at);
  const std::string_view line = take_line(rest);
  std::string_view after = line.substr(2 + boundary.size());
  const bool closing = starts_with(after, "--");
  if (closing) after.remove_prefix(2);
  if (!std::all_of(after.begin(), after.end(), is_blank)) return std::nullopt;
  std::size_t begin = at;
  if (begin > 0) --begin;
  if (begin > 0 && body[begin - 1] == '\r') --begin;
  return Delimiter{begin, body.size() - rest.size(), closing};
}

std::optional<Delimiter> find_delimiter(std::string_view body, std::size_t from, std::string_view boundary) {
  const std::string dashed = "--" + std::string(boundary);
  for (std::size_t at = body.find(dashed, from); at != std::string_view::npos; at = body.find(dashed, at + 1))
    if (auto found = delimiter_at(body, at, boundary)) return found;
  return std::nullopt;
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
  std::string out;
  for (std::size_t i = text + 1; i < value.size(); ++i) {
    const int high = value[i] == '%' && i + 2 < value.size() ? hex_digit(value[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(value[i + 2]) : -1;
    out += low >= 0 ? static_cast<char>(high * 16 + low) : value[i];
    if (low >= 0) i += 2;
  }
  return out;
}

// The next `;` outside of quotes, or the end.
std::size_t end_of_parameter(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      quoted = !quoted;
    else if (text[i] == ';' && !quoted)
      return i;
  }
  return text.size();
}

std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"') return std::string(text);
  std::string out;
  for (std::size_t i = 1; i < text.size() && text[i] != '"'; ++i) {
    // Browsers and SendGrid do not escape a backslash of a path: only a quote or another one is.
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
    out += text[i];
  }
  return out;
}

}  // namespace

Headers read_header_lines(std::string_view lines) {
  Headers headers;
  while (!lines.empty()) {
    const std::string_view line = take_line(lines);
    if (line.empty()) continue;
    if (is_blank(line.front()) && !headers.empty()) {
      headers.back().second.append(" ").append(trim(line));
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    headers.emplace_back(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
  }
  return headers;
}

std::string value_of(std::string_view header_value) {
  return to_lower(trim(header_value.substr(0, header_value.find(';'))));
}

std::string parameter_of(std::string_view header_value, std::string_view name) {
  std::string plain;
  for (std::string_view rest = header_value; !rest.empty();) {
    const std::size_t end = end_of_parameter(rest);
    const std::string_view parameter = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string key = to_lower(trim(parameter.substr(0, equals)));
    const std::string_view value = trim(parameter.substr(equals + 1));
    if (key == std::string(name) + "*") return decoded_extended(unquoted(value));
    if (key == name && plain.empty()) plain = unquoted(value);
  }
  return plain;
}

Part split_part(std::string_view bytes) {
  std::string_view rest = bytes;
  while (!rest.empty())
    if (take_line(rest).empty()) break;
  return {read_header_lines(bytes.substr(0, bytes.size() - rest.size())), rest};
}

Result<std::vector<Part>> read_parts(std::string_view body, std::string_view boundary, std::string_view who) {
  const auto broken = [&](std::string_view why) {
    return fail(ErrorKind::data, std::string(who) + ": " + std::string(why));
  };
  if (boundary.empty() || boundary.size() > longest_boundary) return broken("no boundary between its parts");
  std::vector<Part> parts;
  auto open = find_delimiter(body, 0, boundary);
  if (!open) return broken("no boundary between its parts");
  while (!open->closing) {
    const auto next = find_delimiter(body, open->end, boundary);
    if (!next) return broken("cut short");
    if (parts.size() == most_parts) return broken("too many parts");
    // An empty part: its two delimiters share a line end.
    const std::size_t size = next->begin > open->end ? next->begin - open->end : 0;
    parts.push_back(split_part(body.substr(open->end, size)));
    open = next;
  }
  return parts;
}

std::string_view boundary_of_form(std::string_view body) {
  const std::string_view line = take_line(body);
  if (!starts_with(line, "--")) return {};
  return trim(line.substr(2));
}

}  // namespace wf::sendgrid
