#include "shared/connectors/day_slices.hpp"
#include "tests/shared/connectors/google/fixtures.hpp"

using namespace wf;
using google_fixtures::at;
using std::chrono::days;
using std::chrono::hours;

namespace {

std::vector<std::string> walk(Query query, const DayRules& rules) {
  std::vector<std::string> slices;
  for (;;) {
    const DaySlice slice = slice_of(query, rules);
    slices.push_back(format_day(slice.first) + " " + format_day(slice.last));
    auto next = position_before(slice, query, rules);
    if (!next) return slices;
    query.position = *std::move(next);
    REQUIRE(slices.size() < 100);
  }
}

}  // namespace

TEST_CASE("a window is walked newest first, each day once", "[days]") {
  const Query query{.window = {at("2026-11-20T10:00:00Z"), at("2026-11-23T13:00:00Z")}};
  CHECK(walk(query, {hours{0}, days{1}}) ==
        std::vector<std::string>{"2026-11-23 2026-11-23", "2026-11-22 2026-11-22", "2026-11-21 2026-11-21",
                                 "2026-11-20 2026-11-20"});
  CHECK(walk(query, {hours{0}, days{3}}) ==
        std::vector<std::string>{"2026-11-21 2026-11-23", "2026-11-20 2026-11-20"});
  CHECK(walk(query, {hours{0}, days{30}}) == std::vector<std::string>{"2026-11-20 2026-11-23"});
}

TEST_CASE("days are the provider's", "[days]") {
  const Query query{.window = {at("2026-11-22T07:59:59Z"), at("2026-11-23T08:00:00Z")}};
  CHECK(walk(query, {hours{-8}, days{9}}) == std::vector<std::string>{"2026-11-21 2026-11-23"});
  CHECK(begin_of(*parse_day("2026-11-23"), {hours{-8}, days{1}}) == at("2026-11-23T08:00:00Z"));
}

TEST_CASE("a position outside its window stays inside", "[days]") {
  Query query{.window = {at("2026-11-20T00:00:00Z"), at("2026-11-22T00:00:00Z")}};
  query.position = position_at(*parse_day("2026-12-24"));
  CHECK(walk(query, {hours{0}, days{9}}) == std::vector<std::string>{"2026-11-20 2026-11-22"});
  query.position = position_at(*parse_day("2020-01-01"));
  CHECK(walk(query, {hours{0}, days{9}}) == std::vector<std::string>{"2026-11-20 2026-11-20"});
  query.position = "nonsense";
  CHECK(walk(query, {hours{0}, days{9}}) == std::vector<std::string>{"2026-11-20 2026-11-22"});
}
