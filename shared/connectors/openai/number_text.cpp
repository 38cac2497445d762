#include "shared/connectors/openai/number_text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "shared/base/text.hpp"
#include "shared/connectors/openai/digits.hpp"
#include "shared/connectors/openai/number_words.hpp"
#include "shared/connectors/openai/spelled.hpp"

namespace wf::openai {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_ascii_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
// Of Latin and other alphabets in two bytes; quotes, bullets and dashes have other first bytes.
bool is_lead_of_letter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0xC3 && byte <= 0xDF;
}

class Scanner {
 public:
  explicit Scanner(std::string_view original)
      : original_(original), plain_(plain_of(original)), text_(plain_.text) {}

  std::vector<Mention> take() {
    while (at_ < text_.size()) {
      if (is_digit(text_[at_]))
        on_digit();
      else if (letter_length(at_) > 0)
        on_word();
      else
        ++at_;
    }
    return std::move(found_);
  }

 private:
  char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  bool is_space(std::size_t i) const { return at(i) == ' ' || at(i) == group_space; }
  std::size_t letter_length(std::size_t i) const {
    if (is_ascii_letter(at(i))) return 1;
    return is_lead_of_letter(at(i)) ? 2 : 0;
  }
  std::size_t end_of_word(std::size_t i) const {
    while (const std::size_t length = letter_length(i)) i += length;
    return std::min(i, text_.size());
  }
  std::string_view between(std::size_t from, std::size_t to) const { return text_.substr(from, to - from); }
  std::string word_at(std::size_t i) const { return to_lower(between(i, end_of_word(i))); }
  std::size_t skip_spaces(std::size_t i) const {
    while (is_space(i)) ++i;
    return i;
  }

  // Digits that stand alone; 0 is none.
  std::size_t digits_at(std::size_t i) const {
    std::size_t end = i;
    while (is_digit(at(end))) ++end;
    return end - i;
  }
  int number_at(std::size_t i, std::size_t length) const {
    return static_cast<int>(parse_int64(text_.substr(i, length)).value_or(0));
  }

  void found(Mention mention, std::size_t from, std::size_t to) {
    const std::size_t start = plain_.origin[from];
    while (plain_.origin[to] == plain_.origin[to - 1]) ++to;  // a character that was spelled out
    mention.text = std::string(trim(original_.substr(start, plain_.origin[to] - start)));
    found_.push_back(std::move(mention));
  }

  // ---- words ----

  void on_word() {
    const std::size_t start = at_;
    const std::size_t end = end_of_word(start);
    if (const int month = month_at(start); month != 0 && on_month(start, end, month)) return;
    if (const std::string_view code = currency_at(start); !code.empty()) {
      std::size_t next = skip_spaces(end);
      if (at(next) == '-' || at(next) == '+') ++next;
      if (is_digit(at(next))) return on_number(start, next, code);
    }
    if (on_spelled(start)) return;
    at_ = end;
    // A name: GA4, H1, v1.2.
    while (is_digit(at(at_)) || (at(at_) == '.' && at_ > end && is_digit(at(at_ + 1)))) ++at_;
  }

  // The number whose words stand at `i`, which then is their end: "two hundred and five thousand three".
  std::optional<int> take_spelled(std::size_t& i) const {
    auto value = take_below_thousand(i);
    const std::size_t scale = skip_spaces(i);
    if (!value || word_at(scale) != "thousand") return value;
    std::size_t end = skip_and(skip_spaces(end_of_word(scale)));
    const auto rest = take_below_thousand(end);
    if (!rest) return value;  // a scale like any other
    i = end;
    return *value * 1000 + *rest;
  }

  std::optional<int> take_below_thousand(std::size_t& i) const {
    auto value = take_below_hundred(i);
    const std::size_t next = skip_spaces(i);
    if (!value || word_at(next) != "hundred") return value;
    i = end_of_word(next);
    std::size_t end = skip_and(skip_spaces(i));
    const auto rest = take_below_hundred(end);
    if (rest) i = end;
    return *value * 100 + rest.value_or(0);
  }

