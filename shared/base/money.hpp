#pragma once
// Money is an integer in the smallest unit of its currency. Dividing by 100 is wrong for
// JPY and KWD, so only this file knows the exponents.
// https://docs.stripe.com/currencies (zero- and three-decimal currencies, ISO 4217)

#include <cstdint>
#include <string>
#include <string_view>

namespace wf {

struct Money {
  std::int64_t minor = 0;
  std::string currency;  // ISO 4217, any case
};

int currency_exponent(std::string_view currency);  // 0, 2 or 3; unknown currencies: 2
// How many of the smallest unit make a whole one: 100 cents. std::pow would do it with tables that are a
// twentieth of the edge module.
std::int64_t smallest_per_whole(std::string_view currency);

// "1,284.05 EUR", "-1,284 JPY", "0.050 KWD"
std::string format(const Money& money);
// The amount alone: "1,284.05"
std::string format_amount(const Money& money);
std::string group_digits(std::int64_t number);  // 1,284

}  // namespace wf
