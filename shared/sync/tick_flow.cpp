#include "shared/sync/tick_flow.hpp"

#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/domain/detection.hpp"

namespace wf {
namespace {

constexpr int workspaces_per_page = 1000;  // PostgREST's own limit on hosted projects
constexpr std::int64_t claims_per_round = 50;
constexpr int most_rounds = 20;

void log_about(Turn& turn, std::string_view level, std::string_view what, std::string_view workspace) {
  turn.log(level, JsonObject().text("what", what).text("workspace", workspace));
}

}  // namespace

TickFlow::TickFlow(Database database, Json configured)
    : database_(std::move(database)), configured_(std::move(configured)) {
  for (const Descriptor& service : catalogue())
    if (service.jobs_per_tick > 0) budgets_.number(service.id, service.jobs_per_tick);
}

void TickFlow::start(Turn& turn) { read_workspaces_after(turn, ""); }

void TickFlow::read_workspaces_after(Turn& turn, std::string_view client_id) {
  std::string query = concat({"select=client_id,slug&order=client_id&limit=", decimal(workspaces_per_page)});
  if (!client_id.empty()) query.append("&client_id=gt.").append(percent_encode(client_id));
  ask(turn, database_.select("workspaces", query), &TickFlow::on_workspaces);
}

void TickFlow::on_workspaces(EffectResult& result, Turn& turn) {
  const auto answer = read_answer(result);
  if (!answer || !answer->is_array()) {
    turn.log_error("workspaces not read", answer ? "not an array" : answer.error().message);
    return turn.done();
  }
  for (const Json& row : elements(*answer)) workspaces_.push_back(row);
  if (static_cast<int>(answer->size()) < workspaces_per_page) return record_detection(turn);
  read_workspaces_after(turn, find_text(answer->back(), "client_id"));
}

void TickFlow::record_detection(Turn& turn) {
  const auto configured = read_configured(configured_);
  const auto known = read_workspaces(workspaces_);
  if (!configured || !known) {
    const Error& error = configured ? known.error() : configured.error();
    turn.log_error("nothing detected", error.message);
    return claim(turn);
  }
  for (const std::string& slug : unknown_bundles(*configured, *known))
    log_about(turn, "warn", "a bundle belongs to no workspace", slug);
  for (const ConfiguredWorkspace& workspace : configured->workspaces)
    if (!workspace.problem.empty()) log_about(turn, "error", workspace.problem, workspace.slug);
  ask(turn, database_.call("record_detection", detect(*configured, *known)), &TickFlow::on_detected);
}

void TickFlow::on_detected(EffectResult& result, Turn& turn) {
  if (const auto answer = read_answer(result); !answer)
    turn.log_error("detection not recorded", answer.error().message);
  claim(turn);
}

void TickFlow::claim(Turn& turn) {
  ++rounds_;
  JsonObject limits;
  limits.number("limit", claims_per_round)
      .json("per_service", budgets_)
      .text_or_null("settings", find_text(configured_, "settings"));
  if (const Json* of_services = find_object(configured_, "service_settings"))
    limits.json("service_settings", *of_services);
  ask(turn, database_.call("claim_due", limits), &TickFlow::on_claimed);
}

void TickFlow::on_claimed(EffectResult& result, Turn& turn) {
  const auto answer = read_answer(result);
  if (!answer) {
    turn.log_error("nothing claimed", answer.error().message);
    return turn.done();
  }
  for (const Json& job : list_in(*answer, "jobs")) spend(job);
  queue(turn, list_in(*answer, "jobs"));
  queue(turn, list_in(*answer, "deliveries"));
  more_ = unanswered_ >= claims_per_round && rounds_ < most_rounds;
  // Each claim of this tick names them again.
  if (rounds_ == 1) queue(turn, list_in(*answer, "ends"));
  if (unanswered_ == 0) return turn.done();
}

void TickFlow::spend(const Json& job) {
  const std::string_view service = find_text(job, "service");
  if (const auto left = find_int64(budgets_, service)) budgets_.number(service, *left - 1);
}

void TickFlow::queue(Turn& turn, std::span<const Json> messages) {
  for (const Json& message : messages) {
    if (!message.is_object()) continue;
    ++unanswered_;
    ask(turn, Enqueue{message}, &TickFlow::on_queued);
  }
}

// What could not be queued is still recorded as unfinished, or named for some ticks: a later one finds it.
void TickFlow::on_queued(EffectResult& result, Turn& turn) {
  if (!std::holds_alternative<Queued>(result)) ++not_queued_;
  if (--unanswered_ > 0) return;
  if (not_queued_ > 0) {
    turn.log("error", JsonObject().text("what", "messages not queued").number("count", not_queued_));
    return turn.done();
  }
  if (more_) return claim(turn);
  turn.done();
}

}  // namespace wf
