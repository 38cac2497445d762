#pragma once
// Which windows of time are still to be asked for, newest first. GraphQL analytics has no cursor: a
// reply that reaches its row limit is asked for again in two halves.
// https://developers.cloudflare.com/analytics/graphql-api/limits/

#include <chrono>
#include <cstdint>
#include <optional>

#include "shared/base/json.hpp"
#include "shared/sync/connector.hpp"

namespace wf::cloudflare {

// From `from` to before `to`, both at the beginning of an hour or of a day (UTC).
struct Span {
  UnixSeconds from;
  UnixSeconds to;
};

// What an account may ask of one dataset, from its `settings` or as the documentation has it.
struct Limits {
  std::chrono::seconds longest;     // of one query
  std::chrono::seconds kept;        // nothing older can be asked for
  std::int64_t page_size = 10'000;  // rows of one reply
};

// The connector's position: {"spans":[["2026-11-23T09:00:00Z","2026-11-23T14:00:00Z"]],"page_size":500}
struct Plan {
  Span first;                 // the one that is asked for
  Json older = empty_list();  // the ones that follow it without a gap, each as its two times
  std::int64_t page_size = 0;
  bool is_new = true;  // nothing was asked for yet: the limits are not known
};

// The newest part of the scan, small enough to be asked for before the limits are known.
Span first_span(const Window& window, std::chrono::seconds unit, std::chrono::seconds length);
// Adds what is older than that part, as the limits allow.
void add_older(Plan& plan, const Window& window, std::chrono::seconds unit, const Limits& limits,
               UnixSeconds now);

// A position of another shape, as of an older version, is only good to begin again: then the plan is new.
Plan read_plan(const Json& position);
Json to_json(const Plan& plan);

// Halves the first span. False when it is a single unit.
bool halve(Plan& plan, std::chrono::seconds unit);
// Leaves out what is older. False when the first span stays as it was.
bool clamp(Plan& plan, UnixSeconds earliest);
// The position after the first span; none when it was the last.
std::optional<Json> after_first(const Plan& plan);

UnixSeconds round_down(UnixSeconds time, std::chrono::seconds unit);
UnixSeconds round_up(UnixSeconds time, std::chrono::seconds unit);

}  // namespace wf::cloudflare
