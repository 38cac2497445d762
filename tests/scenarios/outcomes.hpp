#pragma once
// What a scenario of a kind (the name of its folder) must come to; required_test.cpp asks for it. `result` is
// what a replay gave (edge-workers/replay/replay.hpp).

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "edge-workers/replay/replay.hpp"

namespace wf::scenarios {

// Names of folders, of which one is enough.
using Kind = std::string_view;

// How many calls an action made.
std::ptrdiff_t asked_of_provider(const Json& result);

bool are_replies_of(Kind kind, const std::vector<replay::ProviderReply>& replies);
bool is_of_two_messages(const replay::ProviderReply& reply);

// A stream's sync. Killed: pages stood before the kill and after it, and the run came to its end.
bool is_result_of(Kind kind, const Json& result);
bool is_resumed(const Json& result);

// Late data: an older reading was replaced where it stood, and a newer one stayed. What came twice: it is
// there once, replaced or as it was.
bool replaces_older_keeps_newer(const Json& before, const Json& after);
bool is_there_once(const Json& before, const Json& after);
bool is_late_or_twice(const replay::Scenario& scenario, const std::string& service, const Json& result);

// A delivery: what is refused leaves nothing, what cannot be read is on the card, the rest is not.
bool is_delivered_as(Kind kind, const Json& result);

// A request: nobody is asked twice, and who asked is told what failed.
bool is_answered_as(Kind kind, const Json& result);

}  // namespace wf::scenarios
