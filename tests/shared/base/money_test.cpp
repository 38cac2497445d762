#include "shared/base/money.hpp"

#include <catch_amalgamated.hpp>
#include <limits>

TEST_CASE("each currency has its own number of decimals") {
  CHECK(wf::format({128405, "eur"}) == "1,284.05 EUR");
  CHECK(wf::format({1284, "jpy"}) == "1,284 JPY");
  CHECK(wf::format({500, "ugx"}) == "5.00 UGX");
  CHECK(wf::format({50, "KWD"}) == "0.050 KWD");
  CHECK(wf::format({5, "usd"}) == "0.05 USD");
  CHECK(wf::format({-128405, "usd"}) == "-1,284.05 USD");
  CHECK(wf::format({0, "usd"}) == "0.00 USD");
}

TEST_CASE("the largest amounts do not overflow") {
  CHECK(wf::format({std::numeric_limits<std::int64_t>::min(), "usd"}) == "-92,233,720,368,547,758.08 USD");
  CHECK(wf::group_digits(-1000) == "-1,000");
  CHECK(wf::group_digits(999) == "999");
  CHECK(wf::group_digits(1234567) == "1,234,567");
}

TEST_CASE("how many of the smallest unit make a whole one") {
  CHECK(wf::smallest_per_whole("jpy") == 1);
  CHECK(wf::smallest_per_whole("EUR") == 100);
  CHECK(wf::smallest_per_whole("kwd") == 1000);
}
