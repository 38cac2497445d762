#pragma once
// The one webhook flow: verify on the raw bytes, keep them, record the receipt, queue the work,
// answer. What the event means is read later, from the stored bytes (delivery_flow.hpp).

#include <string>

#include "shared/base/json_object.hpp"
#include "shared/sync/connector.hpp"
#include "shared/sync/database.hpp"
#include "shared/sync/flow.hpp"

namespace wf {

struct WebhookEvent {
  std::string flow_id;    // names the bytes of a delivery that cannot be identified
  std::string service;    // from the path
  std::string workspace;  // the slug from the path
  Headers headers;
  std::string body;
  // Its body stayed with the host, which checks what proves it all the same, and can keep it if it is `held`.
  bool too_large = false;
  bool held = false;
};

class WebhookFlow final : public Steps<WebhookFlow> {
 public:
  WebhookFlow(Registry registry, Database database, WebhookEvent event);
  void start(Turn& turn) override;

 private:
  void on_verified(EffectResult& result, Turn& turn);
  void on_stranger_counted(EffectResult& result, Turn& turn);
  void on_lost_recorded(EffectResult& result, Turn& turn);
  void on_stored(EffectResult& result, Turn& turn);
  void on_recorded(EffectResult& result, Turn& turn);
  void on_queued(EffectResult& result, Turn& turn);

  // What is refused. Of a stranger, as far as anybody can tell: answered at once, then counted. Genuine and
  // lost: recorded, then answered; for many a sender nothing but a 5xx is a reason to come again.
  void count_stranger(Turn& turn, Respond answer);
  void record_lost(Turn& turn, Respond answer, std::string_view delivery_key, std::string_view why);
  // Asks a function of the database about this workspace's service.
  void tell(Turn& turn, std::string_view function, JsonObject p, Step next);
  void store_bytes(Turn& turn);
  void finish(Turn& turn, int status, std::string_view text);
  // The provider is asked to deliver again: nothing may be acknowledged that is not kept.
  void answer_unavailable(Turn& turn, std::string_view what, std::string_view message);
  JsonObject log_fields(std::string_view what) const;

  const Webhook* webhook_ = nullptr;
  std::string_view never_kept_;
  Database database_;
  WebhookEvent event_;
  Identity identity_;
  int mismatch_status_ = 400;
  std::string_view untimely_;
  std::string_view key_;    // the name of the secret that proves it
  std::string unreadable_;  // why; empty: it is not
  std::string object_key_;
  std::string client_id_;
  Respond refusal_;
};

}  // namespace wf
