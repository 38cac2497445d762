#pragma once
// What the cards of a workspace showed at a time: the facts of then, judged by the clock of then. A tool's
// flow (scripts/cards); the page judges by itself.

#include <string>

#include "shared/sync/database.hpp"
#include "shared/sync/flow.hpp"

namespace wf {

// Responds 200 {"name","time_zone","at","summary","cards": [{"service","name","category", and the verdict
// (domain/verdict_json.hpp)}], worst first, those of services that were not relevant left out}, or
// 422 or 503 {"message"}.
class CardsFlow final : public Steps<CardsFlow> {
 public:
  // `at`: ISO 8601, without an offset in the workspace's zone; empty: now.
  CardsFlow(Database database, std::string workspace, std::string at)
      : database_(std::move(database)), workspace_(std::move(workspace)), at_(std::move(at)) {}
  void start(Turn& turn) override;

 private:
  void on_facts(EffectResult& result, Turn& turn);

  Database database_;
  std::string workspace_;
  std::string at_;
};

}  // namespace wf
