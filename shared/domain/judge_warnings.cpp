#include "shared/domain/judge_warnings.hpp"

#include <algorithm>

#include "shared/domain/judge_evidence.hpp"
#include "shared/domain/judge_words.hpp"

namespace wf {

namespace {

constexpr std::chrono::days warn_before_access_ends{10};
// Reconciliations are daily, and look at what came since the one before.
constexpr std::chrono::hours unheard_for{26};

// "campaigns of 1234567890 since 30 Oct": an account, property or Worker with nothing new, beside others.
std::vector<std::string> silent_parts(const Descriptor& descriptor, const ServiceFacts& facts,
                                      std::span<const StreamCondition> conditions, UnixSeconds now) {
  const auto is_new = [&](const StreamFacts& part) {
    return part.newest_row_at && now - *part.newest_row_at <= descriptor.thresholds.newest_row_within;
  };
  std::vector<std::string> silent;
  for (const StreamCondition& condition : conditions) {
    const StreamDescriptor* stream = find_stream(descriptor, condition.stream);
    const StreamFacts* part = find_stream(facts, condition.stream, condition.partition);
    if (!stream || !stream->has_daily_rows || !part || !part->newest_row_at || is_new(*part)) continue;
    if (std::any_of(facts.streams.begin(), facts.streams.end(), [&](const StreamFacts& other) {
          const StreamDescriptor* of = find_stream(descriptor, other.stream);
          return other.enabled && of && of->has_daily_rows && is_new(other);
        }))
      silent.push_back(condition.label + " since " +
                       format_past_day(day_of(*part->newest_row_at), day_of(now)));
  }
  return silent;
}

// "R2 storage of media": a part of which nothing was ever found may not exist, or be another's of that name.
std::vector<std::string> unseen_parts(const Descriptor& descriptor, const ServiceFacts& facts,
                                      std::span<const StreamCondition> conditions) {
  std::vector<std::string> unseen;
  for (const StreamCondition& condition : conditions) {
    const StreamDescriptor* stream = find_stream(descriptor, condition.stream);
    const StreamFacts* part = find_stream(facts, condition.stream, condition.partition);
    // What is known not to be given is told as that; of a small Page of Meta there are followers and no
    // figures.
    if (condition.proven && !condition.partition.empty() && stream && stream->has_daily_rows && part &&
        !part->newest_row_at && part->unavailable.empty() && part->last_rows.value_or(0) == 0)
      unseen.push_back(label_of_part(stream->label, condition.partition));  // its name may be the mistake
  }
  return unseen;
}

void warn(Verdict& verdict, std::string_view warning) {
  if (!verdict.warning.empty()) verdict.warning += " · ";
  verdict.warning += warning;
}

// A success after the end proves that the sign-in was renewed, and that only the date is old.
bool access_has_ended(const Verdict& verdict, UnixSeconds end, UnixSeconds now) {
  return end <= now && (!verdict.last_sync_at || *verdict.last_sync_at < end);
}

// The date on which a sign-in ends is known before anything fails.
void check_access(Verdict& verdict, const ServiceFacts& facts, UnixSeconds now) {
  const auto end = credentials_end(facts);
  if (!end || verdict.badge == Badge::error) return;
  if (access_has_ended(verdict, *end, now)) {
    verdict.until.reset();
    decide(verdict, Badge::error, SubState::sign_in_expired, "credentials_expired");
    verdict.kind = ErrorKind::credentials;
    return;
  }
  if (*end <= now || *end - now > warn_before_access_ends || verdict.badge != Badge::active) return;
  warn(verdict, "access ends in " + describe(*end - now) + ": " +
                    std::string(who_acts(ErrorKind::credentials)) + ", renew it");
  if (!verdict.kind) verdict.kind = ErrorKind::credentials;
}

// Everything else came, so it is green; but a figure that is not given is not to be missed in silence.
void check_unavailable(Verdict& verdict, const ServiceFacts& facts) {
  const auto names = unavailable_of(facts);
  if (!names.empty() && verdict.badge == Badge::active) warn(verdict, "not given: " + list_labels(names));
}

// Nobody tries again by itself what people asked for: a failure that is not for good is of the last use, too.
void check_last_use(Verdict& verdict, const Descriptor& descriptor, const ServiceFacts& facts,
                    std::span<const StreamCondition> conditions, UnixSeconds now) {
  if (descriptor.evidenced != Evidenced::by_activity || verdict.badge != Badge::active || verdict.kind)
    return;
  for (const StreamCondition& condition : conditions) {
    const StreamFacts* use = find_stream(facts, condition.stream, condition.partition);
    if (!use || !use->failure_kind || !counts_still(facts, *use, now)) continue;
    if (condition.success_at && *use->failed_at < *condition.success_at) continue;
    warn(verdict, "the last request failed: " + std::string(failure_words(*use->failure_kind)));
    verdict.kind = use->failure_kind;
    return;
  }
}

// No longer red, but age alone mends nothing: it is told until a success, or other keys.
void check_old_failure(Verdict& verdict, const Descriptor& descriptor, const ServiceFacts& facts,
                       UnixSeconds now) {
  const StreamFacts* use = find_stream(facts, use_stream, "");
  if (verdict.badge != Badge::active || !use || !use->enabled || !use->failure_final || !use->failed_at ||
      facts.keys_since > use->failed_at || counts_still(facts, *use, now))
    return;
  const auto success = proven_success(*use);
  if (success && *success > *use->failed_at) return;
  const std::string_view what = descriptor.use_label.empty() ? "the last request" : descriptor.use_label;
  warn(verdict, std::string(what) + " failed " + describe(now - *use->failed_at) + " ago");
}

void check_silent_parts(Verdict& verdict, const Descriptor& descriptor, const ServiceFacts& facts,
                        std::span<const StreamCondition> conditions, UnixSeconds now) {
  const auto silent = silent_parts(descriptor, facts, conditions, now);
  if (!silent.empty() && verdict.badge == Badge::active) warn(verdict, "nothing new: " + list_labels(silent));
  const auto unseen = unseen_parts(descriptor, facts, conditions);
  if (unseen.empty() || verdict.badge != Badge::active) return;
  warn(verdict, "nothing found: " + list_labels(unseen));
  if (!verdict.kind) verdict.kind = ErrorKind::configuration;
}

// Whether they were the provider's, which has given up, or a stranger's cannot be told any more.
void check_refusals(Verdict& verdict, const Descriptor& descriptor, const ServiceFacts& facts) {
  const StreamFacts* webhook = open_webhook(descriptor, facts);
  if (!webhook || !refuses(facts, *webhook) || verdict.badge != Badge::active) return;
  warn(verdict, "no webhook delivery since " + std::to_string(webhook->bad_signatures) + " were refused");
  if (verdict.kind || webhook->refused_key.empty()) return;
  verdict.kind = ErrorKind::credentials;
  verdict.refused_key = webhook->refused_key;
}

// A week takes none of them: they are told until they are read after all, or for 30 days.
void check_losses(Verdict& verdict, const Descriptor& descriptor, const ServiceFacts& facts,
                  UnixSeconds now) {
  const StreamFacts* webhook = open_webhook(descriptor, facts);
  if (!webhook || !is_old_loss(*webhook, now) || verdict.badge != Badge::active) return;
  warn(verdict, counted(std::max<std::int64_t>(webhook->failures, 1), "webhook event") + " not taken, last " +
                    describe(now - *webhook->failed_at) + " ago");
}

// Single events that did not arrive are fetched, and no news. Of a webhook that brought none of them for a
// day there is none any more, or never was one: a quiet account would look the same, but for what the
// reconciliation found.
void check_unheard(Verdict& verdict, const Descriptor& descriptor, const ServiceFacts& facts) {
  // Totals are of a week, and are off by little for as long.
  if (descriptor.reconciled_by_totals) return;
  const StreamFacts* found = receives(descriptor, facts) ? last_reconciliation(facts) : nullptr;
  if (!found || found->reconciled_missed.value_or(0) == 0 || verdict.badge != Badge::active) return;
  const UnixSeconds since = *found->reconciled_at - unheard_for;
  // The first one finds what was before the webhook.
  if (!facts.detected_at || std::max(facts.detected_at, facts.keys_since) > since) return;
  if (facts.webhook && (!facts.webhook->enabled || facts.webhook->last_event_at > since)) return;
  warn(verdict, counted(*found->reconciled_missed, "event") + " had not come by webhook");
  if (verdict.kind) return;
  verdict.kind = ErrorKind::configuration;
  verdict.is_unheard = true;
}

}  // namespace

void add_warnings(Verdict& verdict, const Descriptor& descriptor, const ServiceFacts& facts,
                  std::span<const StreamCondition> conditions, UnixSeconds now) {
  check_access(verdict, facts, now);
  check_last_use(verdict, descriptor, facts, conditions, now);
  check_old_failure(verdict, descriptor, facts, now);
  check_unavailable(verdict, facts);
  check_silent_parts(verdict, descriptor, facts, conditions, now);
  check_refusals(verdict, descriptor, facts);
  check_losses(verdict, descriptor, facts, now);
  check_unheard(verdict, descriptor, facts);
  if (!verdict.warning.empty()) verdict.words += " · " + verdict.warning;
}

}  // namespace wf
