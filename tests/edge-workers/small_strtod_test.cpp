#include <bit>
#include <catch_amalgamated.hpp>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

extern "C" double __wrap_strtod(const char* text, char** end);

namespace {

bool reads_as_the_c_library_does(const std::string& text) {
  char* our_end = nullptr;
  char* their_end = nullptr;
  const double ours = __wrap_strtod(text.c_str(), &our_end);
  const double theirs = std::strtod(text.c_str(), &their_end);
  return std::bit_cast<std::uint64_t>(ours) == std::bit_cast<std::uint64_t>(theirs) && our_end == their_end;
}

std::string digits(std::mt19937& random, std::size_t count) {
  std::string text;
  while (text.size() < count) text += static_cast<char>('0' + random() % 10);
  return text;
}

}  // namespace

TEST_CASE("reads fractions, the largest, the smallest and halfway cases exactly") {
  const char* text =
      GENERATE("0", "-0", "0.0", "1", "-1.5", "1.16612", "12.50,", "1E+5", "9007199254740993",
               "9007199254740992.5", "4.9e-324", "2.4703282292062327e-324", "2.4703282292062328e-324",
               "2.2250738585072011e-308", "1.7976931348623157e308", "1.7976931348623158e308",
               "1.7976931348623159e308", "1e309", "1e400", "1e-400", "123456789012345678901234567890",
               "0.000000000000000000000000000000000001e36", "1e99999999999", "1e-99999999999");
  CAPTURE(text);
  CHECK(reads_as_the_c_library_does(text));
}

TEST_CASE("reads numbers of any length and size as the C library does") {
  std::mt19937 random(7);  // the same numbers in every run
  for (int i = 0; i < 500; ++i) {
    const std::size_t length = 1 + random() % (i % 10 == 0 ? 900 : 25);
    const int exponent = static_cast<int>(random() % 700) - 350;
    const std::string text =
        "1" + digits(random, random() % 20) + "." + digits(random, length) + "e" + std::to_string(exponent);
    CAPTURE(text);
    CHECK(reads_as_the_c_library_does(text));
  }
}
