#include "web-ui/widgets/line_break.hpp"

#include <catch_amalgamated.hpp>
#include <string>

namespace {

/// What stands on the first line of so many bytes.
std::string first_line(std::string_view text, std::size_t width) {
  const auto fits = [width](std::string_view line) { return line.size() <= width; };
  return std::string(text.substr(0, wf::line_length(text, fits)));
}

}  // namespace

TEST_CASE("a line ends at the last space where it fits") {
  CHECK(first_line("one two three", 13) == "one two three");
  CHECK(first_line("one two three", 12) == "one two");
  CHECK(first_line("one two three", 7) == "one two");
  CHECK(first_line("one two three", 6) == "one");
}

TEST_CASE("a number stays with its word") {
  CHECK(first_line("usually it has 3 rows", 17) == "usually it has");
  CHECK(first_line("most on 27 Nov: 8", 11) == "most on");
  CHECK(first_line("last 5 min ago", 7) == "last");
  CHECK(first_line("last 5 min ago", 11) == "last 5 min");
  CHECK(first_line("seen (1,200 times)", 12) == "seen");
  CHECK(first_line("took 3.5 µs", 8) == "took");
  CHECK(first_line("up 5 % today", 4) == "up");
  CHECK(first_line("12 rows", 7) == "12 rows");
}

TEST_CASE("a dot between words is on neither line") {
  const auto broken = [](std::string_view text, std::size_t width) {
    const auto [line, rest] =
        wf::break_line(text, [width](std::string_view some) { return some.size() <= width; });
    return std::string(line) + '|' + std::string(rest);
  };
  CHECK(broken("failed ago · 08:41: no", 9) == "failed|ago · 08:41: no");
  CHECK(broken("failed ago · 08:41: no", 10) == "failed ago|08:41: no");
  CHECK(broken("failed ago · 08:41: no", 13) == "failed ago|08:41: no");  // "·" has two bytes
  CHECK(broken("failed ago · 08:41: no", 20) == "failed ago · 08:41:|no");
  CHECK(broken("ago ·", 6) == "ago ·|");
}

TEST_CASE("a name with a digit, or a number after which something else begins, is no such number") {
  CHECK(first_line("nothing in R2 storage", 14) == "nothing in R2");
  CHECK(first_line("on 27, 28 and 29", 7) == "on 27,");
  CHECK(first_line("on 27 28 Nov", 6) == "on 27");
}

TEST_CASE("where nothing else fits, a number is parted from its word, and a word is broken") {
  CHECK(first_line("1200 rows", 8) == "1200");
  CHECK(first_line("1 2 rows", 4) == "1");
  CHECK(first_line("https://example.com/a", 8) == "https://");
  CHECK(first_line("東京都", 7) == "東京");
  CHECK(first_line("東京", 1) == "東");
}
