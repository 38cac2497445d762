#pragma once
// The one sync flow: take the lease, then page by page ask, keep the raw bytes, parse, apply. What
// has to be remembered is in the database after each page; this object may die at any effect.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/json_object.hpp"
#include "shared/domain/facts_update.hpp"
#include "shared/sync/connector.hpp"
#include "shared/sync/database.hpp"
#include "shared/sync/flow.hpp"
#include "shared/sync/grants.hpp"
#include "shared/sync/policy.hpp"
#include "shared/sync/refetches.hpp"
#include "shared/sync/sync_cursor.hpp"

namespace wf {

struct SyncJob {
  std::string workspace;
  std::string client_id;
  std::string service;
  std::string stream;
  std::string partition;
  std::string run_id;
  Json ids = empty_object();  // of the bound workspace, from the event
};

Json sync_message(const SyncJob& job);

class SyncFlow final : public Steps<SyncFlow> {
 public:
  SyncFlow(Registry registry, Database database, SyncJob job);
  void start(Turn& turn) override;

 private:
  void on_leased(EffectResult& result, Turn& turn);
  void on_called(EffectResult& result, Turn& turn);
  void on_page(EffectResult& result, Turn& turn);
  void on_kept(EffectResult& result, Turn& turn);
  void on_applied(EffectResult& result, Turn& turn);
  void on_fetched(EffectResult& result, Turn& turn);
  void on_failure_recorded(EffectResult& result, Turn& turn);
  void on_yielded(EffectResult& result, Turn& turn);
  void on_queued(EffectResult& result, Turn& turn);

  void go_on(Turn& turn);  // whatever the cursor says comes next
  Query query() const;
  // Asks the provider; a credential that is missing or refused is come by first. `next` takes the
  // result.
  void call(Turn& turn, HttpRequest request, Step next);
  void request_page(Turn& turn);
  void keep_page(Turn& turn);
  void fetch_unsettled(Turn& turn);
  void apply_fetched(Turn& turn);
  // `window` of the scan that the page is of; none: of objects fetched again.
  void apply(Turn& turn, const Page& page, std::optional<Window> window);
  void after_apply(const Json& answer, Turn& turn);
  void fail_run(Turn& turn, Problem problem);
  void fail_run(Turn& turn, ErrorKind kind, std::string_view what, Remedy remedy);
  void record_failure(Turn& turn, const Error& error, Json facts);
  void rest(Turn& turn, std::int64_t rest_secs);
  void yield_run(Turn& turn, std::int64_t delay_secs);
  void wait_for_database(Turn& turn, std::string_view message);
  bool budget_used_up(UnixSeconds now) const;
  std::int64_t lease_secs() const;
  std::string label() const;
  std::string who(std::string_view what = "") const;  // "stripe charges" + what
  JsonObject lease() const;
  JsonObject log_fields(std::string_view what) const;

  const Connector* connector_ = nullptr;
  const Stream* stream_ = nullptr;
  Database database_;
  SyncJob job_;

  std::string lease_;
  std::int64_t pages_ = 0;    // applied by the run so far
  std::int64_t attempt_ = 0;  // failures in a row before this one
  EarlierFacts facts_;
  std::vector<std::string> not_given_;  // by the last scan
  SyncCursor cursor_;

  Grants grants_;
  Step after_call_ = nullptr;
  HttpReply reply_;  // of the page between its request and its rows
  UnixSeconds source_at_{};
  std::string object_key_;  // its raw bytes
  int unkept_ = 0;          // objects of the page that are still on their way into the archive
  bool kept_ = false;
  Refetches refetches_{cursor_.unsettled};
  UnixSeconds started_at_{};
  int pages_this_visit_ = 0;
  int settlings_ = 0;
  int fetched_ = 0;
  bool ending_ = false;  // the last apply was to end the run
  std::int64_t rest_secs_ = 0;
  std::int64_t page_rest_secs_ = 0;  // that the last page asked for
  std::int64_t page_pause_secs_ = 0;
};

}  // namespace wf
