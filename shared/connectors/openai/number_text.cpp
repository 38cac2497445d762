#include "shared/connectors/openai/number_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "shared/base/text.hpp"

namespace wf::openai {
namespace {

constexpr char dash = '\x01';         // en or em dash: a range, a pause, or a minus
constexpr char group_space = '\x02';  // a space that does not break: 1 234

struct Spelling {
  std::string_view from;
  std::string_view to;
};

// What is written in more than one way, "US$" before "$".
constexpr std::array spellings{
    Spelling{"\u2212", "-"},      Spelling{"\uFE63", "-"},     Spelling{"\uFF0D", "-"},
    Spelling{"\u2011", "-"},      Spelling{"\u2013", "\x01"},  Spelling{"\u2014", "\x01"},
    Spelling{"\u00A0", "\x02"},   Spelling{"\u202F", "\x02"},  Spelling{"\u2009", "\x02"},
    Spelling{"\u2007", "\x02"},   Spelling{"\u2019", "'"},     Spelling{"US$", "USD"},
    Spelling{"$", "USD"},         Spelling{"\u20AC", "EUR"},   Spelling{"\u00A3", "GBP"},
    Spelling{"\u00A5", "JPY"},    Spelling{"\uFF05", "%"},     Spelling{"\u00BD", " 0.5 "},
    Spelling{"\u00BC", " 0.25 "}, Spelling{"\u00BE", " 0.75 "}};

struct Scale {
  std::string_view word;
  double factor;
  bool attached = false;  // only without a space: 5k
};
constexpr std::array scales{Scale{"k", 1e3, true},   Scale{"m", 1e6, true},    Scale{"bn", 1e9, true},
                            Scale{"thousand", 1e3},  Scale{"tausend", 1e3},    Scale{"tsd", 1e3},
                            Scale{"million", 1e6},   Scale{"millions", 1e6},   Scale{"millionen", 1e6},
                            Scale{"mio", 1e6},       Scale{"billion", 1e9},    Scale{"billions", 1e9},
                            Scale{"milliarde", 1e9}, Scale{"milliarden", 1e9}, Scale{"mrd", 1e9}};

struct Currency {
  std::string_view word;
  std::string_view code;
};
constexpr std::array currencies{
    Currency{"eur", "EUR"}, Currency{"euro", "EUR"},    Currency{"euros", "EUR"},
    Currency{"usd", "USD"}, Currency{"dollar", "USD"},  Currency{"dollars", "USD"},
    Currency{"gbp", "GBP"}, Currency{"pounds", "GBP"},  Currency{"pfund", "GBP"},
    Currency{"chf", "CHF"}, Currency{"franken", "CHF"}, Currency{"jpy", "JPY"},
    Currency{"yen", "JPY"}, Currency{"cad", "CAD"},     Currency{"aud", "AUD"},
    Currency{"sek", "SEK"}, Currency{"nok", "NOK"},     Currency{"dkk", "DKK"},
    Currency{"pln", "PLN"}, Currency{"czk", "CZK"}};

struct Month {
  std::string_view name;
  int number;
};
constexpr std::array months{
    Month{"january", 1},   Month{"januar", 1},   Month{"february", 2}, Month{"februar", 2},
    Month{"march", 3},     Month{"märz", 3},     Month{"mrz", 3},      Month{"april", 4},
    Month{"may", 5},       Month{"mai", 5},      Month{"june", 6},     Month{"juni", 6},
    Month{"july", 7},      Month{"juli", 7},     Month{"august", 8},   Month{"sept", 9},
    Month{"september", 9}, Month{"october", 10}, Month{"oktober", 10}, Month{"november", 11},
    Month{"december", 12}, Month{"dezember", 12}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_ascii_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
// Of Latin and other alphabets in two bytes; quotes, bullets and dashes have other first bytes.
bool is_lead_of_letter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0xC3 && byte <= 0xDF;
}

// The text with one spelling of everything, and where each of its bytes came from.
struct Plain {
  std::string text;
  std::vector<std::size_t> origin;

