#pragma once
// What the tests of OpenAI's connector share: what is known of a workspace, and a request about it.

#include <catch_amalgamated.hpp>
#include <string>
#include <utility>
#include <vector>

#include "shared/connectors/openai/openai.hpp"
#include "shared/sync/connector.hpp"
#include "tests/shared/connectors/fixtures.hpp"

namespace openai_fixtures {

inline const wf::UnixSeconds now = *wf::parse_time("2026-11-24T09:30:00Z");
inline const std::string request_id = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";

inline wf::Json series(const char* id, const char* unit, const char* kind,
                       const std::vector<wf::Json>& values) {
  return {{"id", id},        {"label", std::string("Label of ") + id},
          {"service", "x"},  {"unit", unit},
          {"kind", kind},    {"first_day", "2026-09-29"},
          {"values", values}};
}

// 56 days that end yesterday: 10 a day, then 12.
inline std::vector<wf::Json> steps(const wf::Json& before, const wf::Json& after) {
  std::vector<wf::Json> values(28, before);
  values.insert(values.end(), 28, after);
  return values;
}

inline wf::Json usual_ids() {
  return {{"openai.model", "MODEL-ID"}, {"openai.prices", "input=1.25,cached=0.125,output=10"}};
}

inline wf::ActionQuery query(wf::Json input,
                             wf::Json series_list = wf::Json::array({series("gsc.clicks", "count", "sum",
                                                                            steps(10, 12))})) {
  return {.id = request_id,
          .workspace = "northwind-dental",
          .client_id = "11111111-1111-4111-8111-111111111111",
          .user_id = "22222222-2222-4222-8222-222222222222",
          .ids = usual_ids(),
          .input = std::move(input),
          .facts = {{"asked_at", "2026-11-24T09:29:59Z"},
                    {"workspace", {{"time_zone", "Europe/Berlin"}, {"today", "2026-11-24"}}},
                    {"spent_micros_today", 0},
                    {"open_today", 0},
                    {"daily", {{"series", std::move(series_list)}}}}};
}

inline wf::ActionQuery insights() { return query({{"purpose", "insights"}, {"language", "en"}}); }

inline const wf::Action& action(std::string_view id) {
  for (const wf::Action& candidate : wf::openai::connector.actions)
    if (candidate.id == id) return candidate;
  FAIL("no action " << id);
  return wf::openai::connector.actions[0];
}

inline const wf::Action& any() { return action("insights"); }

// What a call says, and what it gives the model.
inline wf::Json body_of(const wf::ActionQuery& asked) {
  const auto started = any().start(asked, now);
  INFO((started ? "" : started.error().message));
  REQUIRE(started.has_value());
  return fixtures::json(started->call.body);
}

inline wf::Json given_to(const wf::ActionQuery& asked) {
  return fixtures::json(body_of(asked)["input"].get<std::string>());
}

inline wf::Json row(const std::vector<wf::RowBatch>& batches, const std::string& table, std::size_t at = 0) {
  for (const wf::RowBatch& batch : batches)
    if (batch.table == table && at < batch.rows.size()) return batch.rows[at];
  return nullptr;
}

}  // namespace openai_fixtures
