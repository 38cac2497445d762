#include "shared/connectors/sendgrid/mail.hpp"

#include <algorithm>
#include <utility>

#include "shared/base/text.hpp"
#include "shared/connectors/sendgrid/charsets.hpp"
#include "shared/connectors/sendgrid/texts.hpp"

namespace wf::sendgrid {
namespace {

constexpr int deepest_part = 10;
constexpr std::size_t longest_file_name = 200;
constexpr std::string_view months = "janfebmaraprmayjunjulaugsepoctnovdec";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

std::string decode_transfer(std::string_view content, std::string_view encoding) {
  const std::string name = to_lower(trim(encoding));
  if (name == "base64") return decode_base64(content);
  if (name == "quoted-printable") return decode_quoted_printable(content);
  return std::string(content);
}

// `charset?Q?text?=` after `=?`; the length of the whole word, 0 when it is none.
std::size_t decode_word(std::string_view text, std::string& out) {
  const std::size_t charset = text.find('?');
  if (charset == std::string_view::npos || charset + 2 >= text.size() || text[charset + 2] != '?') return 0;
  const std::size_t begin = charset + 3;
  const std::size_t end = text.find("?=", begin);
  if (end == std::string_view::npos) return 0;
  std::string word(text.substr(begin, end - begin));
  const char encoding = text[charset + 1];
  if (encoding == 'B' || encoding == 'b') {
    word = decode_base64(word);
  } else if (encoding == 'Q' || encoding == 'q') {
    std::replace(word.begin(), word.end(), '_', ' ');
    word = decode_quoted_printable(word);
  } else {
    return 0;
  }
  out += to_utf8(word, text.substr(0, std::min(charset, text.find('*')))).text;
  return end + 2;
}

// The parts of an address list, split at commas outside of quotes, brackets and comments.
std::vector<std::string_view> split_addresses(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      quoted = !quoted;
    else if (!quoted && (text[i] == '<' || text[i] == '('))
      ++depth;
    else if (!quoted && (text[i] == '>' || text[i] == ')'))
      depth = std::max(0, depth - 1);
    else if (!quoted && depth == 0 && text[i] == ',') {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::string unquoted(std::string_view text) {
  text = trim(text);
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

Address read_address(std::string_view text) {
  const std::size_t open = text.rfind('<');
  const std::size_t close = text.rfind('>');
  if (open != std::string_view::npos && close != std::string_view::npos && close > open)
    return {to_lower(one_line(text.substr(open + 1, close - open - 1))),
            decode_words(unquoted(text.substr(0, open)))};
  const std::string_view bare = trim(text.substr(0, text.find('(')));
  return {contains(bare, "@") ? to_lower(one_line(bare)) : "", ""};
}

// `+0200` in seconds; a zone that is a name counts as UTC.
std::int64_t zone_secs(std::string_view zone) {
  if (zone.size() != 5 || (zone.front() != '+' && zone.front() != '-')) return 0;
  const auto digits = parse_int64(zone.substr(1));
  if (!digits) return 0;
  const std::int64_t secs = *digits / 100 * 3600 + *digits % 100 * 60;
  return zone.front() == '-' ? -secs : secs;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (const std::string_view word : split(text, ' '))
    if (!trim(word).empty()) words.push_back(trim(word));
  return words;
}

// U+202A to U+202E and U+2066 to U+2069 would show "exe.pdf" for "fdp.exe".
void drop_direction_marks(std::string& text) {
  for (std::size_t at = 0; (at = text.find('\xE2', at)) != std::string::npos;) {
    const std::string_view mark = std::string_view(text).substr(at, 3);
    const bool turns = (mark >= "\xE2\x80\xAA" && mark <= "\xE2\x80\xAE") ||
                       (mark >= "\xE2\x81\xA6" && mark <= "\xE2\x81\xA9");
    if (turns)
      text.erase(at, mark.size());
    else
      ++at;
  }
}

void add_text(std::string& to, std::string_view bytes, std::string_view charset, Mail& mail) {
  Decoded decoded = to_utf8(bytes, charset);
  if (!decoded.exact) mail.problem = "a text is not in the charset " + one_line(charset, 40);
  if (!to.empty()) to += '\n';
  to += decoded.text;
}

void add_part(Mail& mail, const Part& part, int depth);

void add_leaf(Mail& mail, const Part& part, std::string_view type) {
  const std::string_view described = header(part.headers, "content-type");
  const std::string_view disposition = header(part.headers, "content-disposition");
  std::string name = parameter_of(disposition, "filename");
  if (name.empty()) name = parameter_of(described, "name");
  std::string bytes = decode_transfer(part.content, header(part.headers, "content-transfer-encoding"));
  const bool is_file = value_of(disposition) == "attachment" || !name.empty();
  const std::string charset = parameter_of(described, "charset");
  if (!is_file && (type.empty() || type == "text/plain")) return add_text(mail.text, bytes, charset, mail);
  if (!is_file && type == "text/html") return add_text(mail.html, bytes, charset, mail);
  mail.files.push_back({safe_file_name(decode_words(name)), std::string(type), std::move(bytes)});
}

void add_parts(Mail& mail, const Part& part, int depth) {
  const std::string boundary = parameter_of(header(part.headers, "content-type"), "boundary");
  const auto parts = read_parts(part.content, boundary, "mail");
  if (!parts) {
    mail.problem = parts.error().message;
    return;
  }
  for (const Part& inner : *parts) add_part(mail, inner, depth + 1);
}

void add_part(Mail& mail, const Part& part, int depth) {
  const std::string type = value_of(header(part.headers, "content-type"));
  if (!starts_with(type, "multipart/")) return add_leaf(mail, part, type);
  if (depth < deepest_part) return add_parts(mail, part, depth);
  mail.problem = "parts inside of parts, too deep";
}

}  // namespace

std::string decode_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = base64_digit(c);
    if (c == '=') break;
    if (digit < 0) continue;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    if ((count += 6) < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  return out;
}

std::string decode_quoted_printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
      continue;
    }
    const std::string_view after = text.substr(i + 1);
    const int high = after.size() >= 2 ? hex_digit(after[0]) : -1;
    const int low = high >= 0 ? hex_digit(after[1]) : -1;
    if (low >= 0)
      out += static_cast<char>(high * 16 + low), i += 2;
    else if (starts_with(after, "\r\n"))
      i += 2;  // a line that was broken only to be short
    else if (starts_with(after, "\n"))
      i += 1;
    else
      out += '=';
  }
  return out;
}

std::string decode_words(std::string_view header_value) {
  std::string out;
  bool after_word = false;
  while (!header_value.empty()) {
    const std::size_t begin = header_value.find("=?");
    const std::string_view between = header_value.substr(0, begin);
    // White space between two encoded words is no part of the text.
    if (!after_word || begin == std::string_view::npos || !trim(between).empty()) out += between;
    if (begin == std::string_view::npos) break;
    header_value.remove_prefix(begin + 2);
    const std::size_t length = decode_word(header_value, out);
    after_word = length > 0;
    if (!after_word) out += "=?";
    header_value.remove_prefix(length);
  }
  return one_line(out);
}

std::vector<Address> read_addresses(std::string_view header_value) {
  std::vector<Address> addresses;
  for (const std::string_view part : split_addresses(header_value)) {
    Address address = read_address(part);
    if (!address.email.empty()) addresses.push_back(std::move(address));
  }
  return addresses;
}

std::vector<std::string> read_message_ids(std::string_view header_value) {
  std::vector<std::string> ids;
  for (std::size_t at = 0; (at = header_value.find('<', at)) != std::string_view::npos;) {
    const std::size_t end = header_value.find('>', at);
    if (end == std::string_view::npos) break;
    const std::string id = one_line(header_value.substr(at, end - at + 1));
    if (id.back() == '>' && !contains(id, " ")) ids.push_back(id);
    at = end + 1;
  }
  return ids;
}

std::optional<UnixSeconds> read_mail_date(std::string_view text) {
  const std::size_t comma = text.find(',');
  const auto words = words_of(comma == std::string_view::npos ? text : text.substr(comma + 1));
  if (words.size() < 4) return std::nullopt;
  const auto day = parse_int64(words[0]);
  const std::size_t month =
      words[1].size() < 3 ? months.size() : months.find(to_lower(words[1].substr(0, 3)));
  const auto year = parse_int64(words[2]);
  if (!day || *day < 1 || *day > 31 || !year || *year < 1970 || *year > 9999 || month >= months.size() ||
      month % 3 != 0)
    return std::nullopt;
  const auto two = [](std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  std::string time(words[3]);
  if (time.size() == 5) time += ":00";
  const auto local = parse_time(std::to_string(*year) + "-" + two(static_cast<std::int64_t>(month) / 3 + 1) +
                                "-" + two(*day) + "T" + time + "Z");
  if (!local) return std::nullopt;
  return *local - std::chrono::seconds(words.size() > 4 ? zone_secs(words[4]) : 0);
}

Result<Mail> read_mail(std::string_view message) {
  const Part whole = split_part(message);
  if (whole.headers.empty()) return fail(ErrorKind::data, "mail: no headers");
  Mail mail{.headers = whole.headers};
  add_part(mail, whole, 0);
  return mail;
}

std::string safe_file_name(std::string_view name) {
  const std::size_t slash = name.find_last_of("/\\");
  std::string safe =
      one_line(slash == std::string_view::npos ? name : name.substr(slash + 1), longest_file_name);
  for (char& c : safe)
    if (std::string_view("<>:\"|?*;").find(c) != std::string_view::npos) c = '_';
  drop_direction_marks(safe);
  const std::size_t begin = safe.find_first_not_of(". ");
  return begin == std::string::npos ? "unnamed" : safe.substr(begin);
}

}  // namespace wf::sendgrid
