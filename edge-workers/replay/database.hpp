#pragma once
// A stand-in of the database functions that the flows call, in memory: leases, pages written once,
// rows guarded by source_at, receipts. supabase/migrations is the authority; this follows it.

#include <map>
#include <optional>
#include <string>

#include "edge-workers/replay/table_keys.hpp"
#include "shared/base/json.hpp"
#include "shared/base/time.hpp"

namespace wf::replay {

class ReplayDatabase {
 public:
  ReplayDatabase(std::string client_id, std::string workspace, std::string service, TableKeys keys)
      : slug(std::move(workspace)),
        client_id_(std::move(client_id)),
        service_(std::move(service)),
        keys_(std::move(keys)) {}

  void store_row(const std::string& table, const Json& row) { rows[table][keys_.key_of(table, row)] = row; }
  void store_facts(const Json& row);
  void add_run(const std::string& run_id, const std::string& stream, UnixSeconds now);

  // public.<function>(p). Nothing: there is no such function.
  std::optional<Json> call(std::string_view function, const Json& p, UnixSeconds now);

  // When the run's next message would be worth taking; none: it is over.
  std::optional<UnixSeconds> wakes_at(const std::string& run_id) const;
  Json cursor(const std::string& stream) const;  // null: none

  // To set a scene, and to look at what became of it.
  std::string slug;
  std::string role;                                         // of who asks; empty: a stranger
  std::map<std::string, std::map<std::string, Json>> rows;  // by table and key
  std::map<std::string, Json> facts;                        // rows of service_facts, by stream
  std::map<std::string, Json> cursors;                      // by stream
  std::map<std::string, Json> runs;                         // by run_id
  std::map<std::string, Json> receipts;                     // by delivery key
  std::map<std::string, Json> actions;                      // requests of people, by id

 private:
  Json take_lease(const Json& p, UnixSeconds now);
  Json apply_page(const Json& p, UnixSeconds now);
  Json apply_delivery(const Json& p);
  Json fail_run(const Json& p);
  Json yield_run(const Json& p);
  Json record_receipt(const Json& p);
  Json record_bad_signature(const Json& p, UnixSeconds now);
  Json record_lost_delivery(const Json& p);
  Json mark_receipt(const Json& p, UnixSeconds now);
  void tell_of_deliveries();
  Json session_workspace(const Json& p) const;
  Json begin_action(const Json& p);
  Json end_action(const Json& p);

  bool is_renamed(const Json& p) const;
  bool holds_lease(const Json& p) const;
  Json upsert(const Json& tables);
  std::int64_t missed(const Json& deliveries);
  void merge_facts(const std::string& stream, const Json& patch);
  void merge_webhook_facts(const Json& patch);
  Json& facts_of(const std::string& stream);

  std::string client_id_;
  std::string service_;
  TableKeys keys_;
  std::map<std::string, std::string> begun_by_;  // the flow, by the action's id
  int leases_ = 0;
};

}  // namespace wf::replay
