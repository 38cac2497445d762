#include "shared/connectors/openai/dates.hpp"

#include <array>
#include <string>
#include <utility>

#include "shared/base/text.hpp"
#include "shared/connectors/openai/digits.hpp"
#include "shared/connectors/openai/number_words.hpp"

namespace wf::openai {
namespace {

bool is_one_or_two(std::size_t size) { return size == 1 || size == 2; }
bool is_day(int number) { return number >= 1 && number <= 31; }
bool is_month(int number) { return number >= 1 && number <= 12; }

int month_at(const Plain& plain, std::size_t i) {
  return plain.at(i) < 'A' || plain.at(i) > 'Z' ? 0 : month_of(plain.word_at(i));
}

// What follows makes a number of it: "2,521", "2.5"; not a year: "2,2026".
bool has_fraction(const Plain& plain, std::size_t end) {
  const bool goes_on = plain.at(end) == ',' || plain.at(end) == '.';
  const std::size_t more = goes_on ? plain.digits_at(end + 1) : 0;
  return more != 0 && more != 4;
}

// What follows makes a count of it: "23 %", "23 EUR", "2 million", "12k".
bool is_counted(const Plain& plain, std::size_t end) {
  const std::size_t next = plain.skip_spaces(end);
  const std::string word = plain.word_at(next);
  // "On November 23 $500": the mark of what comes.
  const bool is_money =
      !currency_of(word).empty() && !is_digit(plain.at(plain.skip_spaces(plain.end_of_word(next))));
  return plain.at(next) == '%' || is_percent(word) || is_money || scale_of(word, next == end);
}

struct Days {
  std::vector<int> days;
  std::size_t end = 0;
};

// "23", "23.", "23rd", "2-29", "2.\u201329."
Days days_at(const Plain& plain, std::size_t i) {
  Days found;
  for (;;) {
    const std::size_t length = plain.digits_at(i);
    if (!is_one_or_two(length) || !is_day(plain.number_at(i, length)) || has_fraction(plain, i + length))
      break;
    found.days.push_back(plain.number_at(i, length));
    found.end = i + length;
    if (plain.at(found.end) == '.' && !is_digit(plain.at(found.end + 1))) ++found.end;
    found.end = skip_ordinal(plain, found.end);
    i = plain.skip_spaces(found.end);
    if (plain.at(i) != '-' && plain.at(i) != dash) break;
    i = plain.skip_spaces(i + 1);
  }
  return found;
}

// A year behind a date, when there is one.
int take_year(const Plain& plain, std::size_t& end) {
  std::size_t next = end;
  if (plain.at(next) == ',' || plain.at(next) == '.') ++next;
  next = plain.skip_spaces(next);
  const auto year = year_at(plain, next);
  if (!year || is_counted(plain, next + 4)) return 0;
  end = next + 4;
  return *year;
}

bool is_before_word(const Plain& plain, std::size_t end) {
  const std::size_t next = plain.skip_spaces(end);
  return next > end && plain.letter_length(next) > 0;
}

// The last number before a word may count what the word says: "On November 23, 1987 people", "In November
// 1987 visits" and, where a day would not follow, "In November 12 orders".
DatesFound date_or_count(const Plain& plain, const Date& date, std::size_t end, bool may_count_day = false) {
  Mention mention{.dates = {date}};
  if (is_before_word(plain, end) && (date.year != 0 || may_count_day)) {
    const double count = date.year != 0 ? date.year : date.day;
    mention.otherwise.push_back({.readings = {{count, 0.5}}});
    mention.otherwise.push_back({.dates = {{0, date.month, date.year != 0 ? date.day : 0}}});
  }
  DatesFound found{.mentions = {}, .end = end};
  found.mentions.push_back(std::move(mention));
  return found;
}

DatesFound dates_of(const Plain& plain, const Days& days, int month, int year, std::size_t end,
                    bool may_count_day = false) {
  if (days.days.size() == 1)
    return date_or_count(plain, {year, month, days.days.front()}, end, may_count_day);
  DatesFound found{.mentions = {}, .end = end};
  for (const int day : days.days) found.mentions.push_back({.dates = {{year, month, day}}});
  return found;
}

// "In November 12 orders", but "on November 12".
bool is_in_before(const Plain& plain, std::size_t i) {
  while (i > 0 && plain.is_space(i - 1)) --i;
  const bool ends_word = i >= 2 && (i == 2 || plain.letter_length(i - 3) == 0);
  return ends_word && is_one_of(to_lower(plain.between(i - 2, i)), "in im");
}

// "23. November 2026", "23rd of November"
std::optional<DatesFound> day_of_month_at(const Plain& plain, std::size_t start) {
  const Days days = days_at(plain, start);
  if (days.days.empty()) return std::nullopt;
  std::size_t next = plain.skip_spaces(days.end);
  if (plain.word_at(next) == "of") next = plain.skip_spaces(plain.end_of_word(next));
  const int month = month_at(plain, next);
  if (month == 0) return std::nullopt;
  std::size_t end = plain.end_of_word(next);
  const int year = take_year(plain, end);
  return dates_of(plain, days, month, year, end);
}

// Three numbers with the same mark between them; the last may be absent after a point: "23.11."
struct Triple {
  std::array<std::size_t, 3> sizes{};
  std::array<int, 3> parts{};
  std::size_t end = 0;
};
Triple triple_at(const Plain& plain, std::size_t i, char mark) {
  Triple triple;
  for (std::size_t part = 0; part < 3; ++part) {
    triple.sizes[part] = plain.digits_at(i);
    triple.parts[part] = triple.sizes[part] > 4 ? 0 : plain.number_at(i, triple.sizes[part]);
    i += triple.sizes[part];
    triple.end = i;
    if (part == 2 || plain.at(i) != mark) break;
    triple.end = ++i;
  }
  return triple;
}

// "2026-11-23", "23/11/2026" and the other way round
std::optional<DatesFound> divided_date_at(const Plain& plain, std::size_t start) {
  const Triple iso = triple_at(plain, start, '-');
  const auto [year, month, day] = iso.parts;
  DatesFound found{.mentions = {}, .end = iso.end};
  if (iso.sizes[0] == 4 && is_one_or_two(iso.sizes[1]) && is_one_or_two(iso.sizes[2])) {
    found.mentions.push_back({.dates = {{year, month, day}}});
    return found;
  }
  const Triple slashed = triple_at(plain, start, '/');
  if (!is_one_or_two(slashed.sizes[0]) || !is_one_or_two(slashed.sizes[1]) || slashed.sizes[2] != 4)
    return std::nullopt;
  const auto [first, second, last] = slashed.parts;
  found.end = slashed.end;
  found.mentions.push_back({.dates = {{last, first, second}, {last, second, first}}});
  return found;
}

// "23.11.2026", "23.11.26", "23.11."
std::optional<DatesFound> pointed_date_at(const Plain& plain, std::size_t start) {
  const Triple date = triple_at(plain, start, '.');
  const auto [day, month, year] = date.parts;
  if (!is_day(day) || !is_month(month)) return std::nullopt;
  const bool ends_open = date.sizes[2] == 0 && plain.at(date.end - 1) == '.';
  if (!is_one_or_two(date.sizes[0]) || !is_one_or_two(date.sizes[1])) return std::nullopt;
  if (!ends_open && date.sizes[2] != 2 && date.sizes[2] != 4) return std::nullopt;
  Mention mention{.dates = {{date.sizes[2] == 2 ? 2000 + year : year, month, day}}};
  // A decimal number may end a sentence, too.
  if (ends_open) {
    const std::size_t point = start + date.sizes[0];
    mention.readings = readings_of(
        {{plain.between(start, point), plain.between(point + 1, point + 1 + date.sizes[1])}, "."});
  }
  DatesFound found{.mentions = {}, .end = date.end};
  found.mentions.push_back(std::move(mention));
  return found;
}

}  // namespace

std::size_t skip_ordinal(const Plain& plain, std::size_t start) {
  return is_one_of(plain.word_at(start), "st nd rd th") ? plain.end_of_word(start) : start;
}

std::optional<int> year_at(const Plain& plain, std::size_t start) {
  if (plain.digits_at(start) != 4) return std::nullopt;
  const int year = plain.number_at(start, 4);
  if (year < 1900 || year > 2099) return std::nullopt;
  return year;
}

std::optional<DatesFound> dates_at_month(const Plain& plain, std::size_t start) {
  const int month = month_at(plain, start);
  if (month == 0) return std::nullopt;
  std::size_t end = plain.end_of_word(start);
  if (plain.at(end) == '.') ++end;
  const std::size_t next = plain.skip_spaces(end);
  if (const auto year = year_at(plain, next); year && !is_counted(plain, next + 4))
    return date_or_count(plain, {*year, month, 0}, next + 4);
  Days days = days_at(plain, next);
  if (days.days.empty() || is_counted(plain, days.end)) return std::nullopt;
  const int year = take_year(plain, days.end);
  DatesFound found = dates_of(plain, days, month, year, days.end, is_in_before(plain, start));
  // "Nov 18 \u2013 20 clicks"
  if (days.days.size() > 1 && is_before_word(plain, days.end))
    found.mentions.back().otherwise.push_back({.readings = {{static_cast<double>(days.days.back()), 0.5}}});
  return found;
}

std::optional<DatesFound> dates_at_digit(const Plain& plain, std::size_t start) {
  if (auto found = divided_date_at(plain, start)) return found;
  if (auto found = pointed_date_at(plain, start)) return found;
  return day_of_month_at(plain, start);
}

}  // namespace wf::openai
