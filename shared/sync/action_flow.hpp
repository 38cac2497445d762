#pragma once
// The one flow of what a person asks for: check, read what it needs, keep the intent, call the provider
// once, archive its reply, store the rows, answer. It never asks twice: an email would be sent twice.

#include <string>

#include "shared/base/json_object.hpp"
#include "shared/sync/action.hpp"
#include "shared/sync/api_flow.hpp"
#include "shared/sync/connector.hpp"
#include "shared/sync/database.hpp"
#include "shared/sync/flow.hpp"
#include "shared/sync/grants.hpp"
#include "shared/sync/policy.hpp"
#include "shared/sync/session.hpp"

namespace wf {

class ActionFlow final : public Steps<ActionFlow> {
 public:
  ActionFlow(const Connector& connector, const Action& action, Database database, Session session,
             ApiRequest request);
  void start(Turn& turn) override;

 private:
  void on_facts(EffectResult& result, Turn& turn);
  void on_signed(EffectResult& result, Turn& turn);
  void on_begun(EffectResult& result, Turn& turn);
  void on_called(EffectResult& result, Turn& turn);
  void on_kept(EffectResult& result, Turn& turn);
  void on_ended(EffectResult& result, Turn& turn);
  void on_end_kept(EffectResult& result, Turn& turn);
  void on_queued(EffectResult& result, Turn& turn);

  void read_facts(Turn& turn);
  void sign(Turn& turn);
  void begin(Turn& turn);
  void fail_start(Turn& turn, Error error);
  void keep_intent(Turn& turn);
  void conclude(Turn& turn);
  void fail_action(Turn& turn, const Problem& problem, bool unknown);
  void end_failed(Turn& turn, std::string_view state, const Problem& problem, std::vector<RowBatch> batches);
  // Stores the rows and then gives `answer_`.
  void end(Turn& turn, std::string_view state, std::vector<RowBatch> batches, Json facts);
  std::string archived(std::string_view part) const;  // the key of an object about this request
  std::string who() const;
  JsonObject log_fields(std::string_view what) const;

  const Connector& connector_;
  const Action& action_;
  Database database_;
  ActionQuery query_;
  std::string body_;
  std::string requested_id_;  // the header Idempotency-Key
  std::string flow_id_;
  bool may_write_ = false;
  bool settings_unreadable_ = false;
  bool asked_again_ = false;  // the database, to keep the intent
  int facts_read_ = 0;        // again, because others began meanwhile

  HttpRequest call_;
  Grants grants_;
  HttpReply reply_;
  std::string record_;  // what begin_action, then end_action, is told
  Respond answer_;
};

// What the database was to be told when it did not answer: kept as an object, because it may be larger than
// a queue's message, and queued: {"job":"action_end","workspace","object_key"}.
class ActionEndFlow final : public Steps<ActionEndFlow> {
 public:
  ActionEndFlow(Database database, std::string object_key)
      : database_(std::move(database)), object_key_(std::move(object_key)) {}
  void start(Turn& turn) override;

 private:
  void on_read(EffectResult& result, Turn& turn);
  void on_ended(EffectResult& result, Turn& turn);
  Database database_;
  std::string object_key_;
};

}  // namespace wf
