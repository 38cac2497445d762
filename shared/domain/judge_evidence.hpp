#pragma once
// What a verdict rests on: the three clocks, the silence gauge and the facts in words.

#include <span>

#include "shared/domain/judge_stream.hpp"

namespace wf {

std::string counted(std::int64_t count, std::string_view one);  // "1 row", "1,284 rows"
// Without a key that deliveries are checked with none gets in: what the last ones met is history.
bool receives(const Descriptor& descriptor, const ServiceFacts& facts);
// The webhook, where anything may get in by it.
const StreamFacts* open_webhook(const Descriptor& descriptor, const ServiceFacts& facts);
// The facts that say what the last reconciliation found; null: there was none.
const StreamFacts* last_reconciliation(const ServiceFacts& facts);
// What a stream's failure said; the line's label says already whose it is: "stripe charges: answered 401".
std::string reason_of(const Descriptor& descriptor, const StreamCondition& condition);
// Where a stream has rows of days, of those: a post of today says nothing of yesterday's figures.
std::optional<UnixSeconds> newest_row_of(const Descriptor& descriptor, const ServiceFacts& facts);
// When the first of the sign-ins ends; none: unknown, or never.
std::optional<UnixSeconds> credentials_end(const ServiceFacts& facts);
// The names of what the provider does not give, each once.
std::vector<std::string> unavailable_of(const ServiceFacts& facts);
std::array<Clock, 3> read_clocks(const Descriptor& descriptor, const ServiceFacts& facts,
                                 std::span<const StreamCondition> conditions, UnixSeconds now);
std::optional<Silence> read_silence(const Descriptor& descriptor, const ServiceFacts& facts, UnixSeconds now);
// How far the furthest recorded time lies in the future, beyond what clocks usually differ.
std::chrono::seconds read_skew(const ServiceFacts& facts, UnixSeconds now);

void add_evidence(Verdict& verdict, const Descriptor& descriptor, const ServiceFacts& facts,
                  std::span<const StreamCondition> conditions, UnixSeconds now);

}  // namespace wf
