#pragma once
// Money is an integer in the smallest unit of its currency. Dividing by 100 is wrong for
// JPY and KWD, so only this file knows the exponents.
// https://docs.stripe.com/currencies (zero- and three-decimal currencies, ISO 4217)

#include <cstdint>
#include <string>
#include <string_view>

namespace wf {

// ISO 4217, any case: 0, 2 or 3; unknown currencies: 2
int currency_exponent(std::string_view currency);
// How many of the smallest unit make a whole one: 100 cents. std::pow would do it with tables that are a
// twentieth of the edge module.
std::int64_t smallest_per_whole(std::string_view currency);

std::string group_digits(std::int64_t number);  // 1,284

}  // namespace wf
