#include "shared/domain/facts.hpp"

#include <catch_amalgamated.hpp>

using wf::Json;

namespace {

Json parse(std::string_view text) { return *wf::parse_json(text, "test"); }

}  // namespace

TEST_CASE("rows are gathered by workspace and service, in any order") {
  const auto facts = wf::read_service_facts(parse(R"([
    {"client_id":"a","service":"stripe","stream":"charges","last_rows":4},
    {"client_id":"b","service":"stripe","stream":"","present_keys":["stripe.secret_key"]},
    {"client_id":"a","service":"stripe","stream":"webhook","bad_signatures":2},
    {"client_id":"a","service":"stripe","stream":"","enabled":false,
     "detection_problem":"no","detected_at":"2026-11-23 13:44:00.377+00"}])"));
  REQUIRE(facts.has_value());
  REQUIRE(facts->size() == 2);
  const wf::ServiceFacts& a = facts->front();
  CHECK(a.client_id == "a");
  CHECK_FALSE(a.enabled);
  CHECK(a.detection_problem == "no");
  CHECK(a.detected_at == wf::parse_time("2026-11-23T13:44:00Z"));
  REQUIRE(a.streams.size() == 1);
  CHECK(a.streams[0].last_rows == 4);
  REQUIRE(a.webhook.has_value());
  CHECK(a.webhook->bad_signatures == 2);
  CHECK(facts->back().present_keys.size() == 1);
}

TEST_CASE("a row that cannot be read costs its service only, which says why") {
  const char* rows[] = {R"({"service":"stripe","stream":"charges","last_rows":[]})",
                        R"({"service":"stripe","stream":"charges","last_success_at":17})",
                        R"({"service":"stripe","stream":"charges","last_success_at":"yesterday"})",
                        R"({"service":"stripe","stream":"charges","failure_kind":"weather"})",
                        R"({"service":"stripe","stream":"charges","failure_final":"yes"})",
                        R"({"service":"stripe","stream":"webhook","bad_signatures":"many"})",
                        R"({"service":"stripe","stream":7})",
                        R"({"service":"stripe","stream":"","present_keys":"stripe.secret_key"})",
                        R"({"service":"stripe","stream":"","present_keys":[1]})"};
  for (const std::string row : rows) {
    INFO(row);
    const auto facts = wf::read_service_facts(
        parse("[" + row + R"(,{"service":"meta","stream":"","present_keys":["meta.token"]}])"));
    REQUIRE(facts.has_value());
    REQUIRE(facts->size() == 2);
    CHECK(facts->front().unreadable.find("service_facts: ") == 0);
    CHECK(facts->back().unreadable.empty());
    CHECK(facts->back().present_keys.size() == 1);
  }
  const auto named = wf::read_service_facts(parse("[" + std::string(rows[0]) + "]"));
  CHECK(named->front().unreadable == "service_facts: last_rows is a list, not an integer");
}

TEST_CASE("a column on which no badge rests is left out where it cannot be read") {
  const auto facts = wf::read_stream_facts(
      parse(R"({"stream":"charges","progress_done":"half","failure_message":3,"next_try_at":"soon",
                "reconciled_at":[],"run_rows":12,"last_rows":4})"));
  REQUIRE(facts.has_value());
  CHECK_FALSE(facts->progress_done);
  CHECK_FALSE(facts->next_try_at);
  CHECK(facts->run_rows == 12);
  CHECK(facts->last_rows == 4);
}

TEST_CASE("what is no list of rows of services is an error, never an abort") {
  for (const char* text : {R"([{"stream":"charges"}])", R"([7])", R"({"message":"permission denied"})"}) {
    INFO(text);
    const auto facts = wf::read_service_facts(parse(text));
    REQUIRE_FALSE(facts.has_value());
    CHECK(facts.error().kind == wf::ErrorKind::data);
  }
}

TEST_CASE("no facts yet, nulls and unknown columns are fine") {
  const auto none = wf::read_stream_facts(Json::object());
  REQUIRE(none.has_value());
  CHECK(none->enabled);
  CHECK_FALSE(none->last_success_at);
  CHECK(wf::read_stream_facts(parse(R"({"stream":"x","last_rows":null,"updated_at":"x","new":{}})"))
            .has_value());
}

TEST_CASE("each partition of a stream has facts of its own") {
  const auto facts = wf::read_service_facts(parse(
      R"([{"client_id":"a","service":"pagespeed","stream":"runs","partition":"mobile https://a/","last_rows":1},
          {"client_id":"a","service":"pagespeed","stream":"runs","partition":"desktop https://a/","last_rows":2}])"));
  REQUIRE(facts.has_value());
  REQUIRE(facts->front().streams.size() == 2);
  const auto* desktop = wf::find_stream(facts->front(), "runs", "desktop https://a/");
  REQUIRE(desktop != nullptr);
  CHECK(desktop->last_rows == 2);
  CHECK(wf::find_stream(facts->front(), "runs") == nullptr);
}
