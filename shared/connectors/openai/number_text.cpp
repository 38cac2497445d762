#include "shared/connectors/openai/number_text.hpp"

#include <optional>
#include <utility>

#include "shared/base/text.hpp"
#include "shared/connectors/openai/dates.hpp"
#include "shared/connectors/openai/digits.hpp"
#include "shared/connectors/openai/number_words.hpp"
#include "shared/connectors/openai/plain_text.hpp"
#include "shared/connectors/openai/spelled.hpp"

namespace wf::openai {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view original) : original_(original), plain_(plain_of(original)) {}

  std::vector<Mention> take() {
    while (at_ < plain_.text.size()) {
      if (is_digit(plain_.at(at_)))
        on_digit();
      else if (plain_.letter_length(at_) > 0)
        on_word();
      else
        ++at_;
    }
    return std::move(found_);
  }

 private:
  void found(Mention mention, std::size_t from, std::size_t to) {
    const std::size_t start = plain_.origin[from];
    while (plain_.origin[to] == plain_.origin[to - 1]) ++to;  // a character that was spelled out
    mention.text = std::string(trim(original_.substr(start, plain_.origin[to] - start)));
    found_.push_back(std::move(mention));
    number_end_ = 0;
  }
  void found(DatesFound dates) {
    for (Mention& mention : dates.mentions) found(std::move(mention), at_, dates.end);
    at_ = dates.end;
  }

  // ---- words ----

  void on_word() {
    const std::size_t start = at_;
    const std::size_t end = plain_.end_of_word(start);
    if (auto dates = dates_at_month(plain_, start)) return found(*std::move(dates));
    if (const std::string_view code = currency_at(start); !code.empty()) {
      std::size_t next = plain_.skip_spaces(end);
      if (plain_.at(next) == '-' || plain_.at(next) == '+') ++next;
      if (is_digit(plain_.at(next))) return on_number(start, next, code);
    }
    if (on_spelled(start)) return;
    at_ = end;
    // A name: GA4, H1, v1.2.
    while (is_digit(plain_.at(at_)) || (plain_.at(at_) == '.' && at_ > end && is_digit(plain_.at(at_ + 1))))
      ++at_;
  }

  // Small ones are often no statement, "one of the two": they are one with a mark or a scale.
  bool on_spelled(std::size_t start) {
    std::size_t end = start;
    const auto value = take_spelled(plain_, end);
    if (!value) return false;
    const double scale = take_scale(end);
    Mention mention{.readings = {{*value * scale, 0.5 * scale}}};
    take_mark(mention, end);
    const std::string next = plain_.word_at(plain_.skip_spaces(end));
    const bool thanks = next == "dank" || next == "thanks";
    if (!thanks && (*value > 12 || scale > 1 || mention.kind != Number::Kind::plain))
      found(std::move(mention), start, end);
    at_ = end;
    return true;
  }

  std::string_view currency_at(std::size_t i) const { return currency_of(plain_.word_at(i)); }

  // ---- numbers ----

  void on_digit() {
    const std::size_t start = at_;
    if (plain_.between(start, start + 4) == "24/7" && !is_digit(plain_.at(start + 4)) &&
        plain_.at(start + 4) != '/') {
      at_ += 4;
      return;
    }
    if (auto dates = dates_at_digit(plain_, start)) return found(*std::move(dates));
    if (!on_list_marker(start)) on_number(start, start, {});
  }

  // "1. " or "2) " that opens a line is no statement.
  bool on_list_marker(std::size_t start) {
    std::size_t line = start;
    while (line > 0 &&
           (plain_.is_space(line - 1) || plain_.at(line - 1) == '#' || plain_.at(line - 1) == '*'))
      --line;
    const std::size_t end = start + plain_.digits_at(start);
    if (line > 0 && plain_.at(line - 1) != '\n') return false;
    if (end - start > 2 || (plain_.at(end) != '.' && plain_.at(end) != ')') || !plain_.is_space(end + 1))
      return false;
    at_ = end + 1;
    return true;
  }

  Digits take_digits(std::size_t& end) const {
    Digits digits;
    for (;;) {
      const std::size_t length = plain_.digits_at(end);
      digits.groups.push_back(plain_.between(end, end + length));
      end += length;
      const char mark = plain_.at(end);
      const std::size_t next = plain_.digits_at(end + 1);
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
    const char mark = plain_.at(start - 1);
    if (mark != '-' && mark != dash && mark != '+') return Mention::Sign::none;
    const char before = start > 1 ? plain_.at(start - 2) : ' ';
    if (is_digit(before) || is_ascii_letter(before) || before == '%' || before == ')' || before == '.')
      return Mention::Sign::none;
    return mark == '+' ? Mention::Sign::plus : Mention::Sign::minus;
  }

  double take_scale(std::size_t& end) const {
    const std::size_t start = plain_.skip_spaces(end);
    const std::string word = plain_.word_at(start);
    const auto scale = scale_of(word, start == end);
    if (!scale) return 1;
    end = plain_.end_of_word(start);
    if (plain_.at(end) == '.' && word.size() == 3) ++end;  // "Mio."
    return *scale;
  }

  void take_mark(Mention& mention, std::size_t& end) const {
    std::size_t next = plain_.skip_spaces(end);
    if (plain_.at(next) == '%') {
      mention.kind = Number::Kind::percent;
      end = next + 1;
      return;
    }
    if (plain_.at(next) == '-') ++next;
    const std::string word = plain_.word_at(next);
    const bool per_cent =
        word == "per" && plain_.word_at(plain_.skip_spaces(plain_.end_of_word(next))) == "cent";
    if (per_cent || is_percent(word)) {
      mention.kind = Number::Kind::percent;
      end = per_cent ? plain_.end_of_word(plain_.skip_spaces(plain_.end_of_word(next)))
                     : plain_.end_of_word(next);
    } else if (const std::string_view code = currency_at(next); !code.empty()) {
      mention.kind = Number::Kind::money;
      mention.currency = code;
      end = plain_.end_of_word(next);
    }
  }

  // `start`: of the currency before it, else of the digits.
  void on_number(std::size_t start, std::size_t digits_start, std::string_view currency) {
    Mention mention{.sign = sign_before(digits_start)};
    if (mention.sign == Mention::Sign::none) mention.sign = sign_before(start);
    std::size_t end = digits_start;
    mention.readings = readings_of(take_digits(end));
    end = skip_ordinal(plain_, end);
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
    if (const auto year = year_at(plain_, digits_start); year && currency.empty() && end == digits_start + 4)
      mention.dates = {{*year, 0, 0}};
    const bool signed_before = start > 0 && sign_before(start) != Mention::Sign::none;
    mark_begin_of_range(mention, start);
    found(std::move(mention), signed_before ? start - 1 : start, end);
    at_ = number_end_ = end;
  }

  // "28\u201331 %", "between 28 and 31 %": what the second is, the first is, too.
  void mark_begin_of_range(const Mention& last, std::size_t start) {
    if (number_end_ == 0 || last.kind == Number::Kind::plain || found_.back().kind != Number::Kind::plain)
      return;
    const std::string_view between = trim(plain_.between(number_end_, start));
    if (between != "-" && between != std::string_view(&dash, 1) && !is_one_of(between, "to and bis und"))
      return;
    found_.back().kind = last.kind;
    found_.back().currency = last.currency;
  }

  std::string_view original_;
  Plain plain_;
  std::size_t at_ = 0;
  std::size_t number_end_ = 0;  // of the last of found_, when that is a number in digits
  std::vector<Mention> found_;
};

}  // namespace

std::vector<Mention> mentions_in(std::string_view text) { return Scanner(text).take(); }

}  // namespace wf::openai
