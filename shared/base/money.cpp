#include "shared/base/money.hpp"

#include <algorithm>
#include <array>

#include "shared/base/text.hpp"

namespace wf {

namespace {

// Stripe charges UGX, like ISK, in hundredths: https://docs.stripe.com/currencies#special-cases
constexpr std::array<std::string_view, 15> zero_decimal{
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"};
constexpr std::array<std::string_view, 5> three_decimal{"bhd", "jod", "kwd", "omr", "tnd"};

}  // namespace

int currency_exponent(std::string_view currency) {
  const std::string code = to_lower(currency);
  if (std::find(zero_decimal.begin(), zero_decimal.end(), code) != zero_decimal.end()) return 0;
  if (std::find(three_decimal.begin(), three_decimal.end(), code) != three_decimal.end()) return 3;
  return 2;
}

std::int64_t smallest_per_whole(std::string_view currency) {
  std::int64_t count = 1;
  for (int i = currency_exponent(currency); i > 0; --i) count *= 10;
  return count;
}

std::string group_digits(std::int64_t number) {
  std::string digits = std::to_string(number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

}  // namespace wf
