#pragma once
// The Worker's API: finds the endpoint, then who asks, then hands over to the endpoint's own flow.
//   GET  /api/health
//   GET  /api/workspaces/{slug}/anomalies
//   POST /api/workspaces/{slug}/sync/{service}
//   POST /api/workspaces/{slug}/{action}          an action of a connector, such as email

#include <memory>
#include <string>
#include <string_view>

#include "shared/sync/connector.hpp"
#include "shared/sync/database.hpp"
#include "shared/sync/flow.hpp"
#include "shared/sync/session.hpp"

namespace wf {

struct ApiRequest {
  std::string flow_id;
  std::string method;
  std::string path;
  Headers headers;  // none that holds a session
  std::string body;
  Json ids = empty_object();         // of the workspace in the path
  bool settings_unreadable = false;  // of that workspace: it has none of its own keys and ids
};

class ApiFlow final : public Flow {
 public:
  ApiFlow(Registry registry, Database database, ApiRequest request);
  void start(Turn& turn) override;
  void reply(EffectResult& result, Turn& turn) override;

 private:
  std::unique_ptr<Flow> endpoint(Session session);
  bool reads_anomalies() const;

  Registry registry_;
  Database database_;
  ApiRequest request_;
  std::string workspace_;      // from the path
  std::string_view endpoint_;  // "sync", "anomalies", or an action's
  std::string service_;        // of a sync
  const Connector* connector_ = nullptr;
  const Action* action_ = nullptr;
  std::unique_ptr<Flow> answering_;  // once it is known who asks
};

}  // namespace wf
