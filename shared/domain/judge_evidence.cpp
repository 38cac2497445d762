#include "shared/domain/judge_evidence.hpp"

#include <algorithm>

#include "shared/base/money.hpp"
#include "shared/base/text.hpp"

namespace wf {

namespace {

using std::chrono::seconds;

constexpr std::chrono::minutes usual_clock_difference{5};
constexpr int gaps_until_unusual = 4;

std::string ago(std::optional<UnixSeconds> at, UnixSeconds now) {
  if (!at) return "never";
  const seconds age = now - *at;
  return age <= seconds{0} ? "now" : describe(age) + " ago";
}

void later(std::optional<UnixSeconds>& latest, std::optional<UnixSeconds> candidate) {
  if (candidate && (!latest || *candidate > *latest)) latest = candidate;
}

Clock success_clock(const Descriptor& descriptor, std::span<const StreamCondition> conditions,
                    UnixSeconds now) {
  const Thresholds& thresholds = descriptor.thresholds;
  Clock clock{.label = "Last success", .limit = thresholds.warn_after};
  bool all_proven = !conditions.empty();
  for (const StreamCondition& condition : conditions) {
    if (!tells_of_syncs(descriptor, condition)) continue;
    all_proven = all_proven && condition.proven;
    // The oldest: one stream that stopped must not hide behind the others.
    if (condition.success_at && (!clock.at || *condition.success_at < *clock.at)) {
      clock.at = condition.success_at;
    }
  }
  clock.words = clock.at ? ago(clock.at, now) : "not observed";
  if (!clock.at) return clock;
  clock.age = now - *clock.at;
  clock.state = ClockState::ok;
  if (!all_proven) clock.state = ClockState::not_observed;
  if (clock.limit > seconds{0} && clock.age > clock.limit) clock.state = ClockState::late;
  if (thresholds.error_after > seconds{0} && clock.age > thresholds.error_after) {
    clock.state = ClockState::overdue;
  }
  return clock;
}

// Who reports each quarter of an hour tells today's row as of that moment.
bool is_newest_a_day(const Descriptor& descriptor, const ServiceFacts& facts) {
  const auto newest = newest_row_of(descriptor, facts);
  return std::any_of(facts.streams.begin(), facts.streams.end(), [&](const StreamFacts& part) {
    const StreamDescriptor* stream = find_stream(descriptor, part.stream);
    return stream && stream->has_daily_rows && stream->cadence == Cadence::daily &&
           part.newest_row_at == newest;
  });
}

Clock row_clock(const Descriptor& descriptor, const ServiceFacts& facts, UnixSeconds now) {
  Clock clock{.label = "Newest data",
              .at = newest_row_of(descriptor, facts),
              .limit = descriptor.thresholds.newest_row_within};
  if (!clock.at) {
    clock.words = "not observed";
    return clock;
  }
  clock.is_day = is_newest_a_day(descriptor, facts);
  clock.at = std::min(*clock.at, now);
  clock.age = now - *clock.at;
  clock.words = clock.is_day ? format_past_day(day_of(*clock.at), day_of(now)) : ago(clock.at, now);
  const bool late = clock.limit > seconds{0} && clock.age > clock.limit;
  clock.state = late ? ClockState::late : ClockState::ok;
  return clock;
}

Clock provider_clock(const Descriptor& descriptor, const ServiceFacts& facts, UnixSeconds now) {
  const Thresholds& thresholds = descriptor.thresholds;
  Clock clock{.label = "Provider's lag", .age = thresholds.provider_lag, .limit = thresholds.provider_lag};
  std::optional<Day> until;
  for (const StreamFacts& stream : facts.streams) {
    if (stream.provisional_until && (!until || *stream.provisional_until > *until)) {
      until = stream.provisional_until;
    }
  }
  if (newest_row_of(descriptor, facts)) clock.state = ClockState::ok;
  if (until && day_of(now) < *until) {
    clock.at = UnixSeconds{*until};
    clock.is_day = true;
    clock.words = "provisional until " + format_short_day(*until);
  } else {
    clock.words = clock.limit > seconds{0} ? "final after " + describe(clock.limit) : "none";
  }
  return clock;
}

std::string stream_words(const StreamCondition& condition, const StreamFacts* facts, UnixSeconds now) {
  std::string words = condition.proven ? "last success " + ago(condition.success_at, now) : "no success yet";
  if (facts != nullptr && condition.proven && facts->last_rows)
    words += ", " + counted(*facts->last_rows, "row");
  if (facts != nullptr && condition.running && facts->run_rows) {
    words += "; syncing, ";
    if (facts->progress_total.value_or(0) > 0)
      words += std::to_string(facts->progress_done.value_or(0)) + " of " +
               std::to_string(*facts->progress_total) + ", ";
    words += counted(*facts->run_rows, "row") + " so far";
  }
  return words;
}

// Streams of which the same is told.
struct Alike {
  std::string first;  // label
  std::size_t more = 0;
  std::string words;
  std::optional<UnixSeconds> at = std::nullopt;
  std::int64_t attempts = 0;
  std::optional<UnixSeconds> next_try = std::nullopt;

