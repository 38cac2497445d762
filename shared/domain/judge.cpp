#include "shared/domain/judge.hpp"

#include <algorithm>
#include <utility>

#include "shared/base/text.hpp"
#include "shared/domain/judge_evidence.hpp"
#include "shared/domain/judge_stream.hpp"
#include "shared/domain/judge_warnings.hpp"
#include "shared/domain/judge_words.hpp"

namespace wf {

namespace {

using std::chrono::seconds;

std::vector<std::string> missing_keys(const Descriptor& descriptor, const ServiceFacts& facts) {
  std::vector<std::string> missing;
  for (const Key& key : descriptor.keys) {
    if (is_missing(key, facts.present_keys)) missing.emplace_back(key.short_name());
  }
  return missing;
}

bool has_history(const ServiceFacts& facts) {
  if (facts.webhook && facts.webhook->last_event_at) return true;
  return std::any_of(facts.streams.begin(), facts.streams.end(), [](const StreamFacts& stream) {
    return stream.last_attempt_at || stream.last_success_at;
  });
}

// A stream that is split by an account id which is not needed, and not given, does not exist.
bool is_wanted(const Descriptor& descriptor, const StreamDescriptor& stream, const ServiceFacts& facts) {
  const auto splits = [&](const Key& key) { return key.name == stream.partitioned_by; };
  const auto key = std::find_if(descriptor.keys.begin(), descriptor.keys.end(), splits);
  return key == descriptor.keys.end() || holds(facts.present_keys, key->name) ||
         is_missing(*key, facts.present_keys);
}

// A stream may come later than its service, and the keys may come back later than both.
std::optional<UnixSeconds> known_since(const ServiceFacts& facts, const StreamFacts& stream) {
  return std::max(facts.detected_at, stream.detected_at);
}

// Each partition by itself, named where there are several; a stream without any facts waits for its first
// sync; beside others that were asked it is new in this version, and found with the next tick.
void judge_listed(std::vector<StreamCondition>& conditions, const Descriptor& descriptor,
                  const StreamDescriptor& stream, const ServiceFacts& facts, UnixSeconds now) {
  std::vector<const StreamFacts*> partitions;
  bool found = false;
  for (const StreamFacts& candidate : facts.streams) {
    if (candidate.stream != stream.name || candidate.partition.empty() != stream.partitioned_by.empty())
      continue;
    found = true;
    if (candidate.enabled) partitions.push_back(&candidate);
  }
  StreamFacts none;
  none.stream = std::string(stream.name);
  if (std::any_of(facts.streams.begin(), facts.streams.end(),
                  [](const StreamFacts& other) { return other.last_attempt_at.has_value(); }))
    none.detected_at = now;
  if (!found && is_wanted(descriptor, stream, facts)) partitions.push_back(&none);
  for (const StreamFacts* partition : partitions) {
    std::string label(stream.label);
    if (partitions.size() > 1) label = label_of_part(label, partition->partition);
    conditions.push_back(judge_stream(descriptor.thresholds, std::move(label), *partition,
                                      known_since(facts, *partition), now));
  }
}

// What people ask of a service that is synced as well: its syncs tell the rest, and this whether it fails.
std::optional<StreamCondition> judge_use(const Descriptor& descriptor, const ServiceFacts& facts,
                                         UnixSeconds now) {
  const StreamFacts* use = descriptor.use_label.empty() ? nullptr : find_stream(facts, use_stream, "");
  if (use == nullptr || !use->enabled || !counts_still(facts, *use, now)) return std::nullopt;
  auto condition = judge_stream({}, std::string(descriptor.use_label), *use, std::nullopt, now);
  if (!has_failed(condition)) return std::nullopt;
  return condition;
}

// The streams of the catalogue; for a service that lists none, those that have facts.
std::vector<StreamCondition> judge_streams(const Descriptor& descriptor, const ServiceFacts& facts,
                                           UnixSeconds now) {
  std::vector<StreamCondition> conditions;
  for (const StreamDescriptor& stream : descriptor.streams)
    judge_listed(conditions, descriptor, stream, facts, now);
  if (descriptor.streams.empty()) {
    for (const StreamFacts& stream : facts.streams) {
      if (!stream.enabled) continue;
      conditions.push_back(
          judge_stream(descriptor.thresholds, stream.stream, stream, known_since(facts, stream), now));
    }
  }
  if (auto use = judge_use(descriptor, facts, now)) conditions.push_back(*std::move(use));
  if (const StreamFacts* webhook = open_webhook(descriptor, facts)) {
    if (auto condition = judge_webhook(facts, *webhook, now)) conditions.push_back(std::move(*condition));
  }
  return conditions;
}

// Those that are as bad as the worst, where others are not.
std::string labels_of_worst(std::span<const StreamCondition> conditions, SubState worst) {
  std::vector<std::string> labels;
  for (const StreamCondition& condition : conditions) {
    if (condition.state == worst) labels.push_back(condition.label);
  }
  return labels.size() < conditions.size() ? list_labels(labels) : std::string();
}

bool has_bad_signatures(const StreamCondition& condition) { return condition.rule == bad_signatures_rule; }

// Some streams failed for good. `partial` only if another one is proven to work.
void decide_failed(Verdict& verdict, const StreamCondition& worst,
                   std::span<const StreamCondition> conditions) {
  const bool others_work =
      std::any_of(conditions.begin(), conditions.end(), [](const StreamCondition& condition) {
        return condition.proven && !has_failed(condition) && condition.state != SubState::overdue;
      });
  std::vector<std::string> failed;
  bool alike = true;
  for (const StreamCondition& condition : conditions) {
    if (!has_failed(condition)) continue;
    failed.push_back(condition.label);
    alike =
        alike && condition.kind == worst.kind && has_bad_signatures(condition) == has_bad_signatures(worst);
  }
  const SubState all_failed = alike ? worst.state : SubState::failed;
  decide(verdict, Badge::error, others_work ? SubState::partial : all_failed, worst.rule);
  if (others_work) verdict.words = "partial: " + list_labels(failed);
  if (!alike) return;
  std::string_view why = failure_words(*worst.kind);
  if (worst.kind == ErrorKind::data && worst.stream == webhook_stream) why = "delivery not understood";
  if (!others_work) {
    verdict.words = has_bad_signatures(worst) ? std::string_view("webhook deliveries refused") : why;
    // What never worked did not expire.
    if (worst.state == SubState::sign_in_expired && !has_synced(verdict)) verdict.words = "sign-in refused";
    return;
  }
  // A sign-in with which others work has not expired.
  if (worst.kind == ErrorKind::credentials) why = "access refused";
  verdict.words += has_bad_signatures(worst) ? " deliveries refused" : " (" + std::string(why) + ')';
}

void decide_syncing(Verdict& verdict, Badge badge, const StreamCondition& worst,
                    std::span<const StreamCondition> conditions, const ServiceFacts& facts) {
  decide(verdict, badge, SubState::syncing, worst.rule);
  const auto total = static_cast<std::int64_t>(conditions.size());
  std::int64_t done = 0, percent = 0;
  bool counts_itself = false;
  for (const StreamCondition& condition : conditions) {
    const StreamFacts* stream = find_stream(facts, condition.stream, condition.partition);
    // One that is due has its turn to come.
    if (condition.proven && !condition.running && severity(condition) == 0) {
      ++done;
      percent += 100;
    } else if (condition.running && stream != nullptr && stream->progress_total.value_or(0) > 0) {
      const std::int64_t of = *stream->progress_total;
      const std::int64_t so_far = std::clamp<std::int64_t>(stream->progress_done.value_or(0), 0, of);
      counts_itself = true;
      percent += 100 * so_far / of;
      if (total == 1) verdict.words += " (" + std::to_string(so_far) + " of " + std::to_string(of) + ')';
    }
  }
  if (total == 1) return;
  // Streams finish one by one and count in units of their own: together they are told in per cent.
  verdict.words += " (" + std::to_string(done) + " of " + std::to_string(total);
  if (counts_itself) verdict.words += ", " + std::to_string(percent / total) + " %";
  verdict.words += ')';
}

void decide_by_worst(Verdict& verdict, const Descriptor& descriptor, const StreamCondition& worst,
                     std::span<const StreamCondition> conditions, const ServiceFacts& facts) {
  verdict.stream = worst.stream;
  verdict.partition = worst.partition;
  verdict.refused_key = worst.refused_key;
  verdict.reason = reason_of(descriptor, worst);
  verdict.kind = worst.kind;
  verdict.until = worst.until;
  // The last of those that it is about: only then all of it is final, or goes on.
  for (const StreamCondition& condition : conditions)
    if (condition.state == worst.state) verdict.until = std::max(verdict.until, condition.until);
  const Badge badge = worst.proven ? Badge::active : Badge::inactive;
  const std::string about = labels_of_worst(conditions, worst.state);
  const bool any_running =
      std::any_of(conditions.begin(), conditions.end(), [](const StreamCondition& c) { return c.under_way; });
  switch (worst.state) {
    case SubState::failed:
    case SubState::sign_in_expired:
      return decide_failed(verdict, worst, conditions);
    case SubState::overdue:
      return decide(verdict, Badge::error, worst.state, worst.rule, about);
    case SubState::empty:
      return decide(verdict, Badge::inactive, worst.state, worst.rule, about);
    case SubState::waiting:
      if (any_running) return decide_syncing(verdict, badge, worst, conditions, facts);
      [[fallthrough]];
    case SubState::late:
    case SubState::rate_limited:
      return decide(verdict, badge, worst.state, worst.rule, about);
    case SubState::syncing:
      return decide_syncing(verdict, badge, worst, conditions, facts);
    default:
      decide(verdict, badge, worst.state, worst.rule);
  }
}

// The second clock: syncs succeed and bring nothing new.
void check_newest_row(Verdict& verdict) {
  const Clock& rows = verdict.clocks[1];
  if (verdict.badge != Badge::active || verdict.sub_state == SubState::late) return;
  if (rows.state != ClockState::late) return;
  verdict.until.reset();
  decide(verdict, Badge::active, SubState::late, "newest_row_too_old");
  verdict.words += " · newest data " + rows.words;
}

void judge_syncs(Verdict& verdict, const Descriptor& descriptor, const ServiceFacts& facts,
                 std::span<const StreamCondition> conditions) {
  if (conditions.empty()) {
    const bool all_off = !facts.streams.empty();
    if (all_off) return decide(verdict, Badge::inactive, SubState::disabled, "every_stream_disabled");
    return decide(verdict, Badge::inactive, SubState::waiting, "first_sync_waiting");
  }
  const auto worst = std::max_element(conditions.begin(), conditions.end(), is_less_urgent);
  decide_by_worst(verdict, descriptor, *worst, conditions, facts);
  if (descriptor.evidenced == Evidenced::by_sync) check_newest_row(verdict);
}

// Nobody is late who was not asked: only a failure or idleness counts.
void judge_activity(Verdict& verdict, const Descriptor& descriptor, const ServiceFacts& facts,
                    std::span<const StreamCondition> conditions, UnixSeconds now) {
  const auto failed =
      std::find_if(conditions.begin(), conditions.end(), [&](const StreamCondition& condition) {
        const StreamFacts* use = find_stream(facts, condition.stream, condition.partition);
        return has_failed(condition) && use && counts_still(facts, *use, now);
      });
  if (failed != conditions.end()) return decide_by_worst(verdict, descriptor, *failed, conditions, facts);
  if (conditions.empty() && !facts.streams.empty())
    return decide(verdict, Badge::inactive, SubState::disabled, "every_stream_disabled");
  if (!verdict.last_sync_at) {
    decide(verdict, Badge::inactive, SubState::waiting, never_used_rule);
    const bool tried =
        std::any_of(conditions.begin(), conditions.end(),
                    [](const StreamCondition& condition) { return !condition.message.empty(); });
    verdict.words = tried ? "no success yet" : "not used yet";
    return;
  }
  const seconds quiet = now - *verdict.last_sync_at;
  if (quiet <= descriptor.thresholds.idle_window) {
    return decide(verdict, Badge::active, SubState::fresh, "recent_activity");
  }
  decide(verdict, Badge::inactive, SubState::idle, "no_recent_activity");
  verdict.words = "inactive for " + describe(quiet);
}

std::optional<UnixSeconds> newest_proof(const Descriptor& descriptor, const ServiceFacts& facts,
                                        std::span<const StreamCondition> conditions, UnixSeconds now) {
  std::optional<UnixSeconds> newest;
  for (const StreamCondition& condition : conditions) {
    if (!tells_of_syncs(descriptor, condition)) continue;
    if (condition.success_at && (!newest || *condition.success_at > *newest)) newest = condition.success_at;
  }
  if (facts.webhook && facts.webhook->last_event_at) {
    const UnixSeconds event_at = std::min(*facts.webhook->last_event_at, now);
    if (!newest || event_at > *newest) newest = event_at;
  }
  return newest;
}

// A success further in the future than `late` would stay green for that long, with no proof.
bool skew_hides_age(const Descriptor& descriptor, const Verdict& verdict) {
  const Thresholds& thresholds = descriptor.thresholds;
  const seconds late = thresholds.warn_after > seconds{0} ? thresholds.warn_after : thresholds.idle_window;
  return verdict.badge == Badge::active && verdict.skew > late;
}

void report_skew(Verdict& verdict, const Descriptor& descriptor) {
  if (verdict.skew == seconds{0}) return;
  if (skew_hides_age(descriptor, verdict)) {
    decide(verdict, Badge::error, SubState::failed, "clock_skew");
    verdict.words = "clock wrong";
    verdict.kind = ErrorKind::ours;
  }
  if (!verdict.kind) verdict.kind = ErrorKind::ours;
}

void judge_configured(Verdict& verdict, const Descriptor& descriptor, const ServiceFacts& facts,
                      std::span<const StreamCondition> conditions, UnixSeconds now) {
  if (descriptor.evidenced == Evidenced::by_activity) {
    judge_activity(verdict, descriptor, facts, conditions, now);
  } else {
    judge_syncs(verdict, descriptor, facts, conditions);
  }
  add_warnings(verdict, descriptor, facts, conditions, now);
  report_skew(verdict, descriptor);
}

void judge_set_up(Verdict& verdict, const Descriptor& descriptor, const ServiceFacts& facts,
                  std::span<const StreamCondition> conditions, UnixSeconds now) {
  if (!facts.enabled) return decide(verdict, Badge::inactive, SubState::disabled, "disabled");
  if (!facts.unreadable.empty()) {
    decide(verdict, Badge::error, SubState::failed, "facts_unreadable");
    verdict.words = "status unreadable";
    verdict.kind = ErrorKind::ours;
    verdict.evidence.push_back({"Status", facts.unreadable});
    return;
  }
  if (!facts.detection_problem.empty() && needs_own_bundle(descriptor)) {
    decide(verdict, Badge::error, SubState::failed, unreadable_rule);
    verdict.words = "configuration unreadable";
    verdict.kind = ErrorKind::configuration;
    verdict.evidence.push_back({"Configuration", facts.detection_problem, facts.detected_at});
    return;
  }
  if (auto missing = missing_keys(descriptor, facts); !missing.empty()) {
    decide(verdict, Badge::inactive, SubState::missing, "keys_missing");
    verdict.kind = ErrorKind::configuration;
    verdict.words = "missing: ";
    for (std::size_t i = 0; i < missing.size(); ++i) verdict.words += (i > 0 ? ", " : "") + missing[i];
    return;
  }
  judge_configured(verdict, descriptor, facts, conditions, now);
}

}  // namespace

Verdict judge(const Descriptor& descriptor, const ServiceFacts& facts, UnixSeconds now) {
  Verdict verdict;
  verdict.rule = "no_key_and_no_history";
  verdict.words = "not set up";
  if (facts.unreadable.empty() && facts.present_keys.empty() && !has_history(facts)) return verdict;
  const auto conditions = judge_streams(descriptor, facts, now);
  verdict.skew = read_skew(facts, now);
  verdict.last_sync_at = newest_proof(descriptor, facts, conditions, now);
  verdict.clocks = read_clocks(descriptor, facts, conditions, now);
  verdict.silence = read_silence(descriptor, facts, now);
  judge_set_up(verdict, descriptor, facts, conditions, now);
  if (verdict.kind) {
    // What was usual before is seen in the service, by whoever has access to it.
    verdict.who = who_acts(verdict.sub_state == SubState::empty ? ErrorKind::credentials : *verdict.kind);
    verdict.next_step = next_step(*verdict.kind, descriptor, verdict);
  }
  add_evidence(verdict, descriptor, facts, conditions, now);
  return verdict;
}

std::string words_with_time(const Verdict& verdict, std::string_view until_text) {
  const bool has_time = verdict.until && (verdict.sub_state == SubState::rate_limited ||
                                          verdict.sub_state == SubState::provisional);
  if (!has_time) return verdict.words;
  const std::string words = state_words(verdict, until_text);
  return verdict.warning.empty() ? words : words + " · " + verdict.warning;
}

}  // namespace wf
