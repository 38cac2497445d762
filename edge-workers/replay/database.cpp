#include "edge-workers/replay/database.hpp"

#include <algorithm>
#include <utility>

#include "edge-workers/replay/json_parts.hpp"

namespace wf::replay {

namespace {

Json not_applied(std::string_view why) { return {{"applied", false}, {"why", std::string(why)}}; }
Json not_granted(std::string_view why) { return {{"granted", false}, {"why", std::string(why)}}; }

bool is_over(const Json& run) {
  return text_in(run, "state") == "succeeded" || text_in(run, "state") == "failed";
}

std::optional<UnixSeconds> time_of(const Json& object, std::string_view key) {
  return parse_time(text_in(object, key));
}

Json without_clock(Json row) {
  row.erase("source_at");
  return row;
}

// The later of two times, or the one there is.
Json later(const Json& stored, const Json& given, std::string_view column) {
  const auto before = time_of(stored, column);
  const auto after = time_of(given, column);
  if (!before && !after) return nullptr;
  if (!before) return format_time(*after);
  return format_time(after ? std::max(*before, *after) : *before);
}

}  // namespace

void ReplayDatabase::store_facts(const Json& row) { merge(facts_of(text_in(row, "stream")), row); }

void ReplayDatabase::add_run(const std::string& run_id, const std::string& stream, UnixSeconds now) {
  runs[run_id] = {{"run_id", run_id},
                  {"stream", stream},
                  {"state", "queued"},
                  {"pages", 0},
                  {"attempt", 0},
                  {"rows_written", 0},
                  {"lease", nullptr},
                  {"lease_until", nullptr},
                  {"retry_at", nullptr},
                  {"error_kind", nullptr},
                  {"error_message", nullptr},
                  {"created_at", format_time(now)}};
}

std::optional<Json> ReplayDatabase::call(std::string_view function, const Json& p, UnixSeconds now) {
  if (function == "take_lease") return take_lease(p, now);
  if (function == "apply_page") return find(p, "receipt") != nullptr ? apply_delivery(p) : apply_page(p, now);
  if (function == "fail_run") return fail_run(p);
  if (function == "yield_run") return yield_run(p);
  if (function == "record_receipt") return record_receipt(p);
  if (function == "record_bad_signature") return record_bad_signature(p, now);
  if (function == "record_lost_delivery") return record_lost_delivery(p);
  if (function == "mark_receipt") return mark_receipt(p, now);
  if (function == "session_workspace") return session_workspace(p);
  if (function == "begin_action") return begin_action(p);
  if (function == "end_action") return end_action(p);
  return std::nullopt;
}

std::optional<UnixSeconds> ReplayDatabase::wakes_at(const std::string& run_id) const {
  const auto run = runs.find(run_id);
  if (run == runs.end() || is_over(run->second)) return std::nullopt;
  const auto lease = time_of(run->second, "lease_until");
  const auto retry = time_of(run->second, "retry_at");
  return std::max(lease.value_or(UnixSeconds{}), retry.value_or(UnixSeconds{}));
}

Json ReplayDatabase::take_lease(const Json& p, UnixSeconds now) {
  const auto found = runs.find(text_in(p, "run_id"));
  if (found == runs.end()) return not_granted("unknown");
  Json& run = found->second;
  if (is_over(run)) return not_granted("finished");
  if (is_renamed(p)) return not_granted("renamed");
  const auto lease_until = time_of(run, "lease_until");
  const auto retry_at = time_of(run, "retry_at");
  if ((lease_until && *lease_until > now) || (retry_at && *retry_at > now + std::chrono::seconds(10))) {
    return not_granted("busy");
  }
  const std::string stream = text_in(run, "stream");
  run["state"] = "running";
  run["retry_at"] = nullptr;
  run["lease"] = "lease-" + std::to_string(++leases_);
  run["lease_until"] = format_time(now + std::chrono::seconds(find_int64(p, "lease_secs").value_or(120)));
  merge_facts(stream, {{"running_since", format_time(now)}, {"last_attempt_at", format_time(now)}});
  return {{"granted", true},          {"lease", run["lease"]}, {"client_id", client_id_},
          {"service", service_},      {"stream", stream},      {"partition", ""},
          {"cursor", cursor(stream)}, {"pages", run["pages"]}, {"attempt", run["attempt"]},
          {"facts", facts_of(stream)}};
}

bool ReplayDatabase::is_renamed(const Json& p) const {
  return find_string(p, "workspace").value_or(slug) != slug;
}

bool ReplayDatabase::holds_lease(const Json& p) const {
  const auto run = runs.find(text_in(p, "run_id"));
  return run != runs.end() && !text_in(p, "lease").empty() &&
         text_in(run->second, "lease") == text_in(p, "lease");
}

Json ReplayDatabase::apply_page(const Json& p, UnixSeconds now) {
  const auto found = runs.find(text_in(p, "run_id"));
  if (found == runs.end()) return not_applied("unknown");
  Json& run = found->second;
  if (find_int64(p, "page").value_or(0) <= find_int64(run, "pages").value_or(0))
    return not_applied("repeated");
  if (is_over(run)) return not_applied("finished");
  if (!holds_lease(p)) return not_applied("lease_lost");
  const std::string stream = text_in(run, "stream");
  const bool last = is_true(p, "last");

  Json result = upsert(p.value("tables", Json::array()));
  const bool tied = !result["ties"].empty();
  run["pages"] = p["page"];
  run["attempt"] = 0;
  run["rows_written"] =
      find_int64(run, "rows_written").value_or(0) + find_int64(result, "written").value_or(0);
  Json cursor = object_of(p, "cursor");
  if (tied) cursor["ties"] = result["ties"];
  const std::int64_t untold = find_int64(cursors[stream], "missed").value_or(0);
  const bool first_scan = !find_string(facts_of(stream), "reconciled_at");
  cursors[stream] = cursor;
  const std::int64_t secs = find_int64(p, "lease_secs").value_or(120);
  run["lease_until"] = format_time(now + std::chrono::seconds(secs));
  const Json facts_given = object_of(p, "facts");
  for (const auto& [column, value] : facts_given.items())
    if (!last || !tied || column == "unavailable" || column == "credentials_expire_at")
      merge_facts(stream, {{column, value}});
  result["missed"] = 0;
  if (const Json* deliveries = find_array(p, "deliveries")) {
    const std::int64_t found_now = missed(*deliveries);
    result["missed"] = found_now;
    const bool told = last && !tied;
    cursors[stream]["missed"] = told ? 0 : untold + found_now;
    for (const std::string& of : {stream, std::string("webhook")})
      if (told)
        merge_facts(of, {{"reconciled_missed", first_scan ? 0 : untold + found_now},
                         {"reconciled_at", format_time(now)}});
  }
  if (last && !tied) {
    run["state"] = "succeeded";
    run["lease"] = nullptr;
    run["lease_until"] = nullptr;
    merge_facts(stream, {{"running_since", nullptr}});
  }
  result["applied"] = true;
  result["finished"] = last && !tied;
  return result;
}

Json ReplayDatabase::apply_delivery(const Json& p) {
  const auto receipt = receipts.find(text_in(p["receipt"], "delivery_key"));
  if (receipt == receipts.end()) return not_applied("unknown");
  if (is_renamed(p["receipt"])) return not_applied("renamed");
  if (text_in(receipt->second, "state") == "applied") return not_applied("repeated");
  Json result = upsert(p.value("tables", Json::array()));
  if (result["ties"].empty()) {
    const Json failure = object_of(p, "failure");
    receipt->second["state"] = failure.empty() ? "applied" : "failed";
    receipt->second["error"] = failure.value("message", p.value("lost_rows", Json()));
    receipt->second["error_kind"] = failure.value("kind", Json());
    tell_of_deliveries();
  }
  merge_webhook_facts(object_of(p, "facts"));
  result["applied"] = true;
  result["missed"] = 0;
  return result;
}

Json ReplayDatabase::upsert(const Json& tables) {
  Json result = {{"written", 0}, {"refused", 0}, {"ties", Json::array()}};
  const auto count = [&](const char* what) { result[what] = find_int64(result, what).value_or(0) + 1; };
  for (const Json& batch : tables) {
    const std::string table = text_in(batch, "table");
    for (Json row : batch.value("rows", Json::array())) {
      merge(row, object_of(batch, "common"));
      auto& those = rows[table];
      const std::string key = keys_.key_of(table, row);
      const auto stored = those.find(key);
      const auto before = stored == those.end() ? std::nullopt : time_of(stored->second, "source_at");
      const auto after = time_of(row, "source_at");
      const bool is_newer = !before || *before < *after;
      if (!is_newer && *before > *after) {
        count("refused");
        continue;
      }
      const bool is_same = stored != those.end() && without_clock(stored->second) == without_clock(row);
      if (!is_newer && is_same) continue;
      // Of a table that is not fetched by id nobody could settle a tie: the later reading stands.
      if (is_newer || !keys_.is_fetched_by_id(table)) {
        those[key] = row;
        if (!is_same) count("written");
      } else {
        result["ties"].push_back({{"table", table}, {"id", text_in(row, "id")}});
      }
    }
  }
  return result;
}

Json ReplayDatabase::fail_run(const Json& p) {
  if (!holds_lease(p)) return not_applied("lease_lost");
  Json& run = runs[text_in(p, "run_id")];
  const bool final = is_true(p, "final");
  run["state"] = final ? "failed" : "waiting";
  run["attempt"] = find_int64(run, "attempt").value_or(0) + 1;
  run["retry_at"] = final ? Json() : p.value("retry_at", Json());
  run["error_kind"] = p.value("kind", Json());
  run["error_message"] = p.value("message", Json());
  run["lease"] = nullptr;
  run["lease_until"] = nullptr;
  const auto cursor = cursors.find(text_in(run, "stream"));
  const std::string kind = text_in(run, "error_kind");
  const bool no_page =
      find_int64(run, "pages").value_or(0) == 0 && kind != "credentials" && kind != "rate_limit";
  if (final && (kind == "configuration" || no_page) && cursor != cursors.end())
    cursor->second["stuck"] = true;
  merge_facts(text_in(run, "stream"), {{"running_since", nullptr}});
  merge_facts(text_in(run, "stream"), object_of(p, "facts"));
  return {{"applied", true}, {"state", run["state"]}, {"attempt", run["attempt"]}};
}

Json ReplayDatabase::yield_run(const Json& p) {
  if (!holds_lease(p)) return not_applied("lease_lost");
  Json& run = runs[text_in(p, "run_id")];
  run["state"] = "queued";
  run["lease"] = nullptr;
  run["lease_until"] = nullptr;
  return {{"applied", true}, {"state", "queued"}};
}

Json ReplayDatabase::session_workspace(const Json& p) const {
  if (text_in(p, "slug") != slug || role.empty()) return nullptr;
  return {{"client_id", client_id_}, {"role", role}, {"user_id", "22222222-2222-4222-8222-222222222222"}};
}

Json ReplayDatabase::begin_action(const Json& p) {
  const std::string id = text_in(p, "id");
  const std::string begun_by = text_in(p, "begun_by");
  if (const auto known = begun_by_.find(id); known != begun_by_.end()) {
    const Json state = actions[id]["state"];
    if (state == "running" && known->second == begun_by) return {{"begun", true}};
    return {{"begun", false}, {"state", state}};
  }
  begun_by_[id] = begun_by;
  actions[id] = {{"action", text_in(p, "action")}, {"state", "running"}};
  upsert(p.value("tables", Json::array()));
  return {{"begun", true}};
}

Json ReplayDatabase::end_action(const Json& p) {
  // Of what was never begun only the facts are told.
  if (const std::string id = text_in(p, "id"); actions.contains(id))
    actions[id]["state"] = p.value("state", Json());
  upsert(p.value("tables", Json::array()));
  const std::string stream = text_in(p, "stream");
  if (stream.empty()) return {{"ended", true}};
  Json told = object_of(p, "facts");
  // A failure that may pass leaves one that stays until a success.
  if (is_true(facts_of(stream), "failure_final") && find_string(told, "failure_kind") &&
      !find_bool(told, "failure_final").value_or(true))
    for (const char* column : {"failure_kind", "failure_message", "failed_at", "failure_final"})
      told.erase(column);
  merge_facts(stream, told);
  return {{"ended", true}};
}

Json& ReplayDatabase::facts_of(const std::string& stream) {
  Json& row = facts[stream];
  if (row.is_null()) row = {{"client_id", client_id_}, {"service", service_}, {"stream", stream}};
  return row;
}

void ReplayDatabase::merge_facts(const std::string& stream, const Json& patch) {
  merge(facts_of(stream), patch);
}

void ReplayDatabase::merge_webhook_facts(const Json& patch) {
  Json& stored = facts_of("webhook");
  Json merged = patch;
  for (const char* column : {"last_event_at", "newest_row_at", "last_success_at", "last_attempt_at"}) {
    merged[column] = later(stored, patch, column);
  }
  merge(stored, merged);
}

Json ReplayDatabase::cursor(const std::string& stream) const {
  const auto found = cursors.find(stream);
  return found == cursors.end() ? Json() : found->second;
}

}  // namespace wf::replay