  std::string label() const { return more == 0 ? first : first + " and " + std::to_string(more) + " more"; }
};

// Of what is switched off, or lacks its keys, nothing is tried.
bool is_tried(const Verdict& verdict) {
  return verdict.sub_state != SubState::disabled && verdict.sub_state != SubState::missing &&
         verdict.rule != unreadable_rule;
}

// A refused key is the same news of every stream.
void add_failures(Verdict& verdict, const Descriptor& descriptor, const ServiceFacts& facts,
                  std::span<const StreamCondition> conditions, UnixSeconds now) {
  std::vector<Alike> failures;
  for (const StreamCondition& condition : conditions) {
    if (condition.stream == webhook_stream || condition.message.empty()) continue;
    const std::string reason = reason_of(descriptor, condition);
    auto alike = std::find_if(failures.begin(), failures.end(),
                              [&](const Alike& other) { return other.words == reason; });
    if (alike == failures.end())
      alike = failures.insert(alike, {.first = condition.label, .words = reason});
    else
      ++alike->more;
    const StreamFacts* stream = find_stream(facts, condition.stream, condition.partition);
    if (!stream) continue;
    later(alike->at, stream->failed_at);
    alike->attempts = std::max(alike->attempts, stream->failures);
    if (stream->next_try_at > now && (!alike->next_try || stream->next_try_at < alike->next_try))
      alike->next_try = stream->next_try_at;
  }
  for (const Alike& one : failures) {
    std::string words = one.at ? "failed " + ago(one.at, now) : "failed";
    words += ": " + one.words;
    if (one.attempts > 1) words += "; " + group_digits(one.attempts) + " attempts in a row failed";
    if (one.next_try && is_tried(verdict)) words += "; next try in " + describe(*one.next_try - now);
    verdict.evidence.push_back({one.label(), std::move(words), one.at});
  }
}

void add_successes(Verdict& verdict, const ServiceFacts& facts, std::span<const StreamCondition> conditions,
                   UnixSeconds now) {
  std::vector<Alike> all;
  for (const StreamCondition& condition : conditions) {
    if (condition.stream == webhook_stream) continue;
    std::string words =
        stream_words(condition, find_stream(facts, condition.stream, condition.partition), now);
    if (!all.empty() && !condition.success_at && all.back().words == words)
      ++all.back().more;
    else
      all.push_back({.first = condition.label, .words = std::move(words), .at = condition.success_at});
  }
  for (Alike& one : all) verdict.evidence.push_back({one.label(), std::move(one.words), one.at});
}

std::string webhook_words(const StreamFacts& webhook, const Silence& silence, UnixSeconds now) {
  std::string words = silence.words;
  if (webhook.bad_signatures > 0) words += "; " + group_digits(webhook.bad_signatures) + " refused in a row";
  if (webhook.bad_signatures > 0 && webhook.last_bad_signature_at)
    words += ", last " + ago(webhook.last_bad_signature_at, now);
  if (webhook.failure_kind) words += "; last failure: " + without_secrets(webhook.failure_message);
  return words;
}

void add_webhook_evidence(Verdict& verdict, const Descriptor& descriptor, const ServiceFacts& facts,
                          UnixSeconds now) {
  if (!verdict.silence) return;
  const StreamFacts none;
  const StreamFacts& webhook = facts.webhook && receives(descriptor, facts) ? *facts.webhook : none;
  verdict.evidence.push_back(
      {"Webhook", webhook_words(webhook, *verdict.silence, now), webhook.last_event_at});
}

void add_access_evidence(Verdict& verdict, const ServiceFacts& facts, UnixSeconds now) {
  if (const auto end = credentials_end(facts)) {
    const bool over = *end <= now;
    verdict.evidence.push_back(
        {"Access", over ? "ended " + ago(end, now) : "ends in " + describe(*end - now), end});
  }
  if (const auto names = unavailable_of(facts); !names.empty())
    verdict.evidence.push_back({"Not given", join(names, ", ")});
}

// The reconciliation stands with its own stream and with the webhook that it judges: once here.
void add_reconciliation(Verdict& verdict, const Descriptor& descriptor, const ServiceFacts& facts,
                        UnixSeconds now) {
  if (!receives(descriptor, facts)) return;  // nothing was to arrive
  const StreamFacts* latest = last_reconciliation(facts);
  if (latest == nullptr) return;
  const std::int64_t missed = latest->reconciled_missed.value_or(0);
  std::string found = missed == 0 ? "nothing was missing" : counted(missed, "event") + " had not arrived";
  if (descriptor.reconciled_by_totals) found = "by daily totals " + found;
  found.insert(0, ", ");
  verdict.evidence.push_back({"Reconciled", ago(latest->reconciled_at, now) + found, latest->reconciled_at});
}

}  // namespace

std::string counted(std::int64_t count, std::string_view one) {
  return group_digits(count) + ' ' + std::string(one) + (count == 1 ? "" : "s");
}

std::string reason_of(const Descriptor& descriptor, const StreamCondition& condition) {
  constexpr std::size_t longest_name = 40;
  std::string message = without_secrets(condition.message);
  const std::size_t end = message.find(": ");
  if (starts_with(message, std::string(descriptor.id) + ' ') && end < longest_name) message.erase(0, end + 2);
  return message;
}

bool receives(const Descriptor& descriptor, const ServiceFacts& facts) {
  return std::any_of(descriptor.keys.begin(), descriptor.keys.end(), [&](const Key& key) {
    return !key.when_refused.empty() && holds(facts.present_keys, key.name);
  });
}

const StreamFacts* open_webhook(const Descriptor& descriptor, const ServiceFacts& facts) {
  return facts.webhook && facts.webhook->enabled && receives(descriptor, facts) ? &*facts.webhook : nullptr;
}

const StreamFacts* last_reconciliation(const ServiceFacts& facts) {
  const StreamFacts* latest = nullptr;
  const auto look_at = [&](const StreamFacts& stream) {
    if (stream.reconciled_at && (latest == nullptr || *stream.reconciled_at > *latest->reconciled_at))
      latest = &stream;
  };
  for (const StreamFacts& stream : facts.streams) look_at(stream);
  if (facts.webhook) look_at(*facts.webhook);
  return latest;
}

std::optional<UnixSeconds> newest_row_of(const Descriptor& descriptor, const ServiceFacts& facts) {
  const auto is_daily = [](const StreamDescriptor& stream) { return stream.has_daily_rows; };
  const bool of_daily = std::any_of(descriptor.streams.begin(), descriptor.streams.end(), is_daily);
  std::optional<UnixSeconds> newest;
  for (const StreamFacts& part : facts.streams) {
    const StreamDescriptor* stream = find_stream(descriptor, part.stream);
    if (!of_daily || (stream && is_daily(*stream))) later(newest, part.newest_row_at);
  }
  return newest;
}

std::optional<UnixSeconds> credentials_end(const ServiceFacts& facts) {
  std::optional<UnixSeconds> first;
  for (const StreamFacts& stream : facts.streams) {
    const auto end = stream.enabled ? stream.credentials_expire_at : std::nullopt;
    if (end && (!first || *end < *first)) first = end;
  }
  return first;
}

std::vector<std::string> unavailable_of(const ServiceFacts& facts) {
  std::vector<std::string> names;
  for (const StreamFacts& stream : facts.streams) {
    if (!stream.enabled) continue;
    for (const std::string& name : stream.unavailable) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

std::array<Clock, 3> read_clocks(const Descriptor& descriptor, const ServiceFacts& facts,
                                 std::span<const StreamCondition> conditions, UnixSeconds now) {
  return {success_clock(descriptor, conditions, now), row_clock(descriptor, facts, now),
          provider_clock(descriptor, facts, now)};
}

std::optional<Silence> read_silence(const Descriptor& descriptor, const ServiceFacts& facts,
                                    UnixSeconds now) {
  if (!has_webhook(descriptor)) return std::nullopt;
  Silence silence{.words = "no event observed yet"};
  if (!receives(descriptor, facts)) {
    silence.words = "no webhook set up";  // whatever came through an earlier one
    return silence;
  }
  if (!facts.webhook || !facts.webhook->last_event_at) return silence;
  silence.last_event_at = std::min(*facts.webhook->last_event_at, now);
  silence.quiet_for = now - *silence.last_event_at;
  silence.words = "last event " + ago(silence.last_event_at, now);
  if (!facts.webhook->usual_gap_secs || *facts.webhook->usual_gap_secs <= 0) return silence;
  silence.usual_gap = seconds{*facts.webhook->usual_gap_secs};
  silence.unusual = silence.quiet_for > *silence.usual_gap * gaps_until_unusual;
  const std::string gap = " (usual gap " + describe(*silence.usual_gap) + ')';
  silence.words = silence.unusual ? "quiet for " + describe(silence.quiet_for) + gap : silence.words + gap;
  return silence;
}

seconds read_skew(const ServiceFacts& facts, UnixSeconds now) {
  std::optional<UnixSeconds> latest;
  const auto look_at = [&](const StreamFacts& stream) {
    for (const auto& at : {stream.last_attempt_at, stream.last_success_at, stream.failed_at,
                           stream.last_event_at, stream.reconciled_at}) {
      later(latest, at);
    }
  };
  for (const StreamFacts& stream : facts.streams) look_at(stream);
  if (facts.webhook) look_at(*facts.webhook);
  if (!latest || *latest - now <= usual_clock_difference) return seconds{0};
  return *latest - now;
}

void add_evidence(Verdict& verdict, const Descriptor& descriptor, const ServiceFacts& facts,
                  std::span<const StreamCondition> conditions, UnixSeconds now) {
  std::size_t required = 0;
  std::size_t present = 0;
  for (const Key& key : descriptor.keys) {
    const bool is_there = key.required && holds(facts.present_keys, key.name);
    if (is_there) ++present;
    if (is_there || is_missing(key, facts.present_keys)) ++required;
  }
  const bool is_set_up = facts.detection_problem.empty() && present == required;
  const auto found_at = is_set_up ? facts.detected_at : std::nullopt;
  verdict.evidence.push_back({"Keys",
                              (found_at ? "set up: " : "") + std::to_string(present) + " of " +
                                  std::to_string(required) + " required present",
                              found_at});
  add_failures(verdict, descriptor, facts, conditions, now);
  add_successes(verdict, facts, conditions, now);
  add_webhook_evidence(verdict, descriptor, facts, now);
  add_access_evidence(verdict, facts, now);
  add_reconciliation(verdict, descriptor, facts, now);
  if (verdict.skew > seconds{0}) {
    verdict.evidence.push_back(
        {"Clock", "a recorded time lies " + describe(verdict.skew) +
                      " in the future: the clock of this device or of the server is wrong"});
  }
}

}  // namespace wf
