#include "shared/base/result.hpp"

#include <catch_amalgamated.hpp>

TEST_CASE("kinds of error have one spelling") {
  for (const char* text : {"credentials", "configuration", "provider", "rate_limit", "data", "ours"}) {
    const auto kind = wf::parse_error_kind(text);
    REQUIRE(kind.has_value());
    CHECK(wf::name(*kind) == text);
  }
  CHECK_FALSE(wf::parse_error_kind("").has_value());
  CHECK_FALSE(wf::parse_error_kind("Data").has_value());
}

TEST_CASE("a failure carries its kind and message") {
  const wf::Result<int> result = wf::fail(wf::ErrorKind::rate_limit, "stripe: 429", 30);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().kind == wf::ErrorKind::rate_limit);
  CHECK(result.error().retry_after_secs == 30);
}
