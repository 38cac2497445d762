#pragma once
// What an uptime monitor needs: no secrets, no tenant names. 503 when the database does not answer or
// the schedule has stopped.

#include "shared/sync/database.hpp"
#include "shared/sync/flow.hpp"

namespace wf {

class HealthFlow final : public Steps<HealthFlow> {
 public:
  explicit HealthFlow(Database database) : database_(std::move(database)) {}
  void start(Turn& turn) override;

 private:
  void on_answer(EffectResult& result, Turn& turn);
  Database database_;
};

}  // namespace wf
