#include "shared/domain/judge_stream.hpp"

#include <algorithm>
#include <utility>

#include "shared/base/text.hpp"

namespace wf {

namespace {

using std::chrono::seconds;

// A run renews running_since with every lease; an older one belongs to a run that died.
constexpr std::chrono::hours running_is_stale_after{1};
// Streams of a service are synced one after another; in between none is running.
constexpr std::chrono::seconds turn_comes_within{30};
constexpr std::int64_t bad_signatures_allowed = 2;
constexpr std::string_view not_tried_rule = "not_tried";
// What failed is tried again at its time, at the latest an hour after it.
constexpr std::chrono::hours tried_again_within{1};
// A provider that is refused sends again for days; strangers come and go. After that it is a warning.
constexpr std::chrono::days refusals_count_for{7};
// Who could read them again has heard of it by then; after that it is a warning, too.
constexpr std::chrono::days losses_count_for{7};
// Nobody may send again for weeks, and a key that was replaced in place is not seen.
constexpr std::chrono::days failed_use_counts_for{7};

bool failed_for_good(const StreamFacts& facts, std::optional<UnixSeconds> success_at) {
  if (!facts.failure_kind || !facts.failure_final) return false;
  return !success_at || !facts.failed_at || *facts.failed_at >= *success_at;
}

void fail_condition(StreamCondition& condition, ErrorKind kind) {
  condition.state = kind == ErrorKind::credentials ? SubState::sign_in_expired : SubState::failed;
  condition.rule = "last_attempt_failed";
  condition.kind = kind;
}

bool is_rate_limited(const StreamFacts& facts, UnixSeconds now) {
  return facts.rate_limited_until && *facts.rate_limited_until > now;
}

void overdue_condition(StreamCondition& condition, std::string_view rule, ErrorKind kind) {
  condition.state = SubState::overdue;
  condition.rule = rule;
  condition.kind = kind;
}

// A run that rests at the provider's limit has not failed. Nothing was recorded, and yet nothing came: our
// schedule did not run.
ErrorKind kind_of_delay(const StreamFacts& facts, UnixSeconds now) {
  return facts.failure_kind.value_or(is_rate_limited(facts, now) ? ErrorKind::rate_limit : ErrorKind::ours);
}

// Keys that came back, or what was switched on again: it has its turn to come, however long ago the last one
// was.
bool begins_again(std::optional<UnixSeconds> configured_since, UnixSeconds now) {
  return configured_since && now - *configured_since <= tried_again_within;
}

// Whatever the last attempt met, since then there was none: it is our schedule that stands.
bool was_left(const Thresholds& thresholds, const StreamFacts& facts, UnixSeconds now) {
  // For a time that was asked for, and then for its turn.
  const auto waits_until = std::max(facts.rate_limited_until, facts.next_try_at);
  const bool waits = waits_until && *waits_until + tried_again_within > now;
  return thresholds.error_after > seconds{0} && facts.last_attempt_at && !waits &&
         now - *facts.last_attempt_at > thresholds.error_after + tried_again_within;
}

void set(StreamCondition& condition, SubState state, std::string_view rule) {
  condition.state = state;
  condition.rule = rule;
}

void rate_limit_condition(StreamCondition& condition, const StreamFacts& facts) {
  set(condition, SubState::rate_limited, "rate_limited");
  condition.kind = ErrorKind::rate_limit;
  condition.until = facts.rate_limited_until;
}

void judge_first_sync(StreamCondition& condition, const Thresholds& thresholds, const StreamFacts& facts,
                      std::optional<UnixSeconds> configured_since, UnixSeconds now) {
  if (configured_since && now - *configured_since > thresholds.error_after) {
    return overdue_condition(condition, "never_succeeded", kind_of_delay(facts, now));
  }
  if (is_rate_limited(facts, now)) return rate_limit_condition(condition, facts);
  if (condition.running) return set(condition, SubState::syncing, "first_sync_running");
  set(condition, SubState::waiting, "first_sync_waiting");
  condition.kind = facts.failure_kind;
}

void judge_age(StreamCondition& condition, const Thresholds& thresholds, const StreamFacts& facts,
               std::optional<UnixSeconds> configured_since, UnixSeconds now) {
  const seconds age = now - *condition.success_at;
  if (age > thresholds.error_after && !begins_again(configured_since, now)) {
    return overdue_condition(condition, "success_too_old", kind_of_delay(facts, now));
  }
  if (!thresholds.quiet_is_usual && facts.last_rows == 0 && facts.usual_rows_min.value_or(0) > 0) {
    set(condition, SubState::empty, "no_rows_where_usual");
    condition.kind = ErrorKind::data;
    return;
  }
  if (is_rate_limited(facts, now)) return rate_limit_condition(condition, facts);
  if (age > thresholds.warn_after) {
    set(condition, SubState::late, "success_late");
    condition.kind = facts.failure_kind;
    return;
  }
  if (condition.running) return set(condition, SubState::syncing, "running");
  if (age >= thresholds.expected_every) return set(condition, SubState::due, "due");
  if (facts.provisional_until && day_of(now) < *facts.provisional_until) {
    set(condition, SubState::provisional, "provisional");
    condition.until = UnixSeconds{*facts.provisional_until};
    return;
  }
  set(condition, SubState::fresh, "recent_success");
}

}  // namespace

std::optional<UnixSeconds> proven_success(const StreamFacts& facts) {
  return facts.last_attempt_at ? facts.last_success_at : std::nullopt;
}

bool has_failed(const StreamCondition& condition) {
  return condition.state == SubState::failed || condition.state == SubState::sign_in_expired;
}

bool tells_of_syncs(const Descriptor& descriptor, const StreamCondition& condition) {
  return condition.stream != webhook_stream &&
         (condition.stream != use_stream || descriptor.use_label.empty());
}

int severity(const StreamCondition& condition) {
  switch (condition.state) {
    case SubState::sign_in_expired:
    case SubState::failed:
      return 9;
    case SubState::overdue:
      // Where nothing is tried any more, what failed before is of the past.
      return condition.rule == not_tried_rule ? 10 : 8;
    case SubState::empty:
      return 7;
    case SubState::waiting:
      return 6;
    case SubState::late:
      return 4;
    case SubState::rate_limited:
      return condition.proven ? 3 : 6;
    case SubState::syncing:
      return condition.proven ? 2 : 5;
    case SubState::due:
      return 1;
    default:
      return 0;
  }
}

namespace {

int urgency(std::optional<ErrorKind> kind) {
  if (!kind) return 0;
  switch (*kind) {
    case ErrorKind::credentials:
    case ErrorKind::configuration:
      return 3;
    case ErrorKind::data:
    case ErrorKind::ours:
      return 2;
    default:  // it passes
      return 1;
  }
}

}  // namespace

bool is_less_urgent(const StreamCondition& a, const StreamCondition& b) {
  const int difference = severity(a) - severity(b);
  return difference != 0 ? difference < 0 : urgency(a.kind) < urgency(b.kind);
}

std::string label_of_part(std::string_view label, std::string_view partition) {
  return std::string(label) + " of " + std::string(partition);
}

StreamCondition judge_stream(const Thresholds& thresholds, std::string label, const StreamFacts& facts,
                             std::optional<UnixSeconds> configured_since, UnixSeconds now) {
  StreamCondition condition{.stream = facts.stream, .partition = facts.partition, .label = std::move(label)};
  condition.message = facts.failure_message;
  condition.running = facts.running_since && now - *facts.running_since <= running_is_stale_after;
  if (const auto success = proven_success(facts)) condition.success_at = std::min(*success, now);
  condition.proven = condition.success_at.has_value();
  condition.under_way =
      condition.running || (condition.proven && now - *condition.success_at < turn_comes_within);
  if (was_left(thresholds, facts, now) && !begins_again(configured_since, now)) {
    overdue_condition(condition, not_tried_rule, ErrorKind::ours);
  } else if (failed_for_good(facts, proven_success(facts))) {
    fail_condition(condition, *facts.failure_kind);
  } else if (condition.proven) {
    judge_age(condition, thresholds, facts, configured_since, now);
  } else {
    judge_first_sync(condition, thresholds, facts, configured_since, now);
  }
  return condition;
}

bool counts_still(const ServiceFacts& facts, const StreamFacts& use, UnixSeconds now) {
  return use.failed_at && facts.keys_since <= use.failed_at && now - *use.failed_at <= failed_use_counts_for;
}

bool refuses(const ServiceFacts& facts, const StreamFacts& webhook) {
  return webhook.bad_signatures > bad_signatures_allowed &&
         (webhook.refused_key.empty() || holds(facts.present_keys, webhook.refused_key));
}

bool is_old_loss(const StreamFacts& webhook, UnixSeconds now) {
  return webhook.failure_kind && webhook.failed_at && now - *webhook.failed_at > losses_count_for;
}

std::optional<StreamCondition> judge_webhook(const ServiceFacts& facts, const StreamFacts& webhook,
                                             UnixSeconds now) {
  StreamCondition condition{
      .stream = std::string(webhook_stream), .label = "webhook", .state = SubState::failed};
  const bool lately =
      !webhook.last_bad_signature_at || now - *webhook.last_bad_signature_at <= refusals_count_for;
  if (refuses(facts, webhook) && lately) {
    condition.rule = bad_signatures_rule;
    condition.kind = ErrorKind::credentials;
    condition.refused_key = webhook.refused_key;
    condition.message = std::to_string(webhook.bad_signatures) +
                        " deliveries in a row had a wrong signature or none, or more than 32 MB";
    return condition;
  }
  if (!webhook.failure_kind || is_old_loss(webhook, now)) return std::nullopt;
  condition.rule = "delivery_failed";
  condition.kind = webhook.failure_kind;
  condition.message = webhook.failure_message;
  return condition;
}

}  // namespace wf
