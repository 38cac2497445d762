#include <catch_amalgamated.hpp>

#include "shared/connectors/row_reader.hpp"

using namespace wf;

namespace {

static_assert(is_table("id text!\nwhole count a.b|c\nsecond text=\"\"", row_types));
static_assert(!is_table("", row_types));
static_assert(!is_table("id", row_types));
static_assert(!is_table("id words", row_types));
static_assert(!is_table("id tex", row_types));
static_assert(!is_table("id text?", row_types));
static_assert(!is_table("id text! a b", row_types));
static_assert(!is_table("id text!\n\nname text", row_types));

constexpr RowTable columns(R"(
id text!
whole count figures.0.total|total
made date_time
note text=""
owner reference
)");

Json object(std::string_view text) { return *parse_json(text, "object"); }

std::string read(std::string_view text) {
  const Json from = object(text);
  const auto row = RowReader(from, "test").columns(columns).take();
  return row ? dump(*row) : row.error().message;
}

}  // namespace

TEST_CASE("a row has every column of its table", "[rows]") {
  CHECK(read(R"({"id":"a"})") == R"({"id":"a","made":null,"note":"","owner":null,"whole":null})");
  CHECK(read(R"({"id":"a","figures":[{"total":2.6}],"total":7,"made":"2026-11-23T13:44:00Z","note":"n",
                 "owner":{"id":"o"}})") ==
        R"({"id":"a","made":"2026-11-23T13:44:00Z","note":"n","owner":"o","whole":3})");
  CHECK(read(R"({"id":"a","figures":[],"total":7})") ==
        R"({"id":"a","made":null,"note":"","owner":null,"whole":7})");
}

TEST_CASE("the first column that cannot be read fails the row", "[rows]") {
  CHECK(read(R"({"total":"many"})") == "test: missing id");
  CHECK(read(R"({"id":""})") == "test: missing id");
  CHECK(read(R"({"id":5})") == "test: id is a number, not a string");
  CHECK(read(R"({"id":"a","total":"7"})") == "test: whole is a string, not a 64-bit integer");
  CHECK(read(R"({"id":"a","total":1e300,"made":5})") == "test: whole is a number, not a count");
  CHECK(read(R"({"id":"a","made":"today"})") == "test: made is a string, not an ISO 8601 time");
}
