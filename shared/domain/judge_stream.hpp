#pragma once
// The rules for one stream, alone. judge.cpp takes the worst of them.

#include <optional>
#include <string>
#include <string_view>

#include "shared/domain/catalogue.hpp"
#include "shared/domain/facts.hpp"
#include "shared/domain/judge.hpp"

namespace wf {

inline constexpr std::string_view bad_signatures_rule = "bad_signatures";
inline constexpr std::string_view never_used_rule = "never_used";
inline constexpr std::string_view unreadable_rule = "configuration_unreadable";

struct StreamCondition {
  std::string stream;
  std::string partition{};
  std::string label;
  SubState state = SubState::waiting;
  std::string_view rule;
  bool proven = false;  // has succeeded at least once
  bool running = false;
  bool under_way = false;  // running, or just ended: the next stream's turn comes
  std::optional<ErrorKind> kind = std::nullopt;
  std::string message{};      // of the failure, if one is recorded
  std::string refused_key{};  // whose check refused deliveries
  std::optional<UnixSeconds> until = std::nullopt;
  std::optional<UnixSeconds> success_at = std::nullopt;  // clamped to now
};

// A success without an attempt is no proof: something wrote it that never ran.
std::optional<UnixSeconds> proven_success(const StreamFacts& facts);

// How bad a condition is for the card; larger is worse.
int severity(const StreamCondition& condition);
// Of two that are as bad the one comes first that somebody can do something about.
bool is_less_urgent(const StreamCondition& a, const StreamCondition& b);
bool has_failed(const StreamCondition& condition);  // for good
// Neither a webhook does, nor what people ask of a service that is synced as well.
bool tells_of_syncs(const Descriptor& descriptor, const StreamCondition& condition);

// "campaigns of 1234567890": which account, property or page it is about.
std::string label_of_part(std::string_view label, std::string_view partition);

// `configured_since`: from when on a first success may be expected.
StreamCondition judge_stream(const Thresholds& thresholds, std::string label, const StreamFacts& facts,
                             std::optional<UnixSeconds> configured_since, UnixSeconds now);

// Of what people ask for a failure is of the past with other keys, which are another set-up, and after days.
bool counts_still(const ServiceFacts& facts, const StreamFacts& use, UnixSeconds now);

// The last delivery that could not be taken is so long ago that the webhook no longer counts as failed.
bool is_old_loss(const StreamFacts& webhook, UnixSeconds now);

// More deliveries than by coincidence were refused since the last good one, the last of them lately or not,
// by the check of a key that is there still.
bool refuses(const ServiceFacts& facts, const StreamFacts& webhook);
// Three signature failures in a row with none good: the webhook secret is wrong. Or a delivery could not be
// read, or was given up, and none was applied since.
std::optional<StreamCondition> judge_webhook(const ServiceFacts& facts, const StreamFacts& webhook,
                                             UnixSeconds now);

}  // namespace wf
