#pragma once
// What is unusual in the last 90 days of a workspace, for any of its members: they may read the rows
// behind it as well.

#include "shared/sync/database.hpp"
#include "shared/sync/flow.hpp"
#include "shared/sync/session.hpp"

namespace wf {

class AnomaliesFlow final : public Steps<AnomaliesFlow> {
 public:
  AnomaliesFlow(Database database, Session session)
      : database_(std::move(database)), session_(std::move(session)) {}
  void start(Turn& turn) override;

 private:
  void on_series(EffectResult& result, Turn& turn);
  void give_up(Turn& turn, std::string_view why, Respond answer);

  Database database_;
  Session session_;
};

}  // namespace wf
