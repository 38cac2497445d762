#include "shared/connectors/openai/numbers.hpp"

#include <algorithm>
#include <cmath>

#include "shared/base/text.hpp"
#include "shared/base/time.hpp"
#include "shared/connectors/openai/number_text.hpp"
#include "shared/connectors/openai/number_words.hpp"

namespace wf::openai {
namespace {

// Of sums of doubles, and of the half steps themselves.
constexpr double double_noise = 1e-9;

bool is_currency(std::string_view unit) {
  return unit.size() == 3 &&
         std::all_of(unit.begin(), unit.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_dollar(std::string_view currency) { return is_one_of(currency, "USD CAD AUD NZD HKD SGD"); }

bool same_currency(std::string_view a, std::string_view b) {
  return a == b || (a == any_dollar && is_dollar(b)) || (b == any_dollar && is_dollar(a));
}

// Without a mark a number may be any of those given; with one it must be of that kind.
bool same_kind(const Mention& mention, const Number& given) {
  if (mention.kind == Number::Kind::plain) return true;
  return mention.kind == given.kind && same_currency(mention.currency, given.currency);
}

// "fell by 12%" of -12: the sign is in the words, unless it is written.
bool same_sign(const Mention& mention, const Number& given) {
  switch (mention.sign) {
    case Mention::Sign::minus:
      return given.value <= 0;
    case Mention::Sign::plus:
      return given.value >= 0;
    case Mention::Sign::none:
      break;
  }
  return true;
}

bool rounds_to(const Number& given, const Reading& reading) {
  const double exact = std::abs(given.value);
  return std::abs(exact - reading.value) <= reading.half_step + double_noise * (1 + exact);
}

bool is_same(const Mention& mention, const Number& given) {
  return same_kind(mention, given) && same_sign(mention, given) &&
         std::any_of(mention.readings.begin(), mention.readings.end(),
                     [&](const Reading& reading) { return rounds_to(given, reading); });
}

bool is_part_of(const Date& told, const Date& given) {
  return (told.year == 0 || told.year == given.year) && (told.month == 0 || told.month == given.month) &&
         (told.day == 0 || told.day == given.day);
}

}  // namespace

void GivenNumbers::add_member(std::string_view name, const Json& value, std::string_view unit) {
  if (name == "id") return;
  const auto number = as_double(value);
  if (!number) return add(value);
  Number given{.value = *number};
  if (ends_with(name, "_percent") || (unit == "percent" && name != "days")) {
    given.kind = Number::Kind::percent;
  } else if (is_currency(unit) && name != "days") {
    given.kind = Number::Kind::money;
    given.currency = unit;
  }
  numbers_.push_back(std::move(given));
}

void GivenNumbers::add(const Json& given) {
  if (const auto* text = given.get_ptr<const std::string*>()) {
    add_text(*text);
  } else if (const auto* list = given.get_ptr<const Json::array_t*>()) {
    for (const Json& item : *list) add_member("", item, "");
  } else if (const auto* members = given.get_ptr<const Json::object_t*>()) {
    const std::string_view unit = find_text(given, "unit");
    for (const auto& [name, member] : *members) add_member(name, member, unit);
  }
}

void GivenNumbers::add_text(std::string_view text) {
  for (const Mention& mention : mentions_in(text)) {
    for (const Reading& reading : mention.readings)
      numbers_.push_back({mention.kind, mention.currency,
                          mention.sign == Mention::Sign::minus ? -reading.value : reading.value});
    dates_.insert(dates_.end(), mention.dates.begin(), mention.dates.end());
  }
}

bool GivenNumbers::is_given(const Mention& mention) const {
  const bool whole = std::any_of(numbers_.begin(), numbers_.end(),
                                 [&](const Number& number) { return is_same(mention, number); }) ||
                     std::any_of(mention.dates.begin(), mention.dates.end(), [&](const Date& told) {
                       return std::any_of(dates_.begin(), dates_.end(),
                                          [&](const Date& date) { return is_part_of(told, date); });
                     });
  if (whole || mention.otherwise.empty()) return whole;
  return std::all_of(mention.otherwise.begin(), mention.otherwise.end(),
                     [&](const Mention& part) { return is_given(part); });
}

std::vector<std::string> GivenNumbers::invented_in(std::string_view text) const {
  std::vector<std::string> invented;
  for (const Mention& mention : mentions_in(text)) {
    if (!is_given(mention) && std::find(invented.begin(), invented.end(), mention.text) == invented.end())
      invented.push_back(mention.text);
  }
  return invented;
}

}  // namespace wf::openai
