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
  ReplayDatabase(std::string client_id, std::string slug, std::string service)
      : client_id_(std::move(client_id)), slug_(std::move(slug)), service_(std::move(service)) {}

  void store_row(const std::string& table, const Json& row);
  void store_facts(const Json& row);
  void store_cursor(const std::string& stream, const Json& cursor);
  void add_run(const std::string& run_id, const std::string& stream, UnixSeconds now);

  // public.<function>(p). Nothing: there is no such function.
  std::optional<Json> call(const std::string& function, const Json& p, UnixSeconds now);

  // When the run's next message would be worth taking; none: it is over.
  std::optional<UnixSeconds> wakes_at(const std::string& run_id) const;

  Json tables() const;  // table -> rows, in order of their keys
  Json facts() const;   // rows of service_facts
  Json runs() const;
  Json receipts() const;
  Json actions() const;  // requests of people, by their ids
  void set_role(std::string role) { role_ = std::move(role); }
  Json cursor(const std::string& stream) const;

 private:
  Json take_lease(const Json& p, UnixSeconds now);
  Json apply_page(const Json& p, UnixSeconds now);
  Json apply_delivery(const Json& p);
  Json fail_run(const Json& p);
  Json yield_run(const Json& p);
  Json record_receipt(const Json& p);
  Json record_bad_signature(const Json& p, UnixSeconds now);
  Json record_lost_delivery(const Json& p);
  Json mark_receipt(const Json& p);
  void tell_of_deliveries();
  Json session_workspace(const Json& p) const;
  Json begin_action(const Json& p);
  Json end_action(const Json& p);

  bool holds_lease(const Json& p) const;
  Json upsert(const Json& tables);
  std::int64_t missed(const Json& deliveries);
  void merge_facts(const std::string& stream, const Json& patch);
  void merge_webhook_facts(const Json& patch);
  Json& facts_of(const std::string& stream);

  std::string client_id_;
  std::string slug_;
  std::string service_;
  std::string role_;
  TableKeys keys_;
  std::map<std::string, std::map<std::string, Json>> tables_;  // by key
  std::map<std::string, Json> facts_;                          // by stream
  std::map<std::string, Json> cursors_;                        // by stream
  std::map<std::string, Json> runs_;                           // by run_id
  std::map<std::string, Json> receipts_;                       // by delivery key
  std::map<std::string, Json> actions_;                        // by id
  std::map<std::string, std::string> begun_by_;                // the flow, by the action's id
  int leases_ = 0;
};

}  // namespace wf::replay
