#include "tests/scenarios/outcomes.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "edge-workers/replay/table_keys.hpp"
#include "shared/base/text.hpp"

namespace wf::scenarios {
namespace {

using Words = std::span<const std::string_view>;

// How providers say it whose status does not.
constexpr std::array<std::string_view, 3> limit_words{R"("code":4,)", "quotaExceeded",
                                                      "rate limiter budget depleted"};
constexpr std::array<std::string_view, 3> refusal_words{R"("code":190,)", "invalid_grant", "API_KEY_INVALID"};

// Tables that have a row of each question, whatever was answered.
constexpr std::array<std::string_view, 2> tables_of_questions{"pagespeed_runs", "probe_results"};

bool has_any(const std::string& text, Words words) {
  return std::any_of(words.begin(), words.end(), [&](auto word) { return contains(text, word); });
}

bool limits(const replay::ProviderReply& reply) {
  return reply.status == 429 || has_any(reply.body, limit_words);
}

bool refuses(const replay::ProviderReply& reply) {
  if (limits(reply)) return false;
  if (reply.status == 400) return has_any(reply.body, refusal_words);
  return reply.status == 401 || reply.status == 403;
}

bool has_no_row(const Json& tables) {
  for (const auto& [table, rows] : tables.items())
    if (!rows.empty() && !has_any(table, tables_of_questions)) return false;
  return true;
}

bool is_red(const Json& verdict, std::string_view kind) {
  return find_text(verdict, "badge") == "error" && find_text(verdict, "kind") == kind;
}

bool are_applied(const Json& effects, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to; ++i)
    if (effects[i] == "http POST /rest/v1/rpc/apply_page") return true;
  return false;
}

// Every member of it is there as it was.
bool is_intact(const Json& row, const Json& rows) {
  return std::any_of(rows.begin(), rows.end(), [&](const Json& kept) {
    return std::all_of(row.items().begin(), row.items().end(), [&](const auto& member) {
      return kept.value(member.key(), Json()) == member.value();
    });
  });
}

// Of each row that was there one is there now, whatever it says.
bool has_each_row_once(const Json& before, const Json& after) {
  const replay::TableKeys& keys = replay::migrated_keys();
  for (const auto& [table, rows] : before.items()) {
    std::map<std::string, int> times;
    for (const Json& row : after.value(table, Json::array())) ++times[keys.key_of(table, row)];
    for (const Json& row : rows)
      if (times[keys.key_of(table, row)] != 1) return false;
  }
  return true;
}

bool waits(const Json& effects) {
  return std::any_of(effects.begin(), effects.end(), [](const Json& line) {
    return as_string(line).value_or("").starts_with("enqueue after ");
  });
}

std::int64_t last_status(const Json& result) {
  const Json& responses = result["responses"];
  return responses.empty() ? 0 : find_int64(responses.back(), "status").value_or(0);
}

bool have_status(const Json& responses, std::int64_t status) {
  return std::all_of(responses.begin(), responses.end(),
                     [&](const Json& one) { return find_int64(one, "status") == status; });
}

Json::const_iterator kill_in(const Json& result) {
  const Json& effects = result["effects"];
  return std::find(effects.begin(), effects.end(), "killed");
}

}  // namespace

std::ptrdiff_t asked_of_provider(const Json& result) {
  const Json& effects = result["effects"];
  return std::count_if(effects.begin(), effects.end(), [](const Json& line) {
    return as_string(line).value_or("").starts_with("http POST https://");
  });
}

bool is_of_two_messages(const replay::ProviderReply& reply) {
  const auto body = parse_json(reply.body, "reply");
  const Json* output = body ? find_array(*body, "output") : nullptr;
  return output && std::count_if(output->begin(), output->end(),
                                 [](const Json& item) { return find_text(item, "type") == "message"; }) >= 2;
}

bool are_replies_of(Kind kind, const std::vector<replay::ProviderReply>& replies) {
  if (kind == "rate_limited") return std::any_of(replies.begin(), replies.end(), limits);
  if (kind == "expired_credentials") return std::any_of(replies.begin(), replies.end(), refuses);
  return true;
}

