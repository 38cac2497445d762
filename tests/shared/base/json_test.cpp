#include "shared/base/json.hpp"

#include <cstring>
#include <limits>

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

TEST_CASE("of half a million values on a document is refused: in memory it is many times its text") {
  const auto list = [](std::string_view value, int times) {
    std::string text = "[1";
    for (int i = 2; i < times; ++i) text.append(",").append(value);
    return text + "]";
  };
  CHECK(wf::parse_json(list("1", 500'000), "x").has_value());
  CHECK(why(list("1", 500'001)) == "stripe charges: the reply has too many values");
  CHECK(why(list("[]", 500'001)) == "stripe charges: the reply has too many values");
}

TEST_CASE("readers answer nothing for what is absent, null or of another type") {
  const Json json = parse(R"({"text":"a","number":7,"flag":false,"nothing":null,"list":[1],"object":{}})");
  CHECK(wf::find_string(json, "text") == "a");
  CHECK_FALSE(wf::find_string(json, "number"));
  CHECK_FALSE(wf::find_string(json, "nothing"));
  CHECK_FALSE(wf::find_string(json, "absent"));
  CHECK_FALSE(wf::find_string(Json(), "text"));
  CHECK_FALSE(wf::find_string(Json::array({1}), "text"));
  CHECK(wf::find_text(json, "text") == "a");
  CHECK(wf::find_text(json, "number").empty());
  CHECK(wf::find_text(json, "absent").empty());
  CHECK(wf::find_bool(json, "flag") == false);
  CHECK_FALSE(wf::find_bool(json, "number"));
  CHECK(wf::find_array(json, "list") != nullptr);
  CHECK(wf::find_array(json, "object") == nullptr);
  CHECK(wf::find_object(json, "object") != nullptr);
  CHECK(wf::find(json, "nothing") == nullptr);
}

TEST_CASE("only a list has elements, and only an object members") {
  const Json json = parse(R"({"list":[1,"two"],"object":{"b":2,"a":1},"text":"[1]","on":true,"off":false})");
  REQUIRE(wf::list_in(json, "list").size() == 2);
  CHECK(wf::list_in(json, "list")[1] == "two");
  for (const std::string_view other : {"object", "text", "absent"}) CHECK(wf::list_in(json, other).empty());
  CHECK(wf::elements(json).empty());
  CHECK(wf::members(json["object"]).begin()->first == "a");
  for (const std::string_view other : {"list", "text"}) CHECK(wf::members(*wf::find(json, other)).empty());
  CHECK(wf::empty_list().is_array());
  CHECK(wf::empty_object().is_object());
  CHECK(wf::is_true(json, "on"));
  for (const std::string_view other : {"off", "text", "absent"}) CHECK_FALSE(wf::is_true(json, other));
  CHECK(wf::text_in(json, "text") == "[1]");
  CHECK(wf::text_in(json, "list").empty());
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
  CHECK(wf::as_double(*wf::find(json, "f")) == 18446744073709551615.0);
  CHECK(wf::as_double(*wf::find(json, "c")) == -5);
  CHECK_FALSE(wf::as_double(*wf::find(json, "b")));
}

TEST_CASE("what is required is named when it is missing or of a wrong type") {
  const Json json = parse(R"({"id":7,"amount":"x","list":[],"nothing":null})");
  CHECK(wf::require_string(json, "id", "stripe charges").error().message ==
        "stripe charges: id is a number, not a string");
  CHECK(wf::require_string(json, "nothing", "stripe charges").error().message ==
        "stripe charges: missing nothing");
  CHECK(wf::allow_int64(json, "amount", "stripe charges").error().message ==
        "stripe charges: amount is a string, not an integer");
  CHECK(wf::require_bool(json, "list", "x").error().message == "x: list is a list, not true or false");
  CHECK(wf::allow_string(json, "nothing", "x").value() == std::nullopt);
  CHECK_FALSE(wf::allow_string(json, "id", "x").has_value());
  CHECK(wf::allow_int64(json, "id", "x").value() == 7);
}

TEST_CASE("invalid text can be written without an abort") {
  CHECK(wf::dump(Json{{"a", "\xFF"}}) == "{\"a\":\"\xEF\xBF\xBD\"}");
}

namespace {

// What nlohmann's own serializer writes: what is kept and sent must not depend on who wrote it.
std::string as_nlohmann_writes(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A reproducible sequence, so that a failure can be repeated.
struct Random {
  std::uint64_t state = 0x9E3779B97F4A7C15;
  std::uint64_t next() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  }
};

}  // namespace

TEST_CASE("a NUL is left out, which Postgres does not store") {
  const Json json = parse(R"({"a\u0000b":"\u0000c\u0000","d":"e\\u0000"})");
  CHECK(json == Json{{"ab", "c"}, {"d", "e\\u0000"}});
}

TEST_CASE("a document is written as nlohmann writes it") {
  const Json json = parse(
      R"({"b":[1,-2,3.5,1e300,5e-324,0.1,-0.0,100.0,-0],"a":{"":null,"é\u0001\u001f\b\f\n\r\t\"\\/":true},
    "empty":[{},[],""],"large":[18446744073709551615,9223372036854775808,-9223372036854775808,18446744073709551616]})");
  CHECK(wf::dump(json) == as_nlohmann_writes(json));
  CHECK(wf::dump(Json(std::numeric_limits<double>::infinity())) == "null");
  CHECK(wf::dump(Json()) == "null");
}

TEST_CASE("doubles are written as nlohmann writes them") {
  Random random;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = random.next();
    double number = 0;
    std::memcpy(&number, &bits, sizeof number);  // the page's library has no bit_cast
    const Json value(number);
    if (wf::dump(value) != as_nlohmann_writes(value)) FAIL(as_nlohmann_writes(value));
  }
}

TEST_CASE("broken UTF-8 is replaced as nlohmann replaces it") {
  // Bytes on both sides of every limit of the encoding.
  constexpr std::string_view bytes =
      "a\"\\\n\x7F\x80\x8F\x90\x9F\xA0\xBF\xC1\xC2\xDF\xE0\xE1\xED\xEF\xF0\xF1\xF4\xF5\xFF";
  Random random;
  for (int i = 0; i < 50'000; ++i) {
    std::string text;
    for (std::uint64_t length = random.next() % 7; length > 0; --length)
      text += bytes[random.next() % bytes.size()];
    const Json value(text);
    if (wf::dump(value) != as_nlohmann_writes(value)) FAIL(as_nlohmann_writes(value));
  }
}

TEST_CASE("a document is read as nlohmann reads it") {
  for (const std::string_view text :
       {R"({"a":1,"a":{"b":[]},"c":[[],{}]})", R"("\u20ac\ud83d\ude00\/")", "0", "-1", "1.0", "1E2", "-0",
        "-0.0", "12345678901234567890", "-12345678901234567890", "4e-400", " [ 1 , true , false , null ] ",
        "\xEF\xBB\xBF{}", "1.7976931348623157e308"}) {
    const Json expected = Json::parse(text);
    const Json read = parse(text);
    INFO(text);
    CHECK(read == expected);
    CHECK(as_nlohmann_writes(read) == as_nlohmann_writes(expected));
    CHECK(read.type() == expected.type());
  }
  for (const std::string_view text :
       {"01",    "1.",    ".5",          "+1",       "1e",     "-",       "1e400",       "-1.8e308",
        "tru",   "[1,]",  R"({"a":1,})", R"({a:1})", "\"\t\"", R"("\x")", R"("\ud800")", R"("\udc00x")",
        "[1 2]", "{} {}", "\"a",         "'a'",      "NaN",    "// x\n1"}) {
    INFO(text);
    CHECK_FALSE(Json::accept(text));
    CHECK(why(text) == "stripe charges: the reply is not JSON, or was cut off");
  }
}

TEST_CASE("spoiled documents are refused where nlohmann refuses them, and read alike where it does not") {
  const std::string whole =
      R"({"k\u0041":[0,-12,3.25e2,1E-7,true,false,null,"é\ud83d\ude00\n\"\\"],"":{"a":{},"b":[ [] , "\u20ac" ]}})";
  constexpr std::string_view bytes = "{}[],:\"\\ \n0179-+.eEuUdD8abtfn\t\x01\x80\xC3\xED";
  Random random;
  int valid = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text = whole;
    for (std::uint64_t changes = 1 + random.next() % 3; changes > 0 && !text.empty(); --changes) {
      const std::size_t at = random.next() % text.size();
      const char byte = bytes[random.next() % bytes.size()];
      const std::uint64_t how = random.next() % 4;
      if (how == 0)
        text[at] = byte;
      else if (how == 1)
        text.insert(at, 1, byte);
      else if (how == 2)
        text.erase(at, 1 + random.next() % 3);
      else if (random.next() % 4 == 0)
        text.resize(at + 1);
    }
    const Json expected = Json::parse(text, nullptr, false);
    const auto read = wf::parse_json(text, "test");
    if (read.has_value() == expected.is_discarded()) FAIL(text);
    if (!read) continue;
    ++valid;
    if (as_nlohmann_writes(*read) != as_nlohmann_writes(expected)) FAIL(text);
  }
  CHECK(valid > 1'000);
}
