// strtod for the edge only, linked with --wrap=strtod: the readers of JSON and of bulk rows read fractions
// with it, already checked to be JSON numbers. The C library's version computes in 128-bit long doubles,
// a twentieth of the edge's budget. This one divides whole numbers, so it rounds exactly too.
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace {

// More digits than any halfway case between two doubles has; later ones only say "not zero".
constexpr int most_digits = 770;
constexpr double infinity = std::numeric_limits<double>::infinity();

// Room for those digits, times the largest power of ten or two that they meet below.
class Natural {
 public:
  void multiply_add(std::uint32_t factor, std::uint32_t addend) {
    std::uint64_t carry = addend;
    for (std::size_t i = 0; i < used_; ++i) {
      carry += std::uint64_t{words_[i]} * factor;
      words_[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) words_[used_++] = static_cast<std::uint32_t>(carry);
  }

  void multiply(std::uint32_t factor, int times) {
    for (; times > 0; --times) multiply_add(factor, 0);
  }

  int bits() const {
    return used_ == 0 ? 0 : static_cast<int>(32 * used_) - std::countl_zero(words_[used_ - 1]);
  }

  bool is_less_than(const Natural& other) const {
    if (used_ != other.used_) return used_ < other.used_;
    std::size_t i = used_;
    while (i > 0 && words_[i - 1] == other.words_[i - 1]) --i;
    return i > 0 && words_[i - 1] < other.words_[i - 1];
  }

  // `other` is at most this.
  void subtract(const Natural& other) {
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < used_; ++i) {
      const std::uint64_t taken = borrow + (i < other.used_ ? other.words_[i] : 0);
      borrow = words_[i] < taken ? 1 : 0;
      words_[i] = static_cast<std::uint32_t>(words_[i] - taken);
    }
    while (used_ > 0 && words_[used_ - 1] == 0) --used_;
  }

 private:
  std::array<std::uint32_t, 200> words_{};
  std::size_t used_ = 0;
};

// digits * 10^exponent
struct Decimal {
  Natural digits;
  int digit_count = 0;  // without leading zeros
  int exponent = 0;
};

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

int read_exponent(const char*& at) {
  const bool negative = *at == '-';
  if (negative || *at == '+') ++at;
  int value = 0;
  for (; is_digit(*at); ++at) {
    if (value < 100000) value = 10 * value + (*at - '0');
  }
  return negative ? -value : value;
}

Decimal read_decimal(const char*& at) {
  Decimal read;
  bool in_fraction = false;
  bool cut_off = false;
  for (; is_digit(*at) || (*at == '.' && !in_fraction); ++at) {
    if (*at == '.') {
      in_fraction = true;
    } else if (read.digit_count == most_digits) {
      cut_off = cut_off || *at != '0';
      if (!in_fraction) ++read.exponent;
    } else {
      read.digits.multiply_add(10, static_cast<std::uint32_t>(*at - '0'));
      if (read.digits.bits() > 0) ++read.digit_count;
      if (in_fraction) --read.exponent;
    }
  }
  if (cut_off) {
    read.digits.multiply_add(10, 1);
    --read.exponent;
  }
  if (*at == 'e' || *at == 'E') read.exponent += read_exponent(++at);
  return read;
}

// quotient / 2^scale, rounded half to even; `more`: the quotient is a little too small.
double round_to_double(std::uint64_t quotient, int scale, bool more) {
  const int width = 64 - std::countl_zero(quotient);
  // 53 bits, fewer where the smallest doubles have fewer.
  const int dropped = width - 53 > scale - 1074 ? width - 53 : scale - 1074;
  assert(dropped >= 1 && dropped < 64);  // a quotient has 54 bits or more, or scale is 1075
  const std::uint64_t kept = quotient >> dropped;
  const std::uint64_t rest = quotient - (kept << dropped);
  const std::uint64_t half = std::uint64_t{1} << (dropped - 1);
  const bool up = rest > half || (rest == half && (more || kept % 2 == 1));
  const int exponent = dropped - scale + 1074;  // 0 for the smallest doubles
  if (exponent > 2045) return infinity;
  // A mantissa's leading bit, and a carry out of it, add to the exponent field by themselves.
  return std::bit_cast<double>((static_cast<std::uint64_t>(exponent) << 52) + kept + (up ? 1 : 0));
}

double to_double(Decimal& decimal) {
  if (decimal.digit_count == 0 || decimal.digit_count + decimal.exponent < -330) return 0;
  if (decimal.digit_count + decimal.exponent > 310) return infinity;
  Natural divisor;
  divisor.multiply_add(1, 1);
  decimal.digits.multiply(10, decimal.exponent);
  divisor.multiply(10, -decimal.exponent);
  // So many bits below the point that the quotient has 55 or 56, or ends below the smallest double.
  int scale = 55 - (decimal.digits.bits() - divisor.bits());
  if (scale > 1075) scale = 1075;
  decimal.digits.multiply(2, scale);
  divisor.multiply(2, -scale);
  constexpr int most_bits = 58;
  divisor.multiply(2, most_bits);
  std::uint64_t quotient = 0;
  for (int bit = most_bits; bit >= 0; --bit) {
    quotient *= 2;
    if (!decimal.digits.is_less_than(divisor)) {
      decimal.digits.subtract(divisor);
      ++quotient;
    }
    decimal.digits.multiply_add(2, 0);
  }
  return quotient == 0 ? 0 : round_to_double(quotient, scale, decimal.digits.bits() > 0);
}

}  // namespace

extern "C" double __wrap_strtod(const char* text, char** end) {
  const bool negative = *text == '-';
  const char* at = negative ? text + 1 : text;
  Decimal decimal = read_decimal(at);
  if (end != nullptr) *end = const_cast<char*>(at);
  const double value = to_double(decimal);
  return negative ? -value : value;
}