bool replaces_older_keeps_newer(const Json& before, const Json& after) {
  if (!has_each_row_once(before, after)) return false;
  int intact = 0, replaced = 0;
  for (const auto& [table, rows] : before.items())
    for (const Json& row : rows) ++(is_intact(row, after.value(table, Json::array())) ? intact : replaced);
  return intact > 0 && replaced > 0;
}

bool is_there_once(const Json& before, const Json& after) {
  if (!has_each_row_once(before, after)) return false;
  if (before == after) return !before.empty();
  for (const auto& [table, rows] : before.items())
    for (const Json& row : rows)
      if (!is_intact(row, after.value(table, Json::array()))) return true;
  return false;
}

bool is_late_or_twice(const replay::Scenario& scenario, const std::string& service, const Json& result) {
  if (scenario.next_runs.empty()) return replaces_older_keeps_newer(scenario.tables, result["tables"]);
  replay::Scenario first = scenario;
  first.next_runs.clear();
  return is_there_once(replay::replay_stream(first, service, scenario.stream)["tables"], result["tables"]);
}

bool is_resumed(const Json& result) {
  const Json& effects = result["effects"];
  const auto at = static_cast<std::size_t>(kill_in(result) - effects.begin());
  return are_applied(effects, 0, at) && are_applied(effects, at, effects.size()) &&
         result["runs"].back()["state"] == "succeeded";
}

bool is_result_of(Kind kind, const Json& result) {
  if (kind == "empty") return has_no_row(result["tables"]);
  if (kind == "two_pages") return find_int64(result["runs"].front(), "pages") >= 2;
  if (kind == "rate_limited")
    return waits(result["effects"]) && result["runs"].back()["state"] == "succeeded";
  if (kind == "expired_credentials") return is_red(result["verdict"], "credentials");
  if (kind == "malformed" || kind == "wrong_type") return is_red(result["verdict"], "data");
  return true;
}

bool is_delivered_as(Kind kind, const Json& result) {
  const bool is_taken = !result["responses"].empty() && have_status(result["responses"], 200);
  const bool is_red_at_all = find_text(result["verdict"], "badge") == "error";
  if (contains(kind, "empty")) return has_no_row(result["tables"]) && !is_red_at_all;
  if (kind == "bad_signature")
    return last_status(result) >= 400 && result["objects"].empty() && has_no_row(result["tables"]) &&
           find_int64(result["facts"]["webhook"], "bad_signatures").value_or(0) > 0;
  if (kind == "cut") return is_taken && !result["objects"].empty() && is_red(result["verdict"], "data");
  if (kind == "wrong_type") return is_taken && is_red(result["verdict"], "data");
  if (kind == "unknown_type") return is_taken && !is_red_at_all && !result["receipts"].empty();
  if (kind == "duplicates") {
    std::size_t rows = 0;
    for (const auto& [table, stored] : result["tables"].items()) rows = std::max(rows, stored.size());
    return is_taken && rows == 1 && result["responses"].size() > result["receipts"].size();
  }
  return true;
}

bool is_answered_as(Kind kind, const Json& result) {
  const std::int64_t status = last_status(result);
  if (asked_of_provider(result) > 1) return false;
  if (kind == "empty") return status > 0 && find_text(result["verdict"], "badge") != "error";
  if (kind == "rate_limited") return status == 503;
  if (kind == "expired_credentials") return status == 502 && is_red(result["verdict"], "credentials");
  if (kind == "malformed") return status == 502;
  if (kind == "wrong_type") return status == 400 || (status == 502 && is_red(result["verdict"], "data"));
  if (kind == "duplicate_request") return status == 409 && result["responses"].size() > 1;
  if (kind == "two_pages") return status == 200;
  if (kind == "killed_between_pages")
    return asked_of_provider(result) == 1 && kill_in(result) != result["effects"].end();
  return true;
}

}  // namespace wf::scenarios
