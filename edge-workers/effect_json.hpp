#pragma once
// Effects and their results in the JSON of docs/abi.md.

#include "edge-workers/frame.hpp"
#include "shared/sync/effects.hpp"

namespace wf {

// Adds one effect to an output frame: its control to `effects`, its body to the parts.
void add_effect(Frame& frame, int id, Effect effect);

// The kind of result that an effect waits for.
enum class ResultKind : std::uint8_t { http, stored, object, verified, captured, signature, queued };
ResultKind result_kind(const Effect& effect);

// Never fails: what cannot be read is Failed{"malformed"}, which the flow knows how to take.
EffectResult read_result(ResultKind kind, const Json& result, std::vector<std::string>& parts);

// `[[name, value], ...]`; entries of another shape are left out.
Headers read_headers(const Json& object);

}  // namespace wf
