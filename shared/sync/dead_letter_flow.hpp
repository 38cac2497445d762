#pragma once
// A message that failed for good is recorded, so that it shows on the card it belongs to.

#include "shared/sync/database.hpp"
#include "shared/sync/flow.hpp"

namespace wf {

class DeadLetterFlow final : public Steps<DeadLetterFlow> {
 public:
  DeadLetterFlow(Database database, Json message);
  void start(Turn& turn) override;

 private:
  void on_recorded(EffectResult& result, Turn& turn);
  Database database_;
  Json message_;
};

}  // namespace wf
