// The rules of supabase/migrations that a flow depends on: leases, page numbers, source_at, ties.
#include <catch_amalgamated.hpp>

#include "fake_host.hpp"
#include "shared/base/time.hpp"

namespace fake {
namespace {

Json not_applied(std::string_view why) { return {{"applied", false}, {"why", why}}; }

bool same_state(Json a, Json b) {
  a.erase("source_at");
  b.erase("source_at");
  return a == b;
}

void merge(Json& facts, const Json& patch) {
  if (!facts.is_object()) facts = Json::object();
  for (const auto& [key, value] : patch.items()) facts[key] = value;
}

}  // namespace

std::pair<int, Json> Database::call(std::string_view function, const Json& p, std::int64_t now_secs) {
  if (function == "take_lease") return {200, take_lease(p, now_secs)};
  if (function == "apply_page") return apply_page(p, now_secs);
  if (function == "fail_run") return {200, fail_run(p)};
  if (function == "yield_run") {
    runs[text_in(p, "run_id")].state = "queued";
    lease.clear();
    return {200, {{"applied", true}}};
  }
  if (function == "record_receipt") return {200, record_receipt(p)};
  if (function == "record_bad_signature") {
    refused_key = text_in(p, "key");
    return {200, {{"recorded", ++bad_signatures > 0}}};
  }
  if (function == "record_lost_delivery") {
    lost_deliveries.push_back(p);
    return {200, {{"recorded", true}}};
  }
  if (function == "mark_receipt") {
    for (const char* told : {"workspace", "state", "error", "kind", "retry_secs"})
      receipts[text_in(p, "delivery_key")][told] = p[told];
    return {200, {{"marked", true}}};
  }
  if (function == "compare_rows") return {200, compare_rows(p)};
  if (function == "apply_replay") return apply_replay(p);
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
  if (function == "begin_action") {
    if (!begins_none.empty()) return {200, {{"begun", false}, {"state", begins_none}}};
    if (others_begin > 0) return --others_begin, std::pair{200, Json{{"begun", false}, {"state", "changed"}}};
    const auto [known, is_new] = actions.emplace(text_in(p, "id"), "running");
    const std::string& began = begun_by.emplace(text_in(p, "id"), text_in(p, "begun_by")).first->second;
    if (!is_new && (known->second != "running" || began != text_in(p, "begun_by")))
      return {200, {{"begun", false}, {"state", known->second}}};
    upsert(p["tables"]);
    return {200, {{"begun", true}}};
  }
  if (function == "end_action") {
    if (const auto known = actions.find(text_in(p, "id")); known != actions.end())
      known->second = text_in(p, "state");
    upsert(p["tables"]);
    if (p.contains("stream")) merge(facts[text_in(p, "stream")], p["facts"]);
    return {200, {{"ended", true}}};
  }
  FAIL("no function " << function);
  return {404, Json::object()};
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

Json Database::take_lease(const Json& p, std::int64_t now_secs) {
  const auto found = runs.find(text_in(p, "run_id"));
  if (found == runs.end()) return {{"granted", false}, {"why", "unknown"}};
  Run& run = found->second;
  if (run.state == "succeeded" || run.state == "failed") return {{"granted", false}, {"why", "finished"}};
  if (text_in(p, "workspace") != workspace) return {{"granted", false}, {"why", "renamed"}};
  if (!lease.empty() && lease_until_secs > now_secs) return {{"granted", false}, {"why", "busy"}};
  lease = "lease-" + std::to_string(++leases);
  lease_until_secs = now_secs + p["lease_secs"].get<std::int64_t>();
  run.state = "running";
  run.retry_at_secs = 0;
  const auto cursor = cursors.find(run.stream);
  return {{"granted", true},
          {"lease", lease},
          {"stream", run.stream},
          {"cursor", cursor == cursors.end() ? Json() : cursor->second},
          {"pages", run.pages},
          {"attempt", run.attempt},
          {"facts", facts.contains(run.stream) ? facts[run.stream] : Json::object()}};
}

std::pair<int, Json> Database::apply_page(const Json& p, std::int64_t now_secs) {
  for (const Json& table : p["tables"])
    for (const Json& row : table["rows"])
      if (refused_ids.contains(text_in(row, "id")))
        return {400,
                {{"code", "23514"}, {"message", "violates check constraint"}, {"details", "Failing row"}}};
  if (p.contains("receipt")) {
    Json& receipt = receipts[text_in(p["receipt"], "delivery_key")];
    if (receipt["state"] == "applied") return {200, not_applied("repeated")};
    Json result = upsert(p["tables"]);
    if (result["ties"].empty()) receipt["state"] = p.contains("failure") ? "failed" : "applied";
    if (p.contains("failure"))
      receipt["kind"] = p["failure"]["kind"];
    else
      merge(facts["webhook"], p["facts"]);
    result["applied"] = true;
    return {200, result};
  }
  Run& run = runs[text_in(p, "run_id")];
  const auto page = p["page"].get<std::int64_t>();
  if (page <= run.pages) return {200, not_applied("repeated")};
  if (lease != text_in(p, "lease")) return {200, not_applied("lease_lost")};
  REQUIRE(page == run.pages + 1);
  Json result = upsert(p["tables"]);
  int missed = 0;
  if (p.contains("deliveries"))
    for (const Json& event : p["deliveries"])
      if (!receipts.contains(text_in(event, "key"))) {
        receipts[text_in(event, "key")] = {{"state", "applied"}, {"source", "reconciled"}};
        ++missed;
      }
  const bool tied = !result["ties"].empty();
  const bool ends = p["last"] == true && !tied;
  cursors[run.stream] = p["cursor"];
  if (tied) cursors[run.stream]["ties"] = result["ties"];
  if (ends || p["last"] == false) merge(facts[run.stream], p["facts"]);
  run.pages = page;
  run.attempt = 0;
  lease_until_secs = now_secs + 120;
  if (ends) {
    run.state = "succeeded";
    lease.clear();
  }
  result["applied"] = true;
  result["missed"] = missed;
  return {200, result};
}

Json Database::upsert(const Json& tables) {
  Json ties = Json::array();
  int written = 0;
  for (const Json& table : tables)
    for (const Json& row : table["rows"]) {
      Json& stored = rows[text_in(table, "table")][text_in(row, "id")];
      const std::string before = stored.is_null() ? "" : text_in(stored, "source_at");
      const std::string after = text_in(row, "source_at");
      if (before == after && !same_state(stored, row))
        ties.push_back({{"table", table["table"]}, {"id", row["id"]}});
      if (before >= after) continue;
      stored = row;
      ++written;
    }
  return {{"written", written}, {"ties", ties}};
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

std::pair<int, Json> Database::apply_replay(const Json& p) {
  int written = 0;
  for (const Json& table : p["tables"])
    for (const Json& row : table["rows"]) {
      if (refused_ids.contains(text_in(row, "id"))) return {400, {{"code", "23514"}, {"message", "no"}}};
      const std::string found = fate(text_in(table, "table"), row);
      if (found != "new" && found != "changed") continue;
      rows[text_in(table, "table")][text_in(row, "id")] = row;
      ++written;
    }
  const auto receipt = receipts.find(text_in(p, "delivery_key"));
  if (receipt == receipts.end()) return {200, {{"written", written}, {"receipt", nullptr}}};
  if (receipt->second["state"] == "unreadable") merge(facts["webhook"], p["facts"]);
  receipt->second["state"] = p["state"];
  return {200, {{"written", written}, {"receipt", p["state"]}}};
}

Json Database::record_receipt(const Json& p) {
  if (text_in(p, "workspace") != workspace) return {{"unknown_workspace", true}};
  const std::string key = text_in(p, "delivery_key");
  const bool is_new = !receipts.contains(key);
  if (is_new)
    receipts[key] = {{"state", p["readable"] == true ? "received" : "unreadable"},
                     {"object_key", p["object_key"]},
                     {"key", p["key"]},
                     {"event_type", p["event_type"]},
                     {"error", p["error"]}};
  return {{"new", is_new},
          {"state", receipts[key]["state"]},
          {"client_id", "11111111-1111-4111-8111-111111111111"}};
}

Json Database::fail_run(const Json& p) {
  Run& run = runs[text_in(p, "run_id")];
  if (lease != text_in(p, "lease")) return not_applied("lease_lost");
  lease.clear();
  ++run.attempt;
  run.error_kind = text_in(p, "kind");
  run.error_message = text_in(p, "message");
  run.state = p["final"] == true ? "failed" : "waiting";
  const bool no_page = run.pages == 0 && run.error_kind != "credentials" && run.error_kind != "rate_limit";
  if (Json& cursor = cursors[run.stream];
      (run.error_kind == "configuration" || no_page) && run.state == "failed" && cursor.is_object())
    cursor["stuck"] = true;
  if (const auto at = wf::parse_time(text_in(p, "retry_at"))) run.retry_at_secs = wf::to_unix(*at);
  merge(facts[run.stream], p["facts"]);
  return {{"applied", true}};
}

}  // namespace fake
