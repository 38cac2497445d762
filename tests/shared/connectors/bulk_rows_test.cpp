#include <array>
#include <catch_amalgamated.hpp>

#include "shared/base/json_events.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/bulk_rows.hpp"
#include "tests/shared/connectors/google/fixtures.hpp"

using namespace wf;

namespace {

constexpr BulkTable columns(R"(
id text!
count integer m.count
micros micros m.money
second text="" keys.1
day day
rate number
owner resource_id
)");
constexpr std::array<std::string_view, 2> notes{"next", "error.status"};
constexpr BulkShape shape{.who = "test", .rows = "list.rows", .columns = columns, .notes = notes};

Json read(std::string_view body) {
  const auto rows = read_bulk_rows(body, shape);
  INFO((rows ? "" : rows.error().message));
  REQUIRE(rows.has_value());
  const auto json = parse_json("[" + rows->text + "]", "rows");
  REQUIRE(json.has_value());
  CHECK(json->size() == rows->count);
  return *json;
}

std::string refusal(std::string_view body) {
  const auto rows = read_bulk_rows(body, shape);
  return rows ? "read" : rows.error().message;
}

std::string row(const std::string& members) { return R"({"list":{"rows":[{"id":"a",)" + members + "}]}}"; }

}  // namespace

TEST_CASE("rows are read wherever their members are, in any order", "[bulk]") {
  const Json rows = read(R"({"next":"n","list":{"more":[1,{"rows":[2]}],"rows":[
    {"id":"a","m":{"x":[{"count":9}],"count":"84","money":420.5},"keys":["p","q"],"day":"2026-11-20"},
    {"keys":[],"m":{"money":0.1,"count":12.0},"rate":1e-3,"owner":"customers/1/actions/42","id":"b"}]}})");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0] == *parse_json(R"({"id":"a","count":84,"micros":420500000,"second":"q","day":"2026-11-20",
                                   "rate":null,"owner":null})",
                               "row"));
  CHECK(rows[1] == *parse_json(R"({"id":"b","count":12,"micros":100000,"second":"","day":null,"rate":1e-3,
                                   "owner":"42"})",
                               "row"));
}

TEST_CASE("an array of replies is one reply", "[bulk]") {
  const auto rows = read_bulk_rows(
      R"([{"list":{"rows":[{"id":"a","day":"2026-01-02"}]}},{"list":{"rows":[{"id":"b","day":"2026-01-01"}]},"next":"t"}])",
      shape);
  REQUIRE(rows.has_value());
  CHECK(rows->count == 2);
  CHECK(rows->notes[0] == "t");
  CHECK(rows->newest == parse_day("2026-01-02"));
}

TEST_CASE("64-bit numbers stay exact", "[bulk]") {
  CHECK(dump(read(row(R"("m":{"count":"9223372036854775807"})"))[0]["count"]) == R"("9223372036854775807")");
  CHECK(dump(read(row(R"("m":{"count":-9223372036854775808})"))[0]["count"]) == R"("-9223372036854775808")");
  CHECK(dump(read(row(R"("m":{"count":9007199254740993})"))[0]["count"]) == R"("9007199254740993")");
  CHECK(refusal(row(R"("m":{"count":"9223372036854775808"})")) ==
        "test: m.count is a string, not a 64-bit integer");
  CHECK(refusal(row(R"("m":{"count":1.5})")) == "test: m.count is a number, not a 64-bit integer");
}

TEST_CASE("money becomes millionths, and what is no number becomes null", "[bulk]") {
  CHECK(read(row(R"("m":{"money":0.29})"))[0]["micros"] == 290'000);
  CHECK(read(row(R"("m":{"money":-12})"))[0]["micros"] == -12'000'000);
  CHECK(read(row(R"("m":{"money":"NaN"},"rate":"Infinity")"))[0]["micros"].is_null());
  CHECK(refusal(row(R"("m":{"money":1e300})")) == "test: m.money is a number, not a number");
}

TEST_CASE("texts arrive as they were", "[bulk]") {
  const std::string text = R"("\"quoted\" \\ \u00e9 \ud83d\ude00 \n\t\u0001 dach reparatur münchen")";
  const auto plain = parse_json(text, "text");
  CHECK(read(R"({"list":{"rows":[{"id":)" + text + "}]}}")[0]["id"] == *plain);
  // Postgres has no NUL.
  CHECK(read(R"({"list":{"rows":[{"id":"a\u0000b"}]}})")[0]["id"] ==
        "a\xEF\xBF\xBD"
        "b");
}

