#include "shared/base/time.hpp"

#include <catch_amalgamated.hpp>

using namespace std::chrono_literals;

TEST_CASE("times are read as Postgres, PostgREST and the providers write them") {
  const auto wanted = wf::from_unix(1795441440);  // 2026-11-23 13:44:00 UTC
  for (const char* text : {"2026-11-23T13:44:00Z", "2026-11-23 13:44:00.377+00", "2026-11-23T13:44:00+00:00",
                           "2026-11-23T14:44:00+01:00", "2026-11-23T08:14:00-0530",
                           "2026-11-23T13:44:00.999999Z", "2026-11-23 13:44:00", " 2026-11-23T13:44:00Z "}) {
    INFO(text);
    CHECK(wf::parse_time(text) == wanted);
  }
  CHECK(wf::format_time(wanted) == "2026-11-23T13:44:00Z");
}

TEST_CASE("what is not a time is refused") {
  for (const char* text :
       {"", "2026-11-23", "2026-13-23T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-23T24:00:00Z",
        "2026-11-23T13:60:00Z", "2026-11-23T13:44:00Zx", "2026-11-23T13:44", "20261123T134400Z",
        "-026-11-23T13:44:00Z", "2026-11-23T13:44:00+", "2026-11-23T13:44:00+1", "tomorrow", "infinity"}) {
    INFO(text);
    CHECK_FALSE(wf::parse_time(text).has_value());
  }
}

TEST_CASE("times before 1970 and leap days survive the way there and back") {
  for (const char* text : {"1969-12-31T23:59:59Z", "2024-02-29T00:00:00Z", "2000-02-29T12:00:00Z"}) {
    CHECK(wf::format_time(*wf::parse_time(text)) == text);
  }
  CHECK_FALSE(wf::parse_time("2100-02-29T00:00:00Z").has_value());
  CHECK(wf::from_millis(-1) == wf::from_unix(-1));
  CHECK(wf::from_millis(1999) == wf::from_unix(1));
}

TEST_CASE("the three forms of an HTTP date are one time") {
  // The example of RFC 9110, section 5.6.7.
  const auto wanted = wf::parse_time("1994-11-06T08:49:37Z");
  CHECK(wf::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == wanted);
  CHECK(wf::parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == wanted);
  CHECK(wf::parse_http_date("Sun Nov  6 08:49:37 1994") == wanted);
  CHECK(wf::format_http_date(*wanted) == "Sun, 06 Nov 1994 08:49:37 GMT");
  for (const char* text : {"", "Sun, 06 Nov", "Sun, 06 Foo 1994 08:49:37 GMT",
                           "Sun, 31 Feb 1994 08:49:37 GMT", "now", ",", "Sun Nov"}) {
    INFO(text);
    CHECK_FALSE(wf::parse_http_date(text).has_value());
  }
}

TEST_CASE("Retry-After is seconds or a date, never negative") {
  const auto now = *wf::parse_time("1994-11-06T08:49:00Z");
  CHECK(wf::parse_retry_after("120", now) == 120);
  CHECK(wf::parse_retry_after(" 7 ", now) == 7);
  CHECK(wf::parse_retry_after("-5", now) == 0);
  CHECK(wf::parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now) == 37);
  CHECK(wf::parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now) == 0);
  CHECK_FALSE(wf::parse_retry_after("soon", now).has_value());
  CHECK_FALSE(wf::parse_retry_after("", now).has_value());
}

TEST_CASE("days") {
  const auto day = wf::parse_day("2026-11-04");
  REQUIRE(day.has_value());
  CHECK(wf::format_day(*day) == "2026-11-04");
  CHECK(wf::format_short_day(*day) == "4 Nov");
  CHECK(wf::format_past_day(*day, *day + std::chrono::days(299)) == "4 Nov");
  CHECK(wf::format_past_day(*day, *day + std::chrono::days(300)) == "4 Nov 2026");
  CHECK(wf::day_of(*wf::parse_time("2026-11-04T23:59:59Z")) == *day);
  for (const char* text : {"2026-11-31", "2026-11-4", "2026-11-04T", ""}) CHECK_FALSE(wf::parse_day(text));
}

TEST_CASE("durations in words") {
  CHECK(wf::describe(-5s) == "now");
  CHECK(wf::describe(0s) == "now");
  CHECK(wf::describe(40s) == "40 s");
  CHECK(wf::describe(60s) == "1 min");
  CHECK(wf::describe(3599s) == "59 min");
  CHECK(wf::describe(3h) == "3 h");
  CHECK(wf::describe(24h) == "1 d");
  CHECK(wf::describe(27h) == "1 d 3 h");
  CHECK(wf::describe(75h) == "3 d");
  CHECK(wf::format_clock(*wf::parse_time("2026-11-04T05:06:07Z")) == "05:06");
}
