#pragma once
// Every word a verdict says, in one place.

#include <span>
#include <string>
#include <string_view>

#include "shared/domain/judge_stream.hpp"

namespace wf {

// A stream has: what was delivered proves nothing of the key.
bool has_synced(const Verdict& verdict);

// "sync failed", "reply not understood": a failure for good, by who must act.
std::string_view failure_words(ErrorKind kind);
std::string_view who_acts(ErrorKind kind);
// The next step, as one sentence about this service. Never a value of a key.
std::string next_step(ErrorKind kind, const Descriptor& descriptor, const Verdict& verdict);

// "rate limited until 14:20 UTC (charges)", "provisional until 24 Nov", "late: charges".
std::string state_words(const Verdict& verdict, std::string_view until_text);
std::string until_in_utc(const Verdict& verdict);

// Sets badge, state, rule and their words. about: the streams it is about.
void decide(Verdict& verdict, Badge badge, SubState state, std::string_view rule, std::string about = {});

// "charges", "charges and payment links", "charges, payment links and 2 more"
std::string list_labels(std::span<const std::string> labels);

}  // namespace wf
