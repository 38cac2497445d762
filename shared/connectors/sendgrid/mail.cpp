#include "shared/connectors/sendgrid/mail.hpp"

#include <algorithm>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/sendgrid/charsets.hpp"
#include "shared/connectors/sendgrid/texts.hpp"

namespace wf::sendgrid {
namespace {

constexpr int deepest_part = 10;
constexpr std::size_t longest_file_name = 200;
// What strangers write is read to its end only as far as somebody may mean it: a header of a megabyte, a word
// in it that never ends, ten thousand addresses or files are there to keep a Worker busy.
constexpr std::size_t longest_word = 400;  // RFC 2047 allows 75
constexpr std::size_t longest_header = 100'000;
constexpr std::size_t most_addresses = 500;
constexpr std::size_t most_files = 100;
constexpr std::size_t longest_text = 2'000'000;
// They would show "exe.pdf" for "fdp.exe".
constexpr std::string_view direction_marks = "\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069";
constexpr std::string_view months = "jan01feb02mar03apr04may05jun06jul07aug08sep09oct10nov11dec12";

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
  text = text.substr(0, longest_word);
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

std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

void add_address(Json& list, std::string_view text) {
  const std::size_t open = text.rfind('<');
  const std::size_t close = text.rfind('>');
  const bool in_brackets = close != std::string_view::npos && open < close;
  const std::string_view bare = text.substr(0, text.find('('));
  if (!in_brackets && !contains(bare, "@")) return;
  const std::string email = to_lower(one_line(in_brackets ? text.substr(open + 1, close - open - 1) : bare));
  if (email.empty()) return;
  const std::string_view before = in_brackets ? text.substr(0, open) : "";
  list.push_back(make_address(email, decode_words(unquoted(trim(before)))));
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (const std::string_view word : split(text, ' '))
    if (!trim(word).empty()) words.push_back(trim(word));
  return words;
}

void add_leaf(Mail& mail, const Part& part, std::string_view type) {
  const std::string_view described = header(part.headers, "content-type");
  const std::string_view disposition = header(part.headers, "content-disposition");
  std::string name = parameter_of(disposition, "filename");
  if (name.empty()) name = parameter_of(described, "name");
  std::string bytes = decode_transfer(part.content, header(part.headers, "content-transfer-encoding"));
  const bool is_html = type == "text/html";
  const bool is_text = is_html || type.empty() || type == "text/plain";
  if (!is_text || value_of(disposition) == "attachment" || !name.empty())
    return add_file(mail, name, type, std::move(bytes));
  std::string& to = is_html ? mail.html : mail.text;
  if (to.size() > longest_text) return;
  if (!to.empty()) to += '\n';
  to += read_text(mail, "a text", bytes, parameter_of(described, "charset"));
}

void add_part(Mail& mail, const Part& part, int depth) {
  const std::string_view described = header(part.headers, "content-type");
  const std::string type = value_of(described);
  if (!starts_with(type, "multipart/")) return add_leaf(mail, part, type);
  std::vector<Part> parts;
  const std::string_view problem = depth < deepest_part
                                       ? read_parts(part.content, parameter_of(described, "boundary"), parts)
                                       : "parts inside of parts, too deep";
  if (!problem.empty()) mail.problem = concat({"mail: ", problem});
  // What could be read of it is better than an empty mail.
  for (const Part& inner : parts) add_part(mail, inner, depth + 1);
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

std::string decode_quoted_printable(std::string_view text) { return decode_escapes(text, '='); }

std::string decode_words(std::string_view header_value) {
  header_value = header_value.substr(0, longest_header);
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

Json make_address(std::string_view email, std::string_view name) {
  return JsonObject().text("email", email).text_or_null("name", name).take();
}

Json read_addresses(std::string_view header_value) {
  Json addresses;
  // They are split at commas outside of quotes, brackets and comments.
  int depth = 0;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < header_value.size() && addresses.size() < most_addresses; ++i) {
    const char c = header_value[i];
    if (c == '\\')
      ++i;
    else if (c == '"')
      quoted = !quoted;
    else if (!quoted && (c == '<' || c == '('))
      ++depth;
    else if (!quoted && (c == '>' || c == ')'))
      depth = std::max(0, depth - 1);
    else if (!quoted && depth == 0 && c == ',') {
      add_address(addresses, header_value.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  if (addresses.size() < most_addresses) add_address(addresses, header_value.substr(begin));
  return addresses;
}

std::vector<std::string> read_message_ids(std::string_view header_value) {
  header_value = header_value.substr(0, longest_header);
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
  const auto words = words_of(text.substr(comma == std::string_view::npos ? 0 : comma + 1));
  if (words.size() < 4 || words[1].size() < 3) return std::nullopt;
  const std::size_t month = months.find(to_lower(words[1].substr(0, 3)));
  if (month == std::string_view::npos) return std::nullopt;
  // A zone that is a name counts as UTC.
  const bool has_offset = words.size() > 4 && (words[4].front() == '+' || words[4].front() == '-');
  return parse_time(
      concat({words[2], "-", months.substr(month + 3, 2), words[0].size() == 1 ? "-0" : "-", words[0], "T",
              words[3], words[3].size() == 5 ? ":00" : "", has_offset ? words[4] : "Z"}));
}

std::string read_text(Mail& mail, std::string_view what, std::string_view bytes, std::string_view charset) {
  Decoded decoded = to_utf8(bytes, charset);
  blank_controls(decoded.text, "\t\n\r");
  if (!decoded.exact) mail.problem = concat({what, " is not in the charset ", one_line(charset, 40)});
  if (decoded.text.size() <= longest_text) return std::move(decoded.text);
  mail.problem = concat({what, " is longer than 2 MB"});
  return shorten(decoded.text, longest_text);
}

void add_file(Mail& mail, std::string_view name, std::string_view content_type, std::string bytes) {
  if (mail.files.size() >= most_files) {
    mail.problem = "more than 100 files";
    return;
  }
  const std::string key =
      concat({mail.folder, "/", decimal(static_cast<std::int64_t>(mail.files.size()) + 1)});
  mail.attachments.push_back(JsonObject()
                                 .text("name", safe_file_name(decode_words(name)))
                                 .text("content_type", one_line(content_type, 100))
                                 .number("bytes", static_cast<std::int64_t>(bytes.size()))
                                 .text("object_key", key)
                                 .take());
  PutObject& file = mail.files.emplace_back();
  file.key = key;
  file.body = std::move(bytes);
  file.content_type = "application/octet-stream";  // what a stranger calls a page is not served as one
  file.if_absent = true;
}

bool read_mail(const Part& message, Mail& mail) {
  if (message.headers.empty()) return false;
  add_part(mail, message, 0);
  return true;
}

std::string safe_file_name(std::string_view name) {
  const std::string line = one_line(name, name.size());
  std::string safe;
  for (std::string_view rest = line; !rest.empty();) {
    const std::string_view character = rest.substr(0, first_character(rest).length);
    rest.remove_prefix(character.size());
    if (contains("/\\", character))
      safe.clear();
    else if (contains("<>:\"|?*;", character))
      safe += '_';
    else if (!contains(direction_marks, character) && !(safe.empty() && contains(". ", character)))
      safe += character;
  }
  return safe.empty() ? "unnamed" : shorten(safe, longest_file_name);
}

}  // namespace wf::sendgrid
