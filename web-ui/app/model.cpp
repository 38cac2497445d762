#include "web-ui/app/model.hpp"

#include <algorithm>

#include "shared/domain/judge.hpp"

namespace wf {
namespace {

/// When its latest run ended, well or not; none while one is under way.
std::optional<UnixSeconds> rested_since(const std::vector<ServiceFacts>& services, std::string_view id) {
  std::optional<UnixSeconds> latest;
  for (const ServiceFacts& service : services) {
    if (service.service != id) continue;
    for (const StreamFacts& stream : service.streams) {
      if (stream.running_since) return std::nullopt;
      latest = std::max({latest, stream.last_success_at, stream.failed_at});
    }
  }
  return latest;
}

}  // namespace

void forget_services(Model& model) {
  model.services_load = Load::loading;
  model.services.clear();
  model.activity.reset();
  model.activity_failed = false;
  model.anomalies.clear();
  model.sync_answers.clear();
  model.last_change.reset();
  model.known_at.reset();
}

std::map<std::string, int> count_troubled(const std::vector<ServiceFacts>& services, UnixSeconds now) {
  std::map<std::string, int> troubled;
  for (const ServiceFacts& facts : services) {
    const Descriptor* descriptor = find_service(facts.service);
    const bool counts = descriptor != nullptr && needs_attention(judge(*descriptor, facts, now));
    troubled[facts.client_id] += counts ? 1 : 0;
  }
  return troubled;
}

void take_all_services(Model& model, const std::vector<ServiceFacts>& services, UnixSeconds now) {
  auto troubled = count_troubled(services, now);
  const Workspace* shown = model.services_load == Load::ready ? current_workspace(model) : nullptr;
  if (shown != nullptr) troubled[shown->client_id] = model.troubled[shown->client_id];
  model.troubled = std::move(troubled);
}

void take_services(Model& model, std::vector<ServiceFacts> services) {
  const auto has_ended = [&](const std::string& service) {
    return rested_since(model.services, service) < rested_since(services, service);
  };
  std::erase_if(model.sync_answers,
                [&](const auto& asked) { return !asked.second.taken_at && has_ended(asked.first); });
  for (auto& [service, answer] : model.sync_answers)
    if (has_ended(service)) answer = {.words = {}, .taken_at = {}, .ended_at = model.now};
  for (const auto& [client_id, count] : count_troubled(services, model.now))
    model.troubled[client_id] = count;
  model.services = std::move(services);
}

void answer_sync(Model& model, const std::string& service, std::string words, bool taken) {
  SyncAnswer& known = model.sync_answers[service];
  if (!words.empty())
    known = {.words = std::move(words),
             .taken_at = taken ? std::optional(model.now) : known.taken_at,
             .ended_at = {}};
  else if (known.taken_at)
    known.words.clear();
  else if (!known.ended_at)
    model.sync_answers.erase(service);
}

void forget_sync_ends(Model& model) {
  std::erase_if(model.sync_answers, [&](const auto& asked) {
    const auto& [words, taken_at, ended_at] = asked.second;
    if (ended_at) return model.now - *ended_at >= sync_end_shown;
    return taken_at && model.now - *taken_at >= sync_end_awaited;
  });
}

}  // namespace wf