TEST_CASE("no rows are no error, something else is", "[bulk]") {
  CHECK(read("{}").empty());
  CHECK(read("[]").empty());
  CHECK(read(R"({"list":{"rows":[]}})").empty());
  CHECK(read(R"({"next":"n"})").empty());
  CHECK(refusal(R"({"other":1})") == "test: the reply is not a report");
  CHECK(refusal(R"([[]])") == "test: the reply is not a report");
  CHECK(refusal("7") == "test: the reply is a number");
  CHECK(refusal(R"({"list":{"rows":{}}})") == "test: list.rows is an object, not an array");
  CHECK(refusal(R"({"list":{"rows":7}})") == "test: list.rows is a number, not an array");
  CHECK(refusal(R"({"list":{"rows":[7]}})") == "test: a row is a number");
  CHECK(refusal(R"({"list":{"rows":[[]]}})") == "test: a row is an array, not an object");
}

TEST_CASE("what is missing or of a wrong type is named", "[bulk]") {
  CHECK(refusal(R"({"list":{"rows":[{}]}})") == "test: missing id");
  CHECK(refusal(R"({"list":{"rows":[{"id":null}]}})") == "test: missing id");
  CHECK(refusal(R"({"list":{"rows":[{"id":5}]}})") == "test: id is a number, not a string");
  CHECK(refusal(row(R"("day":"20261120")")) == "test: day is a string, not a day");
  CHECK(refusal(row(R"("rate":true)")) == "test: rate is true or false, not a number");
}

