#include "shared/base/json_events.hpp"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "shared/base/text.hpp"

namespace wf {
namespace {

enum class Ending : std::uint8_t { wrong, stopped, too_deep };

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Eight bytes at a time: the C library's own looks at one.
bool are_equal(const char* a, const char* b, std::size_t size) {
  constexpr std::size_t block = sizeof(std::uint64_t);
  std::uint64_t of_a = 0, of_b = 0;
  for (; size >= block; size -= block, a += block, b += block) {
    std::memcpy(&of_a, a, block);
    std::memcpy(&of_b, b, block);
    if (of_a != of_b) return false;
  }
  for (; size > 0; --size)
    if (*a++ != *b++) return false;
  return true;
}

// RFC 8259, from left to right, in a text that is valid UTF-8. Each step says whether it was taken, and the
// first that was not ends it all.
class Reader {
 public:
  Reader(std::string_view text, JsonEvents& events, int deepest)
      : at_(text.data()), end_(text.data() + text.size()), events_(events), levels_left_(deepest) {}

  bool read_document() {
    if (!read_value()) return false;
    skip_space();
    return at_ == end_;
  }
  Ending ending() const { return ending_; }

 private:
  bool read_value() {
    skip_space();
    switch (peek()) {
      case '{':
        return begin(false) && read_members() && end();
      case '[':
        return begin(true) && read_elements() && end();
      case '"':
        return read_text_value();
      case 't':
        return read_word(JsonScalar::flag, "true");
      case 'f':
        return read_word(JsonScalar::flag, "false");
      case 'n':
        return read_word(JsonScalar::null, "null");
      default:
        return read_number();
    }
  }

  bool read_members() {
    if (takes('}')) return true;
    do {
      skip_space();
      if (!read_text() || !goes_on(events_.on_key(text_)) || !takes(':') || !read_value()) return false;
    } while (takes(','));
    return takes('}');
  }

  bool read_elements() {
    if (takes(']')) return true;
    const bool alike = events_.expects_like_elements();
    do {
      if (alike ? !read_row() : !read_value()) return false;
    } while (takes(','));
    return takes(']');
  }

  // Most rows of a table are the row before them but for their values: the text between the values is
  // compared as a whole, and nothing of it is told again.
  bool read_row() {
    const char* start = at_;
    if (!gaps_.empty()) {
      if (read_like_row()) return goes_on(events_.on_like_end(true));
      if (ending_ == Ending::stopped) return false;
      events_.on_like_end(false);
      at_ = start;
    }
    gaps_.clear();
    gap_from_ = start;
    const bool taken = read_value();
    last_gap_ = since(gap_from_);
    gap_from_ = nullptr;
    return taken;
  }

  bool read_like_row() {
    for (std::size_t i = 0; i < gaps_.size(); ++i) {
      if (!skips(gaps_[i].text)) return false;
      const JsonScalar kind = gaps_[i].next;
      if (!(kind == JsonScalar::text ? read_text() : scan_number())) return false;
      if (!goes_on(events_.on_like_scalar(i, kind, text_))) return false;
    }
    return skips(last_gap_);
  }

  // The value from `start` to here ends what stood before it in its row.
  void end_gap(const char* start, JsonScalar kind) {
    if (gap_from_ == nullptr) return;
    gaps_.push_back({{gap_from_, static_cast<std::size_t>(start - gap_from_)}, kind});
    gap_from_ = at_;
  }

  bool begin(bool array) {
    ++at_;
    if (--levels_left_ < 0) {
      ending_ = Ending::too_deep;
      return false;
    }
    return goes_on(events_.on_begin(array));
  }

  bool end() {
    ++levels_left_;
    return goes_on(events_.on_end());
  }

  bool read_text_value() {
    const char* start = at_;
    if (!read_text()) return false;
    end_gap(start, JsonScalar::text);
    return goes_on(events_.on_scalar(JsonScalar::text, text_));
  }

  bool read_word(JsonScalar kind, std::string_view word) {
    return skips(word) && goes_on(events_.on_scalar(kind, word));
  }

  bool read_number() {
    const char* start = at_;
    if (!scan_number()) return false;
    end_gap(start, JsonScalar::number);
    return goes_on(events_.on_scalar(JsonScalar::number, text_));
  }

