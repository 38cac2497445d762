#pragma once
// What a card says beside its state: nothing fails, and yet somebody should look.

#include <span>

#include "shared/domain/judge_stream.hpp"

namespace wf {

// Adds them to the words of what is green; a sign-in that has ended makes it red.
void add_warnings(Verdict& verdict, const Descriptor& descriptor, const ServiceFacts& facts,
                  std::span<const StreamCondition> conditions, UnixSeconds now);

}  // namespace wf
