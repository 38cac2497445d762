#pragma once
// Applies one stored webhook delivery. Deliveries come late, twice and in any order: the database
// keeps the newer state of each row, and a tie is settled by asking the provider.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/json_object.hpp"
#include "shared/sync/connector.hpp"
#include "shared/sync/database.hpp"
#include "shared/sync/flow.hpp"
#include "shared/sync/questions.hpp"
#include "shared/sync/refetches.hpp"

namespace wf {

struct DeliveryJob {
  std::string workspace;
  std::string client_id;
  std::string service;
  std::string delivery_key;
  std::string object_key;
  Json ids = {};                                // account ids by full name
  std::optional<UnixSeconds> received_at = {};  // of one that is taken up again: it may have come days ago
};

Json delivery_message(std::string_view workspace, std::string_view client_id, std::string_view service,
                      std::string_view delivery_key, std::string_view object_key);

class DeliveryFlow final : public Steps<DeliveryFlow> {
 public:
  DeliveryFlow(Registry registry, Database database, DeliveryJob job);
  void start(Turn& turn) override;

 private:
  void on_read(EffectResult& result, Turn& turn);
  void on_answered(EffectResult& result, Turn& turn);
  void on_object_kept(EffectResult& result, Turn& turn);
  void on_applied(EffectResult& result, Turn& turn);
  void on_fetched(EffectResult& result, Turn& turn);
  void on_marked(EffectResult& result, Turn& turn);

  Received received(UnixSeconds now) const;
  void ask_next(Turn& turn);
  void parse(Turn& turn);
  void keep_next(Turn& turn);
  void apply(Turn& turn);
  void fetch_next(Turn& turn);
  JsonObject receipt() const;
  void log(Turn& turn, std::string_view what, std::string_view state, std::string_view message) const;
  void wait(Turn& turn, std::string_view why) const;  // for the database or the object store
  // `kind` of what failed at the provider; empty: it is ours, or of the data.
  void mark(Turn& turn, std::string_view state, std::string_view error, std::string_view kind = {});

  const Connector* connector_ = nullptr;
  Database database_;
  DeliveryJob job_;
  std::string body_;
  Questions questions_;
  std::vector<PutObject> objects_;  // to be kept before the rows are applied
  std::vector<ObjectRef> stale_;    // to be fetched before the next apply
  Refetches refetches_{stale_};     // with its rows, its own too
  UnixSeconds event_at_{};
  std::string lost_rows_;  // why rows of it are missing; empty: none are
  bool ignored_ = false;   // an event whose objects are not stored
  int settlings_ = 0;
  std::int64_t rest_secs_ = 0;  // until the provider is asked again; 0: it is not
};

}  // namespace wf
