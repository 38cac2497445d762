#pragma once
// Every five minutes: tell the database what is configured, then queue what is due. Nothing depends
// on a particular tick; a missed one is made up by the next.

#include <cstdint>
#include <span>
#include <string_view>

#include "shared/base/json_object.hpp"
#include "shared/sync/database.hpp"
#include "shared/sync/flow.hpp"

namespace wf {

class TickFlow final : public Steps<TickFlow> {
 public:
  // `configured`: names of the keys that are present (docs/abi.md).
  TickFlow(Database database, Json configured);
  void start(Turn& turn) override;

 private:
  void on_workspaces(EffectResult& result, Turn& turn);
  void on_detected(EffectResult& result, Turn& turn);
  void on_claimed(EffectResult& result, Turn& turn);
  void on_queued(EffectResult& result, Turn& turn);

  void read_workspaces_after(Turn& turn, std::string_view client_id);
  void record_detection(Turn& turn);
  void claim(Turn& turn);
  void spend(const Json& job);
  void queue(Turn& turn, std::span<const Json> messages);

  Database database_;
  Json configured_;
  Json workspaces_ = empty_list();
  JsonObject budgets_;  // jobs of a service that may still be queued: {"pagespeed": 10}
  int rounds_ = 0;
  std::int64_t unanswered_ = 0;  // of the queue's sends
  std::int64_t not_queued_ = 0;
  bool more_ = false;
};

}  // namespace wf
