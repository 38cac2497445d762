// What a test says that the database answers; the rest is the replay tool's.
#include <catch_amalgamated.hpp>

#include "edge-workers/replay/json_parts.hpp"
#include "fake_host.hpp"

namespace fake {
namespace {

bool same_state(Json a, Json b) {
  a.erase("source_at");
  b.erase("source_at");
  return a == b;
}

}  // namespace

std::pair<int, Json> Database::call(std::string_view function, const Json& p, std::int64_t now_secs) {
  if ((function == "apply_page" || function == "apply_replay") && holds_refused_rows(p))
    return {400, {{"code", "23514"}, {"message", "violates check constraint"}, {"details", "Failing row"}}};
  if (function == "apply_page" && p.contains("run_id"))
    REQUIRE(p["page"] <= wf::find_int64(runs[text_in(p, "run_id")], "pages").value_or(0) + 1);
  if (function == "record_bad_signature") ++bad_signatures;
  if (function == "record_lost_delivery")
    return lost_deliveries.push_back(p), std::pair{200, Json{{"recorded", true}}};
  if (function == "compare_rows") return {200, compare_rows(p)};
  if (function == "apply_replay") return {200, apply_replay(p)};
  if (function == "record_dead_letter")
    return dead_letters.push_back(p["message"]), std::pair{200, Json::object()};
  if (function == "record_detection") return detection = p, std::pair{200, Json::object()};
  if (function == "claim_due")
    return {200, {{"jobs", claim_due(p)}, {"deliveries", Json::array()}, {"ends", left_ends}}};
  if (function == "session_workspace") return {200, session};
  if (function == "start_run") return {200, start_run};
  if (function == "health") return {200, health};
  if (function == "facts_at") return facts_at_asked = p, std::pair{200, facts_at};
  if (function == "daily_series" && p["client_id"] == session["client_id"] && p["days"] == 90)
    return {200, daily_series};
  if (function == "toy_facts") return {200, action_facts};
  if (function == "begin_action" && !begins_none.empty())
    return {200, {{"begun", false}, {"state", begins_none}}};
  if (function == "begin_action" && others_begin > 0)
    return --others_begin, std::pair{200, Json{{"begun", false}, {"state", "changed"}}};
  auto answer = ReplayDatabase::call(function, p, wf::UnixSeconds{std::chrono::seconds{now_secs}});
  if (!answer) FAIL("no function " << function);
  return {200, std::move(*answer)};
}

Json Database::claim_due(const Json& p) {
  claimed_with = p;
  Json jobs = Json::array();
  std::map<std::string, std::int64_t> taken;
  for (const Json& job : std::exchange(claimable, {})) {
    const std::string service = job.value("service", "");
    const bool fits = jobs.size() < p["limit"] && taken[service] < p["per_service"].value(service, 1000);
    if (fits) ++taken[service];
    fits ? jobs.push_back(job) : claimable.push_back(job);
  }
  return jobs;
}

bool Database::holds_refused_rows(const Json& p) const {
  for (const Json& table : p["tables"])
    for (const Json& row : table["rows"])
      if (refused_ids.contains(text_in(row, "id"))) return true;
  return false;
}

// What becomes of each row: the first word of compare_rows' answer that fits.
std::string Database::fate(const std::string& table, const Json& row) const {
  const auto known = rows.find(table);
  if (known == rows.end() || !known->second.contains(text_in(row, "id"))) return "new";
  const Json& stored = known->second.at(text_in(row, "id"));
  if (same_state(stored, row)) return "same";
  return text_in(stored, "source_at") > text_in(row, "source_at") ? "refused" : "changed";
}

Json Database::compare_rows(const Json& p) const {
  Json compared = Json::array();
  for (const Json& table : p["tables"]) {
    Json counts = {{"table", table["table"]}, {"new", 0}, {"changed", 0}, {"same", 0}, {"refused", 0}};
    for (const Json& row : table["rows"]) {
      Json& count = counts[fate(text_in(table, "table"), row)];
      count = count.get<int>() + 1;
    }
    compared.push_back(std::move(counts));
  }
  return {{"tables", std::move(compared)}};
}

Json Database::apply_replay(const Json& p) {
  int written = 0;
  for (const Json& table : p["tables"])
    for (const Json& row : table["rows"]) {
      const std::string found = fate(text_in(table, "table"), row);
      if (found != "new" && found != "changed") continue;
      store_row(text_in(table, "table"), row);
      ++written;
    }
  const auto receipt = receipts.find(text_in(p, "delivery_key"));
  if (receipt == receipts.end()) return {{"written", written}, {"receipt", nullptr}};
  if (receipt->second["state"] == "unreadable") wf::replay::merge(facts["webhook"], p["facts"]);
  receipt->second["state"] = p["state"];
  return {{"written", written}, {"receipt", p["state"]}};
}

}  // namespace fake