  std::optional<int> take_below_hundred(std::size_t& i) const {
    const auto value = spelled_number(word_at(i));
    if (!value) return std::nullopt;
    i = end_of_word(i);
    if (*value < 20 || *value > 90 || *value % 10 != 0) return value;
    const std::size_t next = at(i) == '-' ? i + 1 : skip_spaces(i);
    const auto unit = spelled_unit(word_at(next));
    if (unit) i = end_of_word(next);
    return *value + unit.value_or(0);
  }

  std::size_t skip_and(std::size_t i) const { return word_at(i) == "and" ? skip_spaces(end_of_word(i)) : i; }

  // Small ones are often no statement, "one of the two": they are one with a mark or a scale.
  bool on_spelled(std::size_t start) {
    std::size_t end = start;
    const auto value = take_spelled(end);
    if (!value) return false;
    const double scale = take_scale(end);
    Mention mention{.readings = {{*value * scale, 0.5 * scale}}};
    take_mark(mention, end);
    const std::string next = word_at(skip_spaces(end));
    const bool thanks = next == "dank" || next == "thanks";
    if (!thanks && (*value > 12 || scale > 1 || mention.kind != Number::Kind::plain))
      found(std::move(mention), start, end);
    at_ = end;
    return true;
  }

  int month_at(std::size_t i) const { return at(i) < 'A' || at(i) > 'Z' ? 0 : month_of(word_at(i)); }

  std::string_view currency_at(std::size_t i) const { return currency_of(word_at(i)); }

  // ---- dates ----

  struct Days {
    std::vector<int> days;
    std::size_t end = 0;
  };

  std::size_t skip_ordinal(std::size_t i) const {
    const std::string word = word_at(i);
    const bool ordinal = word == "st" || word == "nd" || word == "rd" || word == "th";
    return ordinal ? end_of_word(i) : i;
  }

  // What follows makes a number of it: "2,521", "2.5"; not a year: "2,2026".
  bool has_fraction(std::size_t end) const {
    const std::size_t more = at(end) == ',' || at(end) == '.' ? digits_at(end + 1) : 0;
    return more != 0 && more != 4;
  }

  // "23", "23.", "23rd", "2-29", "2.\u201329."
  Days days_at(std::size_t i) const {
    Days found;
    for (;;) {
      const std::size_t length = digits_at(i);
      if (length == 0 || length > 2 || !is_day(number_at(i, length)) || has_fraction(i + length)) break;
      found.days.push_back(number_at(i, length));
      found.end = i + length;
      if (at(found.end) == '.' && !is_digit(at(found.end + 1))) ++found.end;
      found.end = skip_ordinal(found.end);
      i = skip_spaces(found.end);
      if (at(i) != '-' && at(i) != dash) break;
      i = skip_spaces(i + 1);
    }
    return found;
  }

  std::optional<int> year_at(std::size_t i) const {
    if (digits_at(i) != 4) return std::nullopt;
    const int year = number_at(i, 4);
    if (year < 1900 || year > 2099) return std::nullopt;
    return year;
  }

  // A year behind a date, when there is one.
  int take_year(std::size_t& end) const {
    std::size_t next = end;
    if (at(next) == ',' || at(next) == '.') ++next;
    next = skip_spaces(next);
    const auto year = year_at(next);
    if (year) end = next + 4;
    return year.value_or(0);
  }

  void found_dates(const std::vector<int>& days, int month, int year, std::size_t from, std::size_t to) {
    for (const int day : days) found(Mention{.dates = {{year, month, day}}}, from, to);
    at_ = to;
  }

  static Mention whole(int number) { return {.readings = {{static_cast<double>(number), 0.5}}}; }

  // The last number before a word may count what the word says: "On November 23, 1987 people", "In November
  // 1987 visits" and, where a day would not follow, "In November 12 orders".
  void found_date(const Date& date, std::size_t from, std::size_t to, bool may_count_day = false) {
    Mention mention{.dates = {date}};
    const std::size_t next = skip_spaces(to);
    const bool before_word = next > to && letter_length(next) > 0;
    if (before_word && (date.year != 0 || may_count_day)) {
      const int day = date.year != 0 ? date.day : 0;
      mention.otherwise.push_back(whole(date.year != 0 ? date.year : date.day));
      mention.otherwise.push_back({.dates = {{0, date.month, day}}});
    }
    found(std::move(mention), from, to);
    at_ = to;
  }
  void found_days(const Days& days, int month, int year, std::size_t from, std::size_t to,
                  bool may_count_day = false) {
    if (days.days.size() == 1) return found_date({year, month, days.days.front()}, from, to, may_count_day);
    found_dates(days.days, month, year, from, to);
  }

