#pragma once
// A host in memory: runs the effects of the real core, against the replay tool's database, an object
// store, a queue and a provider made of functions. It can refuse any effect, and can die before or after
// any of them.

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "edge-workers/edge.hpp"
#include "edge-workers/replay/database.hpp"
#include "shared/base/json.hpp"
#include "shared/connectors/registry.hpp"

namespace fake {

using wf::Json;
using wf::text_in;

Json json(std::string_view text);

struct Run {
  std::string state;
  std::int64_t pages = 0;
  std::int64_t attempt = 0;
  std::string error_kind;
  std::string error_message;
};

// That of the replay tool, and answers that a test gives. Rows are kept by their `id`.
struct Database : wf::replay::ReplayDatabase {
  Database() : ReplayDatabase("11111111-1111-4111-8111-111111111111", "northwind-dental", "stripe", {}) {}

  int bad_signatures = 0;
  std::vector<Json> lost_deliveries;  // as they were told
  std::vector<Json> dead_letters;
  std::vector<Json> claimable;
  Json left_ends = Json::array();
  Json claimed_with;  // of the last claim_due
  Json detection;
  std::set<std::string> refused_ids;  // rows that violate a constraint
  Json session;                       // what session_workspace answers
  Json start_run = {{"jobs", Json::array()}};
  Json daily_series;              // what is told about the session's workspace
  Json action_facts;              // what an action's function answers
  int others_begin = 0;           // so often others began since the facts were read
  std::string begins_none;        // no action is begun: "disabled", "too_many"
  Json facts_at, facts_at_asked;  // the answer, and the question that it was given to
  Json health = {{"ticked_secs_ago", 60}, {"runs_left_behind", 0}, {"deliveries_waiting", 0}};

  // Status and body of one call.
  std::pair<int, Json> call(std::string_view function, const Json& p, std::int64_t now_secs);
  Json claim_due(const Json& p);

 private:
  bool holds_refused_rows(const Json& p) const;
  std::string fate(const std::string& table, const Json& row) const;
  Json compare_rows(const Json& p) const;
  Json apply_replay(const Json& p);
};

struct Reply {
  int status = 200;
  std::string body;
  wf::Headers headers{};
  std::string failed{};  // not empty: no reply at all
  int elapsed_ms = 0;
};

struct Death {
  int at_effect = 0;    // counted over everything that the host ever ran
  bool before = false;  // else after the effect, before its reply
};

struct Host {
  explicit Host(wf::Registry used = wf::connectors());

  std::int64_t now_ms = 1'763'900'000'000;
  Database database;
  std::map<std::string, std::string> objects;
  std::map<std::string, Json> metadata;  // of the objects that have some
  std::deque<Json> queue;
  std::map<std::string, bool> secrets{{"stripe.webhook_secret", true}, {"stripe.secret_key", true}};
  bool signature_valid = true;
  std::string service = "stripe";
  std::string partition;
  Json ids = Json::object();
  std::map<std::string, std::int64_t> captured;  // name -> until when, in ms
  std::function<Reply(const std::string& url)> provider;
  std::function<Reply(const std::string& path)> rows;  // of tables that are read, "email_messages?..."
  // A result instead of the real one; null: none.
  std::function<Json(const Json& effect)> fault;
  std::function<bool(const Json& effect)> lose;  // whether what was done is not heard of
  std::optional<Death> death;

  // What was seen.
  int effects = 0;
  bool died = false;
  std::vector<Json> seen;
  std::vector<Json> responses;
  std::string held;           // a delivery's body that the core does not get
  std::string response_body;  // of the last one
  std::vector<Json> logs;
  std::vector<std::string> provider_urls;

  // Runs one flow to its end. "ok", "retry", or "died".
  std::string run(const Json& event, std::string body = "");
  std::string run_job(const Json& message);
  // Works off the queue; when it is empty, a tick queues what is recorded and unfinished.
  void work_until_quiet(int most_rounds = 50);
  std::string sync(const std::string& stream);  // a new run of that stream, worked on once
  Run last_run() const;
  int count(std::string_view kind) const;

 private:
  Json act(const Json& effect, std::string& body);
  Json call_provider(const Json& effect, std::string& reply_body);
  Json grant(const Json& effect, std::string& reply_body);
  Json sign(const Json& effect);
  std::string missing_credential(const Json& effect, const std::string& body) const;
  Json http(const Json& effect, const std::string& body, std::string& reply_body);
  Json message(const std::string& run_id) const;

  wf::Registry registry_;
  int flows_ = 0;
};

}  // namespace fake
