#pragma once
// Every five minutes: tell the database what is configured, then queue what is due. Nothing depends
// on a particular tick; a missed one is made up by the next.

#include <string>

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

  Database database_;
  Json configured_;
  Json workspaces_ = Json::array();
  Json budgets_ = Json::object();  // jobs of a service that may still be queued: {"pagespeed": 10}
  int rounds_ = 0;
  std::size_t unanswered_ = 0;  // of the queue's sends
  std::size_t not_queued_ = 0;
  bool more_ = false;
};

}  // namespace wf