  // "In November 12 orders", but "on November 12".
  bool is_in_before(std::size_t i) const {
    while (i > 0 && is_space(i - 1)) --i;
    const bool ends_word = i >= 2 && (i == 2 || letter_length(i - 3) == 0);
    const std::string word = ends_word ? to_lower(between(i - 2, i)) : "";
    return word == "in" || word == "im";
  }

  // "November 23, 2026", "Nov 23", "November 2026"
  bool on_month(std::size_t start, std::size_t end, int month) {
    if (at(end) == '.') ++end;
    const std::size_t next = skip_spaces(end);
    if (const auto year = year_at(next)) return found_date({*year, month, 0}, start, next + 4), true;
    Days days = days_at(next);
    if (days.days.empty()) return false;
    const int year = take_year(days.end);
    return found_days(days, month, year, start, days.end, is_in_before(start)), true;
  }

  // "23. November 2026", "23rd of November"
  bool on_day_of_month(std::size_t start) {
    const Days days = days_at(start);
    if (days.days.empty()) return false;
    std::size_t next = skip_spaces(days.end);
    if (word_at(next) == "of") next = skip_spaces(end_of_word(next));
    const int month = month_at(next);
    if (month == 0) return false;
    std::size_t end = end_of_word(next);
    const int year = take_year(end);
    return found_days(days, month, year, start, end), true;
  }

  // Three numbers with the same mark between them; the last may be absent after a point: "23.11."
  struct Triple {
    std::array<std::size_t, 3> sizes{};
    std::array<int, 3> parts{};
    std::size_t end = 0;
  };
  Triple triple_at(std::size_t i, char mark) const {
    Triple triple;
    for (std::size_t part = 0; part < 3; ++part) {
      triple.sizes[part] = digits_at(i);
      triple.parts[part] = triple.sizes[part] > 4 ? 0 : number_at(i, triple.sizes[part]);
      i += triple.sizes[part];
      triple.end = i;
      if (part == 2 || at(i) != mark) break;
      triple.end = ++i;
    }
    return triple;
  }

  static bool is_one_or_two(std::size_t size) { return size == 1 || size == 2; }
  static bool is_day(int number) { return number >= 1 && number <= 31; }
  static bool is_month(int number) { return number >= 1 && number <= 12; }

  bool on_numeric_date(std::size_t start) {
    const Triple iso = triple_at(start, '-');
    if (iso.sizes[0] == 4 && is_one_or_two(iso.sizes[1]) && is_one_or_two(iso.sizes[2]))
      return found_dates({iso.parts[2]}, iso.parts[1], iso.parts[0], start, iso.end), true;
    const Triple slashed = triple_at(start, '/');
    if (is_one_or_two(slashed.sizes[0]) && is_one_or_two(slashed.sizes[1]) && slashed.sizes[2] == 4) {
      const auto [first, second, year] = slashed.parts;
      found(Mention{.dates = {{year, first, second}, {year, second, first}}}, start, slashed.end);
      at_ = slashed.end;
      return true;
    }
    return on_pointed_date(start);
  }

  // "23.11.2026", "23.11.26", "23.11."
  bool on_pointed_date(std::size_t start) {
    const Triple date = triple_at(start, '.');
    const auto [day, month, year] = date.parts;
    if (!is_day(day) || !is_month(month)) return false;
    const bool ends_open = date.sizes[2] == 0 && at(date.end - 1) == '.';
    if (!is_one_or_two(date.sizes[0]) || !is_one_or_two(date.sizes[1])) return false;
    if (!ends_open && date.sizes[2] != 2 && date.sizes[2] != 4) return false;
    Mention mention{.dates = {{date.sizes[2] == 2 ? 2000 + year : year, month, day}}};
    // A decimal number may end a sentence, too.
    if (ends_open)
      mention.readings = readings_of(
          {{text_.substr(start, date.sizes[0]), text_.substr(start + date.sizes[0] + 1, date.sizes[1])},
           "."});
    found(std::move(mention), start, date.end);
    at_ = date.end;
    return true;
  }

  // ---- numbers ----

