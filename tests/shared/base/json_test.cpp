#include "shared/base/json.hpp"

#include <catch_amalgamated.hpp>

using wf::ErrorKind;
using wf::Json;

namespace {

Json parse(std::string_view text) {
  const auto json = wf::parse_json(text, "test");
  REQUIRE(json.has_value());
  return *json;
}

std::string why(std::string_view text) {
  const auto json = wf::parse_json(text, "stripe charges");
  REQUIRE_FALSE(json.has_value());
  CHECK(json.error().kind == ErrorKind::data);
  return json.error().message;
}

}  // namespace

TEST_CASE("what is not JSON is told apart") {
  CHECK(why("") == "stripe charges: the reply is empty");
  CHECK(why(" \n") == "stripe charges: the reply is empty");
  CHECK(why("<html><body>502</body></html>") == "stripe charges: the reply is HTML, not JSON");
  CHECK(why(R"({"data":[{"id":"ch_1","amo)") == "stripe charges: the reply is not JSON, or was cut off");
  CHECK(why("{\"id\":\"\xC3\x28\"}") == "stripe charges: the reply is not valid UTF-8");
  CHECK(why("{} trailing") == "stripe charges: the reply is not JSON, or was cut off");
}

TEST_CASE("a million brackets are refused before they are followed") {
  CHECK(why(std::string(1'000'000, '[')) == "stripe charges: the reply is nested too deep");
  CHECK(wf::parse_json("\"" + std::string(1000, '[') + "\"", "x").has_value());
  CHECK(wf::parse_json(R"(["\"[[", 1])", "x").has_value());
}

TEST_CASE("readers answer nothing for what is absent, null or of another type") {
  const Json json = parse(R"({"text":"a","number":7,"flag":false,"nothing":null,"list":[1],"object":{}})");
  CHECK(wf::find_string(json, "text") == "a");
  CHECK_FALSE(wf::find_string(json, "number"));
  CHECK_FALSE(wf::find_string(json, "nothing"));
  CHECK_FALSE(wf::find_string(json, "absent"));
  CHECK_FALSE(wf::find_string(Json(), "text"));
  CHECK_FALSE(wf::find_string(Json::array({1}), "text"));
  CHECK(wf::find_bool(json, "flag") == false);
  CHECK_FALSE(wf::find_bool(json, "number"));
  CHECK(wf::find_array(json, "list") != nullptr);
  CHECK(wf::find_array(json, "object") == nullptr);
  CHECK(wf::find_object(json, "object") != nullptr);
  CHECK(wf::find(json, "nothing") == nullptr);
}

TEST_CASE("integers keep 64 bits, also as text, and are never rounded") {
  const Json json = parse(R"({"a":9007199254740993,"b":"9007199254740993","c":-5,"d":12.0,"e":12.5,
    "f":18446744073709551615,"g":"12a","h":1e30,"i":"","j":"9223372036854775808","k":"-9223372036854775808"})");
  CHECK(wf::find_int64(json, "a") == 9007199254740993);
  CHECK(wf::find_int64(json, "b") == 9007199254740993);
  CHECK(wf::find_int64(json, "c") == -5);
  CHECK(wf::find_int64(json, "d") == 12);
  CHECK(wf::find_int64(json, "k") == std::numeric_limits<std::int64_t>::min());
  for (const char* key : {"e", "f", "g", "h", "i", "j"}) {
    INFO(key);
    CHECK_FALSE(wf::find_int64(json, key));
  }
}

TEST_CASE("what is required is named when it is missing or of a wrong type") {
  const Json json = parse(R"({"id":7,"amount":"x","list":[],"nothing":null})");
  CHECK(wf::require_string(json, "id", "stripe charges").error().message ==
        "stripe charges: id is a number, not a string");
  CHECK(wf::require_string(json, "nothing", "stripe charges").error().message ==
        "stripe charges: missing nothing");
  CHECK(wf::require_int64(json, "amount", "stripe charges").error().message ==
        "stripe charges: amount is a string, not an integer");
  CHECK(wf::require_bool(json, "list", "x").error().message == "x: list is a list, not true or false");
  CHECK(*wf::require_int64(json, "id", "x") == 7);
  CHECK(wf::allow_string(json, "nothing", "x").value() == std::nullopt);
  CHECK_FALSE(wf::allow_string(json, "id", "x").has_value());
  CHECK(wf::allow_int64(json, "id", "x").value() == 7);
}

TEST_CASE("invalid text can be written without an abort") {
  CHECK(wf::dump(Json{{"a", "\xFF"}}) == "{\"a\":\"\xEF\xBF\xBD\"}");
}
