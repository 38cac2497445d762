#include "shared/base/money.hpp"

#include "shared/base/text.hpp"

namespace wf {

namespace {

// Stripe charges UGX, like ISK, in hundredths: https://docs.stripe.com/currencies#special-cases
constexpr std::string_view zero_decimal = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf";
constexpr std::string_view three_decimal = "bhd jod kwd omr tnd";

}  // namespace

int currency_exponent(std::string_view currency) {
  const std::string code = to_lower(currency);
  if (is_one_of(code, zero_decimal)) return 0;
  return is_one_of(code, three_decimal) ? 3 : 2;
}

std::int64_t smallest_per_whole(std::string_view currency) {
  std::int64_t count = 1;
  for (int i = currency_exponent(currency); i > 0; --i) count *= 10;
  return count;
}

std::string group_digits(std::int64_t number) {
  std::string digits = decimal(number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

}  // namespace wf
