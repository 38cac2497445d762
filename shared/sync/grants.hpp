#pragma once
// Credentials that expire: which grant a failed request calls for, and its steps one by one.

#include <optional>
#include <string_view>
#include <vector>

#include "shared/sync/connector.hpp"

namespace wf {

class Grants {
 public:
  // A new request: nothing was tried for it yet.
  void begin(HttpRequest request);
  const HttpRequest& request() const { return request_; }

  // True when the result says that a credential is missing, expired or refused, and a grant that was
  // not tried for this request may help: its steps follow.
  bool open(const Connector& connector, const EffectResult& result, const Json& ids, UnixSeconds now);
  std::optional<Effect> next_step();  // none: repeat the request

 private:
  const Grant* wanted(const Connector& connector, const EffectResult& result);

  HttpRequest request_;
  std::vector<GrantStep> steps_;  // the next one last
  std::vector<std::string_view> granted_;
  bool refreshed_ = false;
  bool refresh_ = false;
};

}  // namespace wf
