#include "shared/sync/grants.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "shared/base/text.hpp"

namespace wf {
namespace {

bool uses(const HttpRequest& request, std::string_view name) {
  const std::string placeholder = "{{secret:" + std::string(name) + "}}";
  const auto in_header = [&](const auto& header) { return contains(header.second, placeholder); };
  return contains(request.url, placeholder) || contains(request.body, placeholder) ||
         std::any_of(request.headers.begin(), request.headers.end(), in_header);
}

}  // namespace

void Grants::begin(HttpRequest request) {
  request_ = std::move(request);
  steps_.clear();
  granted_.clear();
  refreshed_ = false;
}

const Grant* Grants::wanted(const Connector& connector, const EffectResult& result) {
  const auto* failed = std::get_if<Failed>(&result);
  const auto* reply = std::get_if<HttpReply>(&result);
  const bool missing = failed && failed->reason == "secret_missing";
  const bool refused = reply && reply->status == 401 && !refreshed_;
  if (!missing && !refused) return nullptr;
  for (const Grant& grant : connector.grants) {
    if (missing ? failed->name != grant.captured : !uses(request_, grant.captured)) continue;
    const bool tried = std::find(granted_.begin(), granted_.end(), grant.captured) != granted_.end();
    if (missing && tried) return nullptr;
    granted_.push_back(grant.captured);
    refresh_ = refused;
    refreshed_ = refreshed_ || refused;
    return &grant;
  }
  return nullptr;
}

bool Grants::open(const Connector& connector, const EffectResult& result, const Json& ids, UnixSeconds now) {
  const Grant* grant = wanted(connector, result);
  if (!grant) return false;
  steps_ = grant->steps(ids, now);
  std::reverse(steps_.begin(), steps_.end());
  for (GrantStep& step : steps_)
    if (auto* http = std::get_if<HttpRequest>(&step); http && http->capture)
      http->capture->refresh = refresh_;
  return !steps_.empty();
}

std::optional<Effect> Grants::next_step() {
  if (steps_.empty()) return std::nullopt;
  const auto to_effect = [](auto& step) { return Effect(std::move(step)); };
  Effect effect = std::visit(to_effect, steps_.back());
  steps_.pop_back();
  return effect;
}

}  // namespace wf
