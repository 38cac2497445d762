#include "shared/base/text.hpp"

#include <limits>

#include <catch_amalgamated.hpp>

TEST_CASE("splitting, trimming and joining") {
  CHECK(wf::trim(" \t a b \r\n") == "a b");
  CHECK(wf::split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
  CHECK(wf::split("", ',') == std::vector<std::string_view>{""});
  CHECK(wf::join({"a", "b"}, ", ") == "a, b");
  CHECK(wf::concat({"a", "", "b"}) == "ab");
  CHECK(wf::to_lower("ÄBC1") == "Äbc1");
  CHECK(wf::to_upper("stripe_x") == "STRIPE_X");
  CHECK(wf::contains_ignoring_case("Google Ads", "ADS"));
}

TEST_CASE("a word is one of a list as a whole") {
  CHECK(wf::is_one_of("b", "a b c"));
  CHECK_FALSE(wf::is_one_of("b c", "a b c"));
  CHECK_FALSE(wf::is_one_of("bc", "a b c"));
  CHECK_FALSE(wf::is_one_of("", "a b c"));
  CHECK_FALSE(wf::is_one_of("", ""));
}

TEST_CASE("what stands before a separator is taken off") {
  std::string_view text = "a,,b";
  CHECK(wf::cut(text, ',') == "a");
  CHECK(wf::cut(text, ',').empty());
  CHECK(wf::cut(text, ',') == "b");
  CHECK(text.empty());
}

TEST_CASE("a code is letters, digits and what is allowed besides") {
  CHECK(wf::is_code("resource_missing"));
  CHECK(wf::is_code("evt-1", 5, "_-"));
  for (const char* text : {"", "no such charge", "a-b", "ä", "a.b"}) CHECK_FALSE(wf::is_code(text));
  CHECK_FALSE(wf::is_code("evt-12", 5, "_-"));
}

TEST_CASE("integers fill their whole range and not more") {
  CHECK(wf::parse_int64("9223372036854775807") == 9223372036854775807);
  CHECK_FALSE(wf::parse_int64("9223372036854775808"));
  CHECK(wf::parse_int64("-9223372036854775808").has_value());
  CHECK_FALSE(wf::parse_int64("-9223372036854775809"));
  CHECK_FALSE(wf::parse_int64("92233720368547758070"));
  for (const char* text : {"", "-", "+1", "1 ", "0x1", "--1"}) CHECK_FALSE(wf::parse_int64(text));
  CHECK(wf::parse_int64("-0") == 0);
}

TEST_CASE("percent encoding leaves only unreserved characters") {
  CHECK(wf::percent_encode("sc-domain:example.com/ä") == "sc-domain%3Aexample.com%2F%C3%A4");
}

TEST_CASE("shortening never cuts a character") {
  CHECK(wf::shorten("abc", 3) == "abc");
  CHECK(wf::shorten("aä", 2) == "a…");
  CHECK(wf::shorten("abcd", 2) == "ab…");
}

TEST_CASE("UTF-8 as Unicode allows it") {
  for (const char* text : {"", "a", "ä", "€", "😀", "\xF4\x8F\xBF\xBF"}) CHECK(wf::is_valid_utf8(text));
  for (const char* text : {"\x80", "\xC3", "\xC3\x28", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80",
                           "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "a\xFF"}) {
    CHECK_FALSE(wf::is_valid_utf8(text));
  }
}

TEST_CASE("what looks like a key is masked in a message") {
  CHECK(wf::without_secrets("Invalid API Key provided: sk_test_4eC39HqLyjWD") ==
        "Invalid API Key provided: [masked]");
  CHECK(wf::without_secrets("(whsec_abcdef123)") == "([masked])");
  CHECK(wf::without_secrets("header Bearer abcdefgh was refused") == "header [masked] was refused");
  CHECK(wf::without_secrets("at https://graph.facebook.com/v26.0/me?access_token=EAAabc&x=1 now") ==
        "at https://graph.facebook.com/v26.0/me now");
  CHECK(wf::without_secrets("https://user:password@host/path") == "https://[masked]");
  CHECK(wf::without_secrets("eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.sig") == "[masked]");
  CHECK(wf::without_secrets("a task_id and desk_lamp stay") == "a task_id and desk_lamp stay");
  CHECK(wf::without_secrets("stripe charges: missing id") == "stripe charges: missing id");
}

TEST_CASE("whole numbers are read and written over all of 64 bits") {
  const auto written = [](std::int64_t value) {
    std::string out = "n=";
    wf::append_int64(out, value);
    return out;
  };
  CHECK(written(0) == "n=0");
  CHECK(written(-70) == "n=-70");
  CHECK(written(std::numeric_limits<std::int64_t>::min()) == "n=-9223372036854775808");
  std::string most;
  wf::append_uint64(most, std::numeric_limits<std::uint64_t>::max());
  CHECK(most == "18446744073709551615");
  CHECK(wf::parse_uint64(most) == std::numeric_limits<std::uint64_t>::max());
  for (const char* text : {"18446744073709551616", "99999999999999999999", "-1", "", "1a"})
    CHECK_FALSE(wf::parse_uint64(text));
}

TEST_CASE("one replacement stands for as many bytes as began a character") {
  CHECK(wf::first_character("é!").length == 2);
  CHECK_FALSE(wf::first_character("\xE2\x82").valid);
  CHECK(wf::first_character("\xE2\x82").length == 2);
  CHECK(wf::first_character("\xE0\x80").length == 1);
  CHECK(wf::first_character("\xF0\x9F\x98x").length == 3);
}

TEST_CASE("what must be escaped or is no UTF-8 is found wherever it stands") {
  for (std::size_t size = 0; size < 20; ++size) {
    const std::string plain(size, 'a');
    CHECK(wf::plain_length(plain) == size);
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text = plain;
        text[at] = static_cast<char>(byte);
        const bool special = byte < 0x20 || byte == '"' || byte == '\\';
        CAPTURE(size, at, byte);
        REQUIRE(wf::plain_length(text) == (special ? at : size));
        REQUIRE(wf::is_valid_utf8(text) == (byte < 0x80));
      }
    }
  }
}
