#pragma once
// Whether the numbers in a text are among those that its writer was given. What counts as a number and
// how much rounding is allowed is in README.md.

#include <string>
#include <string_view>
#include <vector>

#include "shared/base/json.hpp"

namespace wf::openai {

struct Number {
  enum class Kind : unsigned char { plain, percent, money };
  Kind kind = Kind::plain;
  std::string currency{};  // "EUR"
  double value = 0;
};

// A part that is not there is 0: "23 November", "November 2026", "2026".
struct Date {
  int year = 0;
  int month = 0;
  int day = 0;
};

struct Mention;  // number_text.hpp

class GivenNumbers {
 public:
  // Every number, date and number inside a text, but those of ids. A member named `..._percent` is a
  // percentage, `days` a plain number, any other is in the `unit` of its object: "percent", a currency
  // ("EUR"), or plain.
  void add(const Json& given);
  void add_text(std::string_view text);

  // The parts of the text that are numbers or dates and were not given, each once and in order.
  std::vector<std::string> invented_in(std::string_view text) const;

 private:
  bool is_given(const Mention& mention) const;
  void add_member(std::string_view name, const Json& value, std::string_view unit);

  std::vector<Number> numbers_;
  std::vector<Date> dates_;
};

}  // namespace wf::openai
