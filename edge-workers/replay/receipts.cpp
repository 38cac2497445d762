// Of the stand-in of the database: what is known of deliveries, and what the card is told of them.
#include "edge-workers/replay/database.hpp"
#include "edge-workers/replay/json_parts.hpp"

namespace wf::replay {

Json ReplayDatabase::record_receipt(const Json& p) {
  if (text_in(p, "workspace") != slug) return {{"unknown_workspace", true}};
  const std::string key = text_in(p, "delivery_key");
  const bool is_new = !receipts.contains(key);
  const std::string before = is_new ? "" : text_in(receipts[key], "state");
  if (is_new) {
    receipts[key] = {{"delivery_key", key},
                     {"object_key", text_in(p, "object_key")},
                     {"event_type", text_in(p, "event_type")},
                     {"source", "delivered"},
                     {"error", p.value("error", Json())},
                     {"state", find_bool(p, "readable").value_or(true) ? "received" : "unreadable"}};
    tell_of_deliveries();
  }
  if (before == "failed" && find_bool(p, "readable").value_or(true))
    merge(receipts[key],
          {{"state", "received"}, {"error", nullptr}, {"object_key", text_in(p, "object_key")}});
  if (facts.contains("webhook") && text_in(facts["webhook"], "refused_key") == text_in(p, "key"))
    merge(facts["webhook"], {{"bad_signatures", 0}, {"refused_key", nullptr}});
  return {{"new", is_new},
          {"state", is_new ? text_in(receipts[key], "state") : before},
          {"client_id", client_id_}};
}

Json ReplayDatabase::record_bad_signature(const Json& p, UnixSeconds now) {
  if (text_in(p, "workspace") != slug) return {{"unknown_workspace", true}};
  Json& row = facts_of("webhook");
  row["bad_signatures"] = find_int64(row, "bad_signatures").value_or(0) + 1;
  row["refused_key"] = text_in(p, "key");
  row["last_bad_signature_at"] = format_time(now);
  return {{"recorded", true}};
}

Json ReplayDatabase::record_lost_delivery(const Json& p) {
  if (text_in(p, "workspace") != slug) return {{"unknown_workspace", true}};
  const std::string key = find_string(p, "delivery_key").value_or("lost:" + std::to_string(receipts.size()));
  const Json receipt = {
      {"delivery_key", key}, {"state", "failed"}, {"error", text_in(p, "error")}, {"error_kind", "data"}};
  const bool is_new = receipts.try_emplace(key, receipt).second;
  tell_of_deliveries();
  return {{"recorded", is_new}};
}

Json ReplayDatabase::mark_receipt(const Json& p, UnixSeconds now) {
  const auto receipt = receipts.find(text_in(p, "delivery_key"));
  if (receipt == receipts.end()) return {{"marked", false}};
  const std::string state = text_in(p, "state");
  if (text_in(receipt->second, "state") == "applied" && state != "ignored") return {{"marked", false}};
  receipt->second["state"] = state;
  receipt->second["error"] = p.value("error", Json());
  receipt->second["error_kind"] = p.value("kind", Json());
  const auto secs = find_int64(p, "retry_secs");
  receipt->second["retry_at"] = secs ? Json(format_time(now + std::chrono::seconds(*secs))) : Json();
  tell_of_deliveries();
  return {{"marked", true}};
}

// What app.tell_of_delivery does, of the receipt with the last key in place of the last in time.
void ReplayDatabase::tell_of_deliveries() {
  std::size_t lost = 0;
  for (const auto& [key, receipt] : receipts) {
    const std::string state = text_in(receipt, "state");
    const auto error = find_string(receipt, "error");
    if (state != "unreadable" && state != "failed" && !(state == "applied" && error)) continue;
    const std::string several =
        ++lost == 1 ? "" : std::to_string(lost) + " deliveries could not be taken, the last one: ";
    Json& row = facts_of("webhook");
    row["failure_kind"] =
        state == "failed" ? find_string(receipt, "error_kind").value_or("ours") : std::string("data");
    row["failure_message"] = several + error.value_or("a delivery could not be read");
  }
  if (lost == 0 && facts.contains("webhook")) facts["webhook"]["failure_kind"] = nullptr;
}

std::int64_t ReplayDatabase::missed(const Json& deliveries) {
  std::int64_t count = 0;
  for (const Json& delivery : deliveries) {
    const std::string key = text_in(delivery, "key");
    const bool is_known = receipts.contains(key);
    const std::string state = is_known ? text_in(receipts[key], "state") : "";
    if (is_known && state != "failed" && state != "unreadable") continue;
    count += is_known ? 0 : 1;
    receipts[key] = {{"delivery_key", key},
                     {"object_key", text_in(delivery, "object_key")},
                     {"event_type", text_in(delivery, "event_type")},
                     {"source", "reconciled"},
                     {"state", "applied"}};
  }
  tell_of_deliveries();
  return count;
}

}  // namespace wf::replay
