#include "shared/sync/api_flow.hpp"

#include <utility>

#include "shared/base/text.hpp"
#include "shared/sync/action_flow.hpp"
#include "shared/sync/anomalies_flow.hpp"
#include "shared/sync/api_reply.hpp"
#include "shared/sync/health_flow.hpp"
#include "shared/sync/sync_request_flow.hpp"

namespace wf {
namespace {

Respond not_found() { return problem_reply(404, "not-found", "There is no such endpoint"); }

Respond wrong_method(std::string_view allowed) {
  Respond refusal = problem_reply(405, "method-not-allowed", concat({"Use ", allowed}));
  refusal.headers.emplace_back("allow", allowed);
  return refusal;
}

}  // namespace

ApiFlow::ApiFlow(Registry registry, Database database, ApiRequest request)
    : registry_(registry), database_(std::move(database)), request_(std::move(request)) {
  // "", "api", "workspaces", slug, endpoint, service?
  const auto parts = split(request_.path, '/');
  if (parts.size() < 5 || parts.size() > 6 || parts[2] != "workspaces") return;
  workspace_ = std::string(parts[3]);
  endpoint_ = parts[4];
  if (parts.size() == 6) service_ = std::string(parts[5]);
  for (const Connector* connector : registry_)
    for (const Action& action : connector->actions)
      if (action.id == endpoint_ && service_.empty())
        std::tie(connector_, action_) = std::pair(connector, &action);
}

void ApiFlow::start(Turn& turn) {
  if (request_.path == "/api/health") {
    if (request_.method != "GET" && request_.method != "HEAD") return turn.finish(wrong_method("GET, HEAD"));
    answering_ = std::make_unique<HealthFlow>(std::move(database_));
    return answering_->start(turn);
  }
  const bool syncs = endpoint_ == "sync" && !service_.empty();
  const bool reads = reads_anomalies();
  if (!syncs && !reads && !action_) return turn.finish(not_found());
  const std::string_view allowed = reads ? "GET" : "POST";
  if (request_.method != allowed) return turn.finish(wrong_method(allowed));
  turn.ask(session_request(database_, workspace_));
}

void ApiFlow::reply(EffectResult& result, Turn& turn) {
  if (answering_) return answering_->reply(result, turn);
  auto session = read_session(result, workspace_);
  if (!session) return turn.finish(std::move(session.error()));
  answering_ = endpoint(*std::move(session));
  answering_->start(turn);
}

bool ApiFlow::reads_anomalies() const { return endpoint_ == "anomalies" && service_.empty(); }

std::unique_ptr<Flow> ApiFlow::endpoint(Session session) {
  if (reads_anomalies()) return std::make_unique<AnomaliesFlow>(std::move(database_), std::move(session));
  if (action_)
    return std::make_unique<ActionFlow>(*connector_, *action_, std::move(database_), std::move(session),
                                        std::move(request_));
  return std::make_unique<SyncRequestFlow>(std::move(database_), std::move(session), std::move(service_),
                                           std::move(request_));
}

}  // namespace wf
