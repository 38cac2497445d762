#include "shared/sync/grants.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "shared/base/text.hpp"

namespace wf {
namespace {

std::string placeholder_of(std::string_view name) { return "{{secret:" + std::string(name) + "}}"; }

bool uses(const HttpRequest& request, std::string_view name) {
  const std::string placeholder = placeholder_of(name);
  const auto in_header = [&](const auto& header) { return contains(header.second, placeholder); };
  return contains(request.url, placeholder) || contains(request.body, placeholder) ||
         std::any_of(request.headers.begin(), request.headers.end(), in_header);
}

// The parameter or header that would carry the credential, and nothing else, is left out.
void leave_out(HttpRequest& request, std::string_view name) {
  const std::string placeholder = placeholder_of(name);
  std::erase_if(request.headers, [&](const auto& header) { return contains(header.second, placeholder); });
  const std::size_t query = request.url.find('?');
  if (query == std::string::npos) return;
  std::string url = request.url.substr(0, query);
  char joint = '?';
  for (const std::string_view parameter : split(std::string_view(request.url).substr(query + 1), '&')) {
    if (contains(parameter, placeholder)) continue;
    url += std::exchange(joint, '&');
    url += parameter;
  }
  request.url = std::move(url);
}

bool contains_name(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void Grants::begin(HttpRequest request) {
  request_ = std::move(request);
  steps_.clear();
  leave_out_absent();
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
  leave_out_absent();
  return !steps_.empty();
}

void Grants::leave_out_absent() {
  std::erase_if(steps_, [&](const GrantStep& step) {
    const auto* sign = std::get_if<Sign>(&step);
    return sign && contains_name(absent_, sign->captured);
  });
  for (const std::string& name : absent_) {
    leave_out(request_, name);
    for (GrantStep& step : steps_)
      if (auto* http = std::get_if<HttpRequest>(&step)) leave_out(*http, name);
  }
}

bool Grants::do_without(const Connector& connector, const EffectResult& result) {
  const auto* failed = std::get_if<Failed>(&result);
  if (!failed || failed->reason != "secret_missing" || failed->name != signing_.secret) return false;
  const bool optional =
      std::any_of(connector.grants.begin(), connector.grants.end(),
                  [&](const Grant& grant) { return grant.optional && grant.captured == signing_.captured; });
  if (!optional) return false;
  absent_.push_back(signing_.captured);
  leave_out_absent();
  return true;
}

std::optional<Effect> Grants::next_step() {
  signing_ = {};
  if (steps_.empty()) return std::nullopt;
  if (const auto* sign = std::get_if<Sign>(&steps_.back())) signing_ = *sign;
  const auto to_effect = [](auto& step) { return Effect(std::move(step)); };
  Effect effect = std::visit(to_effect, steps_.back());
  steps_.pop_back();
  return effect;
}

}  // namespace wf
