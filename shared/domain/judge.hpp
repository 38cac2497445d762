#pragma once
// One pure function decides every badge, from facts and a clock value. The page calls it
// with its own clock, so a card goes late, then red, with nothing else alive.

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/base/time.hpp"
#include "shared/domain/catalogue.hpp"
#include "shared/domain/facts.hpp"

namespace wf {

enum class Badge : std::uint8_t { not_relevant, active, inactive, error };
std::string_view name(Badge badge);   // "not_relevant", "active", ...
std::string_view label(Badge badge);  // "Not relevant", "Active", ...

enum class SubState : std::uint8_t {
  not_relevant,
  fresh,
  provisional,
  due,
  syncing,
  rate_limited,
  late,
  waiting,  // for the first sync
  idle,     // on demand, nobody asked
  empty,    // zero rows where there usually are some
  disabled,
  missing,  // keys or account ids
  overdue,
  failed,           // for good, every stream
  partial,          // one stream for good, others fine
  sign_in_expired,  // credentials refused
};
std::string_view name(SubState state);

struct Evidence {
  std::string label;
  std::string value;                             // in words, times in UTC
  std::optional<UnixSeconds> at = std::nullopt;  // to be shown in the workspace's zone instead
};

enum class ClockState : std::uint8_t { not_observed, ok, late, overdue };
std::string_view name(ClockState state);

struct Clock {
  std::string_view label;         // "Last success", "Newest data", "Provider's lag"
  std::optional<UnixSeconds> at;  // clamped to now
  std::chrono::seconds age{};
  std::chrono::seconds limit{};  // 0: this clock is not judged
  ClockState state = ClockState::not_observed;
  std::string words;    // "2 h ago", "final after 3 d", "not observed"
  bool is_day = false;  // `at` stands for a day of the provider's, which is no moment in anybody's zone
};

// Webhooks: the time since the last event against the usual gap of this workspace.
struct Silence {
  std::optional<UnixSeconds> last_event_at;
  std::chrono::seconds quiet_for{};
  std::optional<std::chrono::seconds> usual_gap;
  bool unusual = false;  // quiet for more than four usual gaps
  std::string words;     // "quiet for 3 h (usual gap 40 min)"
};

struct Verdict {
  Badge badge = Badge::not_relevant;
  SubState sub_state = SubState::not_relevant;
  std::string words;              // the sub-state, in words; its time in UTC
  std::string about;              // the streams that it is about, where others are better
  std::string warning;            // of a card that is still green; `words` end with it
  std::string_view rule;          // the rule that fired: "success_too_old"
  std::optional<ErrorKind> kind;  // set when somebody should act or wait
  std::string_view who;           // "account manager", "agency", "nobody", "developers"; empty: no kind
  std::string next_step;          // empty: nothing to do
  std::string stream;             // the worst stream, when one stream decided
  std::string partition;          // and its partition, when it has some
  std::string refused_key;        // whose check refused deliveries, when that decided
  bool is_unheard = false;  // the reconciliation found what the webhook did not bring, and nothing came by it
  std::string reason;       // what its last failure said, when it was one
  std::optional<UnixSeconds> until;         // rate limited until, provisional until
  std::optional<UnixSeconds> last_sync_at;  // the newest proof: a finished run or a delivery
  std::vector<Evidence> evidence;
  std::array<Clock, 3> clocks{};  // success, newest row, provider
  std::optional<Silence> silence;
  std::chrono::seconds skew{};  // how far a fact lay in the future; 0: none
};

Verdict judge(const Descriptor& descriptor, const ServiceFacts& facts, UnixSeconds now);

// The sub-state with its time written by the caller, in the workspace's zone:
// words_with_time(v, "15:20") -> "rate limited until 15:20". Without an `until`: words.
std::string words_with_time(const Verdict& verdict, std::string_view until_text);

// Facts of every catalogue service for one workspace, judged, in catalogue order; services
// without a row are not relevant.
struct Judged {
  const Descriptor* descriptor = nullptr;
  Verdict verdict;
};
std::vector<Judged> judge_all(std::span<const ServiceFacts> facts, UnixSeconds now);

bool needs_attention(const Verdict& verdict);
// Worst first; equal ones keep the catalogue's order. Cards that are not relevant go last.
void sort_worst_first(std::vector<Judged>& judged);
// "5 active", "1 needs attention", "1 not set up"; "nothing is configured yet" when no card.
std::vector<std::string> summary_parts(std::span<const Judged> judged);

}  // namespace wf
