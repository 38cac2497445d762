#pragma once
// Reads one archived object again with the parser of today and says which rows would change; applies them
// only when told to. It asks no provider and touches no cursor, lease or run: what a page says is written
// under the rule of every write, that a newer state is never replaced by an older one.

#include <cstdint>
#include <string>
#include <vector>

#include "shared/base/json_object.hpp"
#include "shared/sync/archive.hpp"
#include "shared/sync/connector.hpp"
#include "shared/sync/database.hpp"
#include "shared/sync/flow.hpp"
#include "shared/sync/questions.hpp"

namespace wf {

struct ReplayJob {
  std::string workspace;
  std::string client_id;
  std::string object_key;
  bool apply = false;
  std::int64_t examples = 3;  // changed rows to be shown of each table
  Json ids = empty_object();  // of the workspace, for a delivery
};

class ReplayFlow final : public Steps<ReplayFlow> {
 public:
  ReplayFlow(Registry registry, Database database, ReplayJob job);
  void start(Turn& turn) override;

 private:
  void on_object(EffectResult& result, Turn& turn);
  void on_sidecar(EffectResult& result, Turn& turn);
  void on_receipt(EffectResult& result, Turn& turn);
  void on_answered(EffectResult& result, Turn& turn);
  void on_compared(EffectResult& result, Turn& turn);
  void on_applied(EffectResult& result, Turn& turn);

  void read_page(const Json& metadata, Turn& turn);
  Received received() const;
  void ask_next(Turn& turn);
  void read_delivery(Turn& turn);
  void compare(Turn& turn, JsonObject p, const std::vector<RowBatch>& batches);
  JsonObject place() const;
  void answer(Turn& turn, int status, JsonObject body);
  void refuse(Turn& turn, int status, const Error& error);
  void refuse_foreign(Turn& turn);
  void refuse(Turn& turn, const DatabaseProblem& problem);

  const Connector* connector_ = nullptr;
  const Stream* stream_ = nullptr;
  Database database_;
  ReplayJob job_;
  ArchiveKey key_;  // views of the job's object key
  std::string body_;
  UnixSeconds received_at_{};  // a delivery
  Questions questions_;
  std::string rows_;        // what compare_rows and apply_replay are both called with
  std::int64_t stale_ = 0;  // objects whose newest state is not in these bytes
  Json tables_;             // how their rows compare
};

}  // namespace wf
