#pragma once
// What a failure means and whether it is tried again: one place for every flow and provider.

#include <cstdint>
#include <string_view>

#include "shared/base/json_object.hpp"
#include "shared/sync/connector.hpp"
#include "shared/sync/effects.hpp"

namespace wf {

// `who` opens the message: "stripe charges". `result` is not a successful reply. The provider's
// own text is left out: it may quote a key. Its codes come through Connector::explain.
Problem classify(const Connector& connector, std::string_view who, const EffectResult& result,
                 UnixSeconds now);

// Why a grant's step did not give its credential (RFC 6749, section 5.2).
Problem classify_grant(const Connector& connector, const EffectResult& result, UnixSeconds now);

// A reply that succeeded and cannot be read, or that is an error all the same: what its kind says
// decides whether it is tried again.
Problem unreadable(Error error);

// What the log says of it: kind, message, and the provider's own name for the call, where it gave one.
void describe(JsonObject& fields, const Problem& problem);

struct NextTry {
  bool final = false;
  std::int64_t delay_secs = 0;
};

// `attempt`: failures in a row before this one. The first time Retry-After is taken as it is, later
// the longer of it and the backoff.
NextTry next_try(const Problem& problem, std::int64_t attempt);

// The provider's clock when it made the reply, or ours when it did not say. What is stored as of a time that
// is far ahead could not be corrected before that time, so its clock is believed for five minutes.
UnixSeconds source_time(const HttpReply& reply, UnixSeconds now);

}  // namespace wf
