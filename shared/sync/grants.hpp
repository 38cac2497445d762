#pragma once
// Credentials that expire: which grant a failed request calls for, and its steps one by one.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/sync/connector.hpp"

namespace wf {

class Grants {
 public:
  // A new request, to be sent as it comes back: nothing was tried for it yet.
  const HttpRequest& begin(HttpRequest request);

  // What to ask after this result: a step, or the request again. None: it is the end, of a step that failed
  // if is_granting(), else of the request.
  std::optional<Effect> go_on(const Connector& connector, const EffectResult& result, const Json& ids,
                              UnixSeconds now);
  bool is_granting() const { return granting_; }

 private:
  // True when the result says that a credential is missing, expired or refused, and a grant that was
  // not tried for this request may help: its steps follow.
  bool open(const Connector& connector, const EffectResult& result, const Json& ids, UnixSeconds now);
  // True when the step failed because its key is not configured and its grant is optional: the request
  // and the steps that follow go without what it would have given, for as long as this object lives.
  bool do_without(const Connector& connector, const EffectResult& result);
  Effect next();
  const Grant* wanted(const Connector& connector, const EffectResult& result);
  void leave_out_absent();
  bool has_step();  // moves on to the next one that is not left out

  HttpRequest request_;
  std::vector<GrantStep> steps_;
  std::size_t next_ = 0;           // of the steps
  bool granting_ = false;          // one of them was asked last
  const Sign* signing_ = nullptr;  // the last step, if it was one
  std::vector<std::string> absent_;
  std::vector<std::string> granted_;
  bool refreshed_ = false;
  bool refresh_ = false;
};

}  // namespace wf