  void put(std::string_view part, std::size_t from) {
    text += part;
    origin.insert(origin.end(), part.size(), from);
  }
};

std::size_t put_character(Plain& plain, std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  for (const Spelling& spelling : spellings)
    if (starts_with(rest, spelling.from)) {
      plain.put(spelling.to, at);
      return spelling.from.size();
    }
  // Full-width digits.
  if (rest.size() >= 3 && starts_with(rest, "\xEF\xBC") && rest[2] >= '\x90' && rest[2] <= '\x99') {
    const char digit = static_cast<char>('0' + (rest[2] - '\x90'));
    plain.put({&digit, 1}, at);
    return 3;
  }
  plain.put(rest.substr(0, 1), at);
  return 1;
}

Plain plain_of(std::string_view text) {
  Plain plain;
  for (std::size_t at = 0; at < text.size();) at += put_character(plain, text, at);
  plain.origin.push_back(text.size());
  return plain;
}

// Digits in groups: "1.234,5" is {"1", "234", "5"} and ".,".
struct Digits {
  std::vector<std::string_view> groups;
  std::string separators;

  bool has_groups_of_three(std::size_t count) const {
    if (groups[0].size() > 3 || groups[0].front() == '0') return false;
    return std::all_of(groups.begin() + 1, groups.begin() + static_cast<std::ptrdiff_t>(count),
                       [](std::string_view group) { return group.size() == 3; });
  }
  bool same_separators(std::size_t count) const {
    return std::all_of(separators.begin(), separators.begin() + static_cast<std::ptrdiff_t>(count),
                       [&](char c) { return c == separators.front(); });
  }
  double whole(std::size_t count) const {
    double value = 0;
    for (std::size_t i = 0; i < count; ++i)
      for (const char c : groups[i]) value = value * 10 + (c - '0');
    return value;
  }
};

std::vector<Reading> readings_of(const Digits& digits) {
  const std::size_t count = digits.groups.size();
  if (count == 1) return {{digits.whole(1), 0.5}};
  std::vector<Reading> readings;
  const std::size_t marks = count - 1;
  if (digits.has_groups_of_three(count) && digits.same_separators(marks))
    readings.push_back({digits.whole(count), 0.5});
  const char point = digits.separators.back();
  const bool is_point = point == '.' || point == ',';
  const bool before_fits =
      marks == 1 || (digits.has_groups_of_three(count - 1) && digits.same_separators(marks - 1) &&
                     digits.separators.front() != point);
  if (!is_point || !before_fits) return readings;
  double step = 1;
  for (std::size_t i = 0; i < digits.groups.back().size(); ++i) step /= 10;
  Digits fraction{{digits.groups.back()}, ""};
  readings.push_back({digits.whole(count - 1) + fraction.whole(1) * step, step / 2});
  return readings;
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
    at_ = end;
    // A name: GA4, H1, v1.2.
    while (is_digit(at(at_)) || (at(at_) == '.' && at_ > end && is_digit(at(at_ + 1)))) ++at_;
  }

  int month_at(std::size_t i) const {
    if (at(i) < 'A' || at(i) > 'Z') return 0;
    const std::string word = word_at(i);
    if (word.size() < 3) return 0;
    for (const Month& month : months)
      if (starts_with(month.name, word)) return month.number;
    return 0;
  }

  std::string_view currency_at(std::size_t i) const {
    const std::string word = word_at(i);
    for (const Currency& currency : currencies)
      if (word == currency.word) return currency.code;
    return {};
  }

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

  // "23", "23.", "23rd", "2-29", "2.\u201329."
  Days days_at(std::size_t i) const {
    Days found;
    for (;;) {
      const std::size_t length = digits_at(i);
      if (length == 0 || length > 2) break;
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

  // "November 23, 2026", "Nov 23", "November 2026"
  bool on_month(std::size_t start, std::size_t end, int month) {
    if (at(end) == '.') ++end;
    const std::size_t next = skip_spaces(end);
    if (const auto year = year_at(next)) return found_dates({0}, month, *year, start, next + 4), true;
    Days days = days_at(next);
    if (days.days.empty()) return false;
    const int year = take_year(days.end);
    return found_dates(days.days, month, year, start, days.end), true;
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
    return found_dates(days.days, month, year, start, end), true;
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
    for (const Scale& scale : scales) {
      if (word != scale.word || (scale.attached && start != end)) continue;
      end = end_of_word(start);
      if (at(end) == '.' && word.size() == 3) ++end;  // "Mio."
      return scale.factor;
    }
    return 1;
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
    if (const auto year = year_at(digits_start); year && end == digits_start + 4)
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