  void on_digit() {
    const std::size_t start = at_;
    if (between(start, start + 4) == "24/7" && !is_digit(at(start + 4)) && at(start + 4) != '/') {
      at_ += 4;
      return;
    }
    if (on_numeric_date(start) || on_day_of_month(start) || on_list_marker(start)) return;
    on_number(start, start, {});
  }

  // "1. " or "2) " that opens a line is no statement.
  bool on_list_marker(std::size_t start) {
    std::size_t line = start;
    while (line > 0 && (is_space(line - 1) || at(line - 1) == '#' || at(line - 1) == '*')) --line;
    const std::size_t end = start + digits_at(start);
    if (line > 0 && at(line - 1) != '\n') return false;
    if (end - start > 2 || (at(end) != '.' && at(end) != ')') || !is_space(end + 1)) return false;
    at_ = end + 1;
    return true;
  }

  Digits take_digits(std::size_t& end) const {
    Digits digits;
    for (;;) {
      const std::size_t length = digits_at(end);
      digits.groups.push_back(between(end, end + length));
      end += length;
      const char mark = at(end);
      const std::size_t next = digits_at(end + 1);
      const bool joins =
          ((mark == '.' || mark == ',') && next > 0) || ((mark == '\'' || mark == group_space) && next == 3);
      if (!joins) return digits;
      digits.separators += mark;
      ++end;
    }
  }

  // A minus belongs to the number unless something stands right before it: 5-10 is a range.
  Mention::Sign sign_before(std::size_t start) const {
    if (start == 0) return Mention::Sign::none;
    const char mark = at(start - 1);
    if (mark != '-' && mark != dash && mark != '+') return Mention::Sign::none;
    const char before = start > 1 ? at(start - 2) : ' ';
    if (is_digit(before) || is_ascii_letter(before) || before == '%' || before == ')' || before == '.')
      return Mention::Sign::none;
    return mark == '+' ? Mention::Sign::plus : Mention::Sign::minus;
  }

  double take_scale(std::size_t& end) const {
    const std::size_t start = skip_spaces(end);
    const std::string word = word_at(start);
    const auto scale = scale_of(word, start == end);
    if (!scale) return 1;
    end = end_of_word(start);
    if (at(end) == '.' && word.size() == 3) ++end;  // "Mio."
    return *scale;
  }

  void take_mark(Mention& mention, std::size_t& end) const {
    std::size_t next = skip_spaces(end);
    if (at(next) == '%') {
      mention.kind = Number::Kind::percent;
      end = next + 1;
      return;
    }
    if (at(next) == '-') ++next;
    const std::string word = word_at(next);
    const bool per_cent = word == "per" && word_at(skip_spaces(end_of_word(next))) == "cent";
    if (per_cent || starts_with(word, "percent") || starts_with(word, "prozent") || word == "pct") {
      mention.kind = Number::Kind::percent;
      end = per_cent ? end_of_word(skip_spaces(end_of_word(next))) : end_of_word(next);
    } else if (const std::string_view code = currency_at(next); !code.empty()) {
      mention.kind = Number::Kind::money;
      mention.currency = code;
      end = end_of_word(next);
    }
  }

  // `start`: of the currency before it, else of the digits.
  void on_number(std::size_t start, std::size_t digits_start, std::string_view currency) {
    Mention mention{.sign = sign_before(digits_start)};
    if (mention.sign == Mention::Sign::none) mention.sign = sign_before(start);
    std::size_t end = digits_start;
    mention.readings = readings_of(take_digits(end));
    end = skip_ordinal(end);
    const double scale = take_scale(end);
    for (Reading& reading : mention.readings) {
      reading.value *= scale;
      reading.half_step *= scale;
    }
    if (currency.empty()) {
      take_mark(mention, end);
    } else {
      mention.kind = Number::Kind::money;
      mention.currency = currency;
    }
    if (const auto year = year_at(digits_start); year && currency.empty() && end == digits_start + 4)
      mention.dates = {{*year, 0, 0}};
    const bool signed_before = start > 0 && sign_before(start) != Mention::Sign::none;
    found(std::move(mention), signed_before ? start - 1 : start, end);
    at_ = end;
  }

  std::string_view original_;
  Plain plain_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Mention> found_;
};

}  // namespace

std::vector<Mention> mentions_in(std::string_view text) { return Scanner(text).take(); }

}  // namespace wf::openai