  bool scan_number() {
    const char* start = at_;
    skips('-');
    if (!skips('0') && !read_digits()) return false;
    if (skips('.') && !read_digits()) return false;
    const bool has_exponent = skips('e') || skips('E');
    if (has_exponent && !skips('+')) skips('-');
    if (has_exponent && !read_digits()) return false;
    text_ = since(start);
    // Only these can be more than a double holds.
    const bool is_large = has_exponent || text_.size() > 308;
    return !is_large || !std::isinf(std::strtod(std::string(text_).c_str(), nullptr));
  }

  bool read_digits() {
    const char* start = at_;
    while (is_digit(peek())) ++at_;
    return at_ != start;
  }

  // What stands between quotes, into text_: where it stands, or, if anything is escaped, from unescaped_.
  bool read_text() {
    if (!skips('"')) return false;
    const char* start = at_;
    skip_plain();
    text_ = since(start);
    if (peek() == '\\') {
      unescaped_ = text_;
      while (skips('\\')) {
        if (!read_escape()) return false;
        start = at_;
        skip_plain();
        unescaped_.append(start, at_);
      }
      text_ = unescaped_;
    }
    return skips('"');
  }

  void skip_plain() { at_ += plain_length(rest()); }

  bool read_escape() {
    constexpr std::string_view names = "\"\\/bfnrt";
    constexpr std::string_view characters = "\"\\/\b\f\n\r\t";
    const auto known = names.find(peek());
    if (known == std::string_view::npos) return skips('u') && read_code_point();
    unescaped_ += characters[known];
    ++at_;
    return true;
  }

  // Beyond U+FFFF there are two in a row, of which neither may stand alone (RFC 8259, section 7).
  bool read_code_point() {
    unsigned point = read_code_unit();
    if (point >> 10U == 0xD800 >> 10U) {
      if (!skips("\\u")) return false;
      const unsigned low = read_code_unit();
      if (low >> 10U != 0xDC00 >> 10U) return false;
      point = 0x10000 + ((point & 0x3FFU) << 10U | (low & 0x3FFU));
    } else if (point >> 10U == 0xDC00 >> 10U || point > 0xFFFF) {
      return false;
    }
    append_utf8(unescaped_, point);
    return true;
  }

  // Four hexadecimal digits; more than 0xFFFF when they are not.
  unsigned read_code_unit() {
    unsigned unit = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = peek();
      const char letter = static_cast<char>(c | 0x20);
      if (is_digit(c))
        unit = unit << 4U | static_cast<unsigned>(c - '0');
      else if (letter >= 'a' && letter <= 'f')
        unit = unit << 4U | static_cast<unsigned>(letter - 'a' + 10);
      else
        return ~0U;
      ++at_;
    }
    return unit;
  }

  // What a receiver answers.
  bool goes_on(bool answer) {
    if (!answer) ending_ = Ending::stopped;
    return answer;
  }

  bool takes(char wanted) {
    skip_space();
    return skips(wanted);
  }

  bool skips(char wanted) {
    if (peek() != wanted) return false;
    ++at_;
    return true;
  }

  bool skips(std::string_view wanted) {
    if (rest().size() < wanted.size() || !are_equal(at_, wanted.data(), wanted.size())) return false;
    at_ += wanted.size();
    return true;
  }

  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  char peek() const { return at_ == end_ ? '\0' : *at_; }
  std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }
  std::string_view since(const char* start) const { return {start, static_cast<std::size_t>(at_ - start)}; }

  struct Gap {
    std::string_view text;  // what stands before a value, back to the value before that
    JsonScalar next;
  };

  const char* at_;
  const char* end_;
  JsonEvents& events_;
  int levels_left_;
  Ending ending_ = Ending::wrong;
  std::string_view text_;
  std::string unescaped_;
  std::vector<Gap> gaps_;  // of the last row that was read in full
  std::string_view last_gap_;
  const char* gap_from_ = nullptr;  // while a row is read in full
};

tl::unexpected<Error> refuse(std::string_view who, std::string_view why) {
  return fail(ErrorKind::data, {who, ": the reply is ", why});
}

}  // namespace

Result<bool> read_json_events(std::string_view text, std::string_view who, JsonEvents& events, int deepest) {
  const std::string_view trimmed = trim(text);
  if (trimmed.empty()) return refuse(who, "empty");
  if (!is_valid_utf8(text)) return refuse(who, "not valid UTF-8");
  Reader reader(text, events, deepest);
  if (reader.read_document()) return true;
  if (reader.ending() == Ending::too_deep) return refuse(who, "nested too deep");
  if (reader.ending() == Ending::stopped) return false;
  if (trimmed.front() == '<') return refuse(who, "HTML, not JSON");
  return refuse(who, "not JSON, or was cut off");
}

}  // namespace wf