TEST_CASE("a body that is no JSON is refused like everywhere else", "[bulk]") {
  CHECK(refusal("") == "test: the reply is empty");
  CHECK(refusal("<html>") == "test: the reply is HTML, not JSON");
  CHECK(refusal(R"({"list":{"rows":[{"id":"a")") == "test: the reply is not JSON, or was cut off");
  CHECK(refusal("{\"list\":\"\xff\"}") == "test: the reply is not valid UTF-8");
  CHECK(refusal(R"({"next":"n"} trailing)") == "test: the reply is not JSON, or was cut off");
  CHECK(refusal(std::string(100'000, '[')) == "test: the reply is nested too deep");
  CHECK(refusal(std::string("{\"next\":\"n\"}") + '\0') != "read");
}

TEST_CASE("a reply cut anywhere is never taken for a whole one", "[bulk]") {
  const std::string whole = row(R"("m":{"count":"84","money":1.5},"keys":["p","q"],"rate":0.25)");
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK(refusal(whole.substr(0, size)) != "read");
}

namespace {

// The same rows, none written like the one before it: a member that no column knows tells them apart.
std::string all_unlike(const std::vector<std::string>& rows) {
  std::vector<std::string> unlike;
  for (const std::string& row : rows)
    unlike.push_back("{\"_" + std::to_string(unlike.size() % 7) + "\":null," + row.substr(1));
  return R"({"list":{"rows":[)" + join(unlike, ",") + R"(]},"next":"n"})";
}

std::string as_written(const std::vector<std::string>& rows, std::string_view between) {
  return R"({"list":{"rows":[)" + join(rows, between) + R"(]},"next":"n"})";
}

std::string told(const std::string& body) {
  const auto rows = read_bulk_rows(body, shape);
  if (!rows) return rows.error().message;
  return concat({rows->text, " ", std::to_string(rows->count), " ",
                 rows->newest ? format_day(*rows->newest) : "none", " ", join(rows->notes, ",")});
}

const std::vector<std::string> kinds_of_rows{
    R"({"id":"a","m":{"count":1,"money":2.5},"keys":["k","p"],"day":"2026-11-20","rate":0.5})",
    R"({"id":"b","m":{"count":20,"money":3},"keys":["l","q"],"day":"2026-11-22","rate":1e2})",
    R"({"id":"c \u0026 \"d\" \\","m":{"count":0,"money":0},"keys":["\n",""],"day":"2026-11-21","rate":-0})",
    R"({"id":"e","m":{"count":"30","money":1},"keys":["m","r"],"day":"2026-11-20","rate":7})",
    R"({"id":"f","m":{"count":-4,"money":"NaN"},"keys":["m","r"],"day":"2026-11-20","rate":7})",
    R"({"id":"g","m":{"count":9007199254740993,"money":1},"keys":["m","ü"],"day":"2026-11-20","rate":7})",
    R"({"id":"h","m":{"count":1234567890123456,"money":1},"keys":["m","r"],"day":"2026-11-20","rate":7})",
    R"({"id":"i","m":{"count":1,"money":2.5},"keys":["k"],"day":"2026-11-23","rate":0.5})",
    R"({"id":"j"})",
    R"({"id":"k","owner":"customers/1/actions/2"})",
    R"({"id":"l","owner":"customers/1/actions/3\/4"})",
    R"({"id":"m","id":"n","rate":1})",
    R"({"id":"o","id":"p","rate":2})",
    R"({"id":"q","day":null,"rate":3})",
    R"({"id":"r","more":[{},[1,{"x":2}],true],"rate":4})",
    R"({"id":"s","more":[{},[3,{"x":4}],true],"rate":5})",
    R"({ "id" : "t" , "rate" : 6 })",
    R"({"id":"v","day":"2026-11-24","rate":9})",
    R"({"id":"w","day":"2026-11-24\n","rate":9})",
    R"({"rate":8,"id":"u"})"};

const std::vector<std::string> wrong_rows{
    R"({"id":"a","m":{"count":1.5,"money":2.5},"keys":["k","p"],"day":"2026-11-20","rate":0.5})",
    R"({"id":"a","m":{"count":1,"money":1e300},"keys":["k","p"],"day":"2026-11-20","rate":0.5})",
    R"({"id":"a","m":{"count":1,"money":2.5},"keys":["k","p"],"day":"2026-13-20","rate":0.5})",
    R"({"id":"a","m":{"count":1,"money":2.5},"keys":["k","p"],"day":"2026-11-20","rate":1e999})",
    R"({"id":"a","m":{"count":1,"money":2.5},"keys":["k","p"],"day":"2026-11-20","rate":01})",
    R"({"id":"a","m":{"count":1,"money":2.5},"keys":["k\q","p"],"day":"2026-11-20","rate":1})",
    R"({"id":"a","m":{"count":1,"money":2.5},"keys":["k","p"],"day":"2026-11-20","rate":true})",
    R"({"id":"a","m":{"count":1,"money":2.5},"keys":["k","p"],"day":"2026-11-20","rate":1]})",
    R"({"id":7,"rate":1})",
    R"({"rate":1})",
    R"({"owner":"x"})"};

}  // namespace

TEST_CASE("a row that is written like the one before it gives what it would alone", "[bulk]") {
  for (const std::string_view between : {",", " ,\n  "})
    for (const std::string& first : kinds_of_rows)
      for (const std::string& second : kinds_of_rows)
        for (const std::string& third : kinds_of_rows) {
          const std::vector rows{first, first, second, second, third, first};
          INFO(first << second << third);
          CHECK(told(as_written(rows, between)) == told(all_unlike(rows)));
        }
}

TEST_CASE("a wrong row is refused as it would be alone, whatever was before it", "[bulk]") {
  for (const std::string& before : kinds_of_rows)
    for (const std::string& wrong : wrong_rows) {
      const std::vector rows{before, before, wrong, before};
      INFO(before << wrong);
      const std::string why = told(as_written(rows, ","));
      CHECK(why.substr(0, 4) == "test");
      CHECK(why == told(all_unlike(rows)));
    }
}

TEST_CASE("rows that are alike are not told again", "[bulk]") {
  struct Counting final : JsonEvents {
    bool on_begin(bool) override { return ++begun > 0; }
    bool on_end() override { return true; }
    bool on_key(std::string_view) override { return true; }
    bool on_scalar(JsonScalar, std::string_view) override { return ++scalars > 0; }
    bool expects_like_elements() override { return begun == 1; }
    bool on_like_scalar(std::size_t, JsonScalar, std::string_view) override { return ++like > 0; }
    bool on_like_end(bool whole) override { return whole ? ++whole_rows > 0 : ++unlike_rows > 0; }
    int begun = 0, scalars = 0, like = 0, whole_rows = 0, unlike_rows = 0;
  } events;
  const auto whole = read_json_events(
      R"([{"a":1,"b":"x"},{"a":2,"b":"y\n"},{"a":3,"b":null},{"a":4,"b":null}])", "test", events);
  REQUIRE(whole.has_value());
  CHECK(*whole);
  CHECK(events.begun == 3);
  CHECK(events.scalars == 4);
  CHECK(events.whole_rows == 2);
  CHECK(events.unlike_rows == 1);
  CHECK(events.like == 2 + 1 + 1);
}
