#include "shared/sync/grants.hpp"

#include <string>
#include <utility>

#include "shared/base/text.hpp"

namespace wf {
namespace {

bool uses(const HttpRequest& request, std::string_view name) {
  const std::string holder = placeholder(name);
  for (const auto& [header, value] : request.headers)
    if (contains(value, holder)) return true;
  return contains(request.url, holder) || contains(request.body, holder);
}

// The parameter or header that would carry the credential, and nothing else, is left out.
void leave_out(HttpRequest& request, std::string_view name) {
  const std::string holder = placeholder(name);
  std::erase_if(request.headers, [&](const auto& header) { return contains(header.second, holder); });
  const std::size_t query = request.url.find('?');
  if (query == std::string::npos) return;
  const std::string parameters = request.url.substr(query + 1);
  request.url.erase(query);
  for (const std::string_view parameter : split(parameters, '&')) {
    if (contains(parameter, holder)) continue;
    request.url += request.url.size() == query ? '?' : '&';
    request.url += parameter;
  }
}

}  // namespace

const HttpRequest& Grants::begin(HttpRequest request) {
  request_ = std::move(request);
  steps_.clear();
  next_ = 0;
  granting_ = false;
  signing_ = nullptr;
  leave_out_absent();
  granted_.clear();
  refreshed_ = false;
  return request_;
}

std::optional<Effect> Grants::go_on(const Connector& connector, const EffectResult& result, const Json& ids,
                                    UnixSeconds now) {
  const bool goes_on = granting_ ? std::holds_alternative<Captured>(result) || do_without(connector, result)
                                 : open(connector, result, ids, now);
  if (!goes_on) return std::nullopt;
  return next();
}

const Grant* Grants::wanted(const Connector& connector, const EffectResult& result) {
  const auto* reply = std::get_if<HttpReply>(&result);
  const Failed* missing = missing_secret(result);
  const bool refused = reply && reply->status == 401 && !refreshed_;
  if (!missing && !refused) return nullptr;
  for (const Grant& grant : connector.grants) {
    if (missing ? missing->name != grant.captured : !uses(request_, grant.captured)) continue;
    if (missing && holds(granted_, grant.captured)) return nullptr;
    granted_.emplace_back(grant.captured);
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
  next_ = 0;
  signing_ = nullptr;
  for (GrantStep& step : steps_)
    if (auto* http = std::get_if<HttpRequest>(&step); http && http->capture)
      http->capture->refresh = refresh_;
  leave_out_absent();
  return has_step();
}

void Grants::leave_out_absent() {
  for (const std::string& name : absent_) {
    leave_out(request_, name);
    for (GrantStep& step : steps_)
      if (auto* http = std::get_if<HttpRequest>(&step)) leave_out(*http, name);
  }
}

bool Grants::has_step() {
  for (; next_ < steps_.size(); ++next_) {
    const auto* sign = std::get_if<Sign>(&steps_[next_]);
    if (!sign || !holds(absent_, sign->captured)) return true;
  }
  return false;
}

bool Grants::do_without(const Connector& connector, const EffectResult& result) {
  const Failed* missing = missing_secret(result);
  if (!signing_ || !missing || missing->name != signing_->secret) return false;
  for (const Grant& grant : connector.grants) {
    if (!grant.optional || grant.captured != signing_->captured) continue;
    absent_.push_back(signing_->captured);
    leave_out_absent();
    return true;
  }
  return false;
}

Effect Grants::next() {
  granting_ = has_step();
  signing_ = nullptr;
  if (!granting_) return request_;
  const GrantStep& step = steps_[next_++];
  signing_ = std::get_if<Sign>(&step);
  if (signing_) return *signing_;
  return *std::get_if<HttpRequest>(&step);
}

}  // namespace wf
