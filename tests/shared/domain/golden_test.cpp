// The same vectors for every build: natively, in the Worker's wasm and in the page's wasm.

#include <catch_amalgamated.hpp>

#include "shared/base/text.hpp"
#include "shared/domain/judge.hpp"
#include "shared/domain/verdict_json.hpp"
#include "tests/project_files.hpp"

namespace {

using wf::Json;

Json read_golden() {
  const auto parsed = wf::parse_json(project_files::read("tests/golden/judge.json"), "golden vectors");
  REQUIRE(parsed.has_value());
  return *parsed;
}

// Evidence is expected as [label, part of the value], or with its time as well.
bool has_evidence(const Json& evidence, const Json& wanted) {
  for (const Json& item : evidence) {
    if (item["label"] != wanted[0] || (wanted.size() > 2 && item["at"] != wanted[2])) continue;
    const auto value = wf::as_string(item["value"]);
    const auto part = wf::as_string(wanted[1]);
    if (value && part && wf::contains(*value, *part)) return true;
  }
  return false;
}

void check_members(const Json& got, const Json& wanted, const std::string& path) {
  for (const auto& [key, value] : wanted.items()) {
    if (key == "no_evidence") {
      for (const Json& item : got["evidence"]) CHECK(item["label"] != value);
      continue;
    }
    INFO(path << key << ": " << wf::dump(got[key]) << ", expected " << wf::dump(value));
    if (key == "evidence") {
      for (const Json& item : value) CHECK(has_evidence(got[key], item));
      CHECK((!value.empty() || got[key].empty()));
    } else if (key == "clocks") {
      for (std::size_t i = 0; i < value.size(); ++i) check_members(got[key][i], value[i], "clock ");
    } else if (value.is_object() && got[key].is_object()) {
      check_members(got[key], value, path + key + '.');
    } else {
      CHECK(got[key] == value);
    }
  }
}

wf::Verdict judge_case(const Json& golden) {
  const auto* descriptor = wf::find_service(wf::find_string(golden, "service").value_or(""));
  REQUIRE(descriptor != nullptr);
  const auto facts = wf::read_service_facts(golden["rows"]);
  REQUIRE(facts.has_value());
  const auto now = wf::parse_time(wf::find_string(golden, "now").value_or(""));
  REQUIRE(now.has_value());
  return wf::judge(*descriptor, facts->empty() ? wf::ServiceFacts{} : facts->front(), *now);
}

}  // namespace

TEST_CASE("judge gives the verdict of every golden vector") {
  const Json cases = read_golden();
  REQUIRE(cases.size() > 60);
  for (const Json& golden : cases) {
    INFO(wf::find_string(golden, "name").value_or("?"));
    check_members(wf::to_json(judge_case(golden)), golden["expect"], "");
  }
}

TEST_CASE("every red or gray card with a cause says who acts and what comes next") {
  for (const Json& golden : read_golden()) {
    INFO(wf::find_string(golden, "name").value_or("?"));
    const wf::Verdict verdict = judge_case(golden);
    CHECK(verdict.kind.has_value() == !verdict.next_step.empty());
    CHECK(verdict.kind.has_value() == !verdict.who.empty());
    if (verdict.badge == wf::Badge::error) CHECK(verdict.kind.has_value());
    CHECK_FALSE(verdict.words.empty());
    CHECK_FALSE(verdict.rule.empty());
  }
}
