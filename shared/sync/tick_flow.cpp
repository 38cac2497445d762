#include "shared/sync/tick_flow.hpp"

#include <utility>

#include "shared/base/text.hpp"
#include "shared/domain/detection.hpp"
#include "shared/sync/json_object.hpp"

namespace wf {
namespace {

constexpr std::size_t workspaces_per_page = 1000;  // PostgREST's own limit on hosted projects
constexpr std::size_t claims_per_round = 50;
constexpr int most_rounds = 20;

void add_all(std::vector<Json>& messages, const Json& answer, std::string_view key) {
  const Json* array = find_array(answer, key);
  if (!array) return;
  for (const Json& message : *array)
    if (message.is_object()) messages.push_back(message);
}

}  // namespace

TickFlow::TickFlow(Database database, Json configured)
    : database_(std::move(database)), configured_(std::move(configured)) {
  for (const Descriptor& service : catalogue())
    if (service.jobs_per_tick > 0) budgets_[std::string(service.id)] = service.jobs_per_tick;
}

void TickFlow::start(Turn& turn) { read_workspaces_after(turn, ""); }

void TickFlow::read_workspaces_after(Turn& turn, std::string_view client_id) {
  std::string query = "select=client_id,slug&order=client_id&limit=" + std::to_string(workspaces_per_page);
  if (!client_id.empty()) query += "&client_id=gt." + percent_encode(client_id);
  ask(turn, database_.select("workspaces", query), &TickFlow::on_workspaces);
}

void TickFlow::on_workspaces(EffectResult& result, Turn& turn) {
  const auto answer = read_answer(result);
  if (!answer || !answer->is_array()) {
    turn.log("error", JsonObject()
                          .text("what", "workspaces not read")
                          .text("message", answer ? "not an array" : answer.error().message)
                          .take());
    return turn.done();
  }
  for (const Json& row : *answer) workspaces_.push_back(row);
  if (answer->size() < workspaces_per_page) return record_detection(turn);
  read_workspaces_after(turn, find_string(answer->back(), "client_id").value_or(""));
}

void TickFlow::record_detection(Turn& turn) {
  const auto configured = read_configured(configured_);
  const auto known = read_workspaces(workspaces_);
  if (!configured || !known) {
    const Error& error = configured ? known.error() : configured.error();
    turn.log("error", JsonObject().text("what", "nothing detected").text("message", error.message).take());
    return claim(turn);
  }
  for (const std::string& slug : unknown_bundles(*configured, *known))
    turn.log("warn",
             JsonObject().text("what", "a bundle belongs to no workspace").text("workspace", slug).take());
  for (const ConfiguredWorkspace& workspace : configured->workspaces)
    if (!workspace.problem.empty())
      turn.log("error",
               JsonObject().text("what", workspace.problem).text("workspace", workspace.slug).take());
  ask(turn, database_.call("record_detection", detect(*configured, *known)), &TickFlow::on_detected);
}

void TickFlow::on_detected(EffectResult& result, Turn& turn) {
  if (const auto answer = read_answer(result); !answer)
    turn.log(
        "error",
        JsonObject().text("what", "detection not recorded").text("message", answer.error().message).take());
  claim(turn);
}

void TickFlow::claim(Turn& turn) {
  ++rounds_;
  ask(turn,
      database_.call("claim_due",
                     JsonObject().number("limit", claims_per_round).json("per_service", budgets_).take()),
      &TickFlow::on_claimed);
}

void TickFlow::on_claimed(EffectResult& result, Turn& turn) {
  const auto answer = read_answer(result);
  if (!answer) {
    turn.log("error",
             JsonObject().text("what", "nothing claimed").text("message", answer.error().message).take());
    return turn.done();
  }
  std::vector<Json> messages;
  add_all(messages, *answer, "jobs");
  for (const Json& job : messages) spend(job);
  add_all(messages, *answer, "deliveries");
  if (messages.empty()) return turn.done();
  more_ = messages.size() >= claims_per_round && rounds_ < most_rounds;
  unanswered_ = messages.size();
  for (Json& message : messages) ask(turn, Enqueue{std::move(message)}, &TickFlow::on_queued);
}

void TickFlow::spend(const Json& job) {
  const auto service = find_string(job, "service").value_or("");
  if (const auto left = find_int64(budgets_, service)) budgets_[service] = *left - 1;
}

// What could not be queued is still recorded as unfinished, so a later tick finds it.
void TickFlow::on_queued(EffectResult& result, Turn& turn) {
  if (!std::holds_alternative<Queued>(result)) ++not_queued_;
  if (--unanswered_ > 0) return;
  if (not_queued_ > 0) {
    turn.log("error", JsonObject()
                          .text("what", "messages not queued")
                          .number("count", static_cast<std::int64_t>(not_queued_))
                          .take());
    return turn.done();
  }
  if (more_) return claim(turn);
  turn.done();
}

}  // namespace wf
