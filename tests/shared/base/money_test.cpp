#include "shared/base/money.hpp"

#include <catch_amalgamated.hpp>
#include <limits>

TEST_CASE("each currency has its own number of decimals") {
  CHECK(wf::currency_exponent("eur") == 2);
  CHECK(wf::currency_exponent("jpy") == 0);
  CHECK(wf::currency_exponent("ugx") == 2);
  CHECK(wf::currency_exponent("KWD") == 3);
  CHECK(wf::currency_exponent("") == 2);
}

TEST_CASE("digits are grouped by thousands") {
  CHECK(wf::group_digits(0) == "0");
  CHECK(wf::group_digits(999) == "999");
  CHECK(wf::group_digits(-999) == "-999");
  CHECK(wf::group_digits(-1000) == "-1,000");
  CHECK(wf::group_digits(1234567) == "1,234,567");
  CHECK(wf::group_digits(std::numeric_limits<std::int64_t>::min()) == "-9,223,372,036,854,775,808");
}

TEST_CASE("how many of the smallest unit make a whole one") {
  CHECK(wf::smallest_per_whole("jpy") == 1);
  CHECK(wf::smallest_per_whole("EUR") == 100);
  CHECK(wf::smallest_per_whole("kwd") == 1000);
}
