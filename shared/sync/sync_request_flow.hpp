#pragma once
// Sync now: of a service, or of one of its streams or partitions ({"stream","partition"} in the body), as
// when one part failed and is to be tried again alone.

#include <string>

#include "shared/sync/api_flow.hpp"
#include "shared/sync/database.hpp"
#include "shared/sync/flow.hpp"
#include "shared/sync/session.hpp"

namespace wf {

class SyncRequestFlow final : public Steps<SyncRequestFlow> {
 public:
  SyncRequestFlow(Database database, Session session, std::string service, ApiRequest request);
  void start(Turn& turn) override;

 private:
  void on_started(EffectResult& result, Turn& turn);
  void on_queued(EffectResult& result, Turn& turn);

  Database database_;
  Session session_;
  std::string service_;
  std::string body_;
  bool settings_unreadable_ = false;
  std::size_t unanswered_ = 0;  // of the queue's sends
};

}  // namespace wf
