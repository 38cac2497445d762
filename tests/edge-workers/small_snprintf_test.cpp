#include <array>
#include <catch_amalgamated.hpp>
#include <cstdio>
#include <string>

extern "C" int __wrap_snprintf(char* to, std::size_t room, const char* format, ...);

TEST_CASE("prints padded hexadecimal as the C library does, in any room") {
  for (const unsigned value : {0U, 10U, 255U, 0xABCDU, 0xFFFFFFFU}) {
    for (const std::size_t room : {0U, 1U, 4U, 7U, 20U}) {
      std::array<char, 20> ours{};
      std::array<char, 20> theirs{};
      CAPTURE(value, room);
      const int length = __wrap_snprintf(ours.data(), room, "<U+%.4X>\\u%04x", value, value);
      CHECK(length == std::snprintf(theirs.data(), room, "<U+%.4X>\\u%04x", value, value));
      CHECK(ours == theirs);
    }
  }
}
