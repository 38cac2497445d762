#include "shared/domain/judge_words.hpp"

#include <algorithm>
#include <array>

namespace wf {

namespace {

constexpr std::array<std::string_view, 4> badge_names{"not_relevant", "active", "inactive", "error"};
constexpr std::array<std::string_view, 4> badge_labels{"Not relevant", "Active", "Inactive", "Error"};
constexpr std::array<std::string_view, 16> state_names{
    "not_relevant", "fresh",          "provisional", "due",      "syncing", "rate_limited", "late",
    "waiting",      "idle",           "empty",       "disabled", "missing", "overdue",      "failed",
    "partial",      "sign_in_expired"};
constexpr std::array<std::string_view, 16> plain_words{
    "not set up", "fresh",        "provisional", "due",
    "syncing",    "rate limited", "late",        "waiting for first sync",
    "idle",       "empty",        "disabled",    "missing",
    "overdue",    "sync failed",  "partial",     "sign-in expired"};
constexpr std::array<std::string_view, 4> clock_names{"not_observed", "ok", "late", "overdue"};

template <class Names, class Value>
std::string_view name_in(const Names& names, Value value) {
  return names[static_cast<std::size_t>(value)];
}

// Of the keys that are sent to the service.
std::string_view whose_keys(const Descriptor& descriptor) {
  const auto any = [&](Scope scope) {
    return std::any_of(descriptor.keys.begin(), descriptor.keys.end(),
                       [&](const Key& key) { return !key.hosts.empty() && key.scope == scope; });
  };
  if (any(Scope::either)) return ", this workspace's own or the agency's";
  return any(Scope::workspace) ? " for this workspace" : ", which all workspaces use";
}

std::string renew(const Descriptor& descriptor, const Verdict& verdict) {
  const std::string service(descriptor.name);
  if (verdict.rule == bad_signatures_rule || !verdict.refused_key.empty()) {
    const auto refusing = std::find_if(descriptor.keys.begin(), descriptor.keys.end(), [&](const Key& key) {
      return !key.when_refused.empty() && (verdict.refused_key.empty() || key.name == verdict.refused_key);
    });
    if (refusing != descriptor.keys.end()) return std::string(refusing->when_refused);
  }
  const std::string whose(whose_keys(descriptor));
  if (verdict.stream == use_stream)
    return "Renew the key of " + service + whose + ", or let it do this; the next success confirms it.";
  return (has_synced(verdict) ? "Renew" : "Correct") + std::string(" the key or sign-in of ") + service +
         whose + ", or let it read this; the next sync confirms it.";
}

}  // namespace

std::string_view name(Badge badge) { return name_in(badge_names, badge); }
std::string_view label(Badge badge) { return name_in(badge_labels, badge); }
std::string_view name(SubState state) { return name_in(state_names, state); }
std::string_view name(ClockState state) { return name_in(clock_names, state); }

bool has_synced(const Verdict& verdict) { return verdict.clocks[0].at.has_value(); }

std::string_view failure_words(ErrorKind kind) {
  constexpr std::array<std::string_view, 6> words{"sign-in expired",        "settings refused",
                                                  "provider has a problem", "rate limited",
                                                  "reply not understood",   "internal error"};
  return name_in(words, kind);
}

std::string_view who_acts(ErrorKind kind) {
  constexpr std::array<std::string_view, 6> who{"account manager", "agency",     "nobody",
                                                "nobody",          "developers", "developers"};
  return name_in(who, kind);
}

std::string next_step(ErrorKind kind, const Descriptor& descriptor, const Verdict& verdict) {
  const std::string service(descriptor.name);
  const bool by_itself = descriptor.evidenced == Evidenced::by_sync;
  switch (kind) {
    case ErrorKind::credentials:
      return renew(descriptor, verdict);
    case ErrorKind::configuration:
      if (verdict.rule == unreadable_rule)
        return "Correct the settings of this workspace; the details say what is wrong with them.";
      if (!verdict.reason.empty()) return "Set this right for " + service + ": " + verdict.reason + '.';
      if (verdict.is_unheard)
        return "Look in " + service +
               " whether its webhook exists, is switched on and has this workspace's address: "
               "nothing comes by it.";
      if (verdict.badge == Badge::active)
        return "Check the name or id in the settings of " + service +
               ", unless it is new or paused: nothing was found under it.";
      return "Add what is missing to the settings of " + service + '.';
    case ErrorKind::provider:
      if (!by_itself) return service + " had a problem on its side. Ask again: nothing does by itself.";
      return "Wait: " + service + " has a problem on its side, the next sync tries again.";
    case ErrorKind::rate_limit:
      if (!by_itself)
        return service + " limits the number of requests. Ask again later: nothing does by itself.";
      return verdict.until ? std::string("Wait: the sync goes on where it stopped.")
                           : "Wait: " + service + " limits the number of requests, the next sync goes on.";
    case ErrorKind::data:
      if (verdict.stream == webhook_stream)
        return "Report it to the developers: a delivery of " + service +
               " could not be taken; the details say why.";
      return verdict.sub_state == SubState::empty
                 ? "Check in " + service + " whether there really was nothing new."
                 : "Report it to the developers: a reply of " + service +
                       " was not understood; the details say why.";
    default:
      return "Report it to the developers: this is a fault of the dashboard, not of " + service + '.';
  }
}

std::string until_in_utc(const Verdict& verdict) {
  if (!verdict.until) return {};
  if (verdict.sub_state == SubState::provisional) return format_short_day(day_of(*verdict.until));
  return format_clock(*verdict.until) + " UTC";
}

std::string state_words(const Verdict& verdict, std::string_view until_text) {
  std::string words(name_in(plain_words, verdict.sub_state));
  if (until_text.empty()) return verdict.about.empty() ? words : words + ": " + verdict.about;
  words += " until " + std::string(until_text);
  return verdict.about.empty() ? words : words + " (" + verdict.about + ')';
}

void decide(Verdict& verdict, Badge badge, SubState state, std::string_view rule, std::string about) {
  verdict.badge = badge;
  verdict.sub_state = state;
  verdict.rule = rule;
  verdict.about = std::move(about);
  verdict.words = state_words(verdict, until_in_utc(verdict));
}

std::string list_labels(std::span<const std::string> labels) {
  constexpr std::size_t most = 2;
  std::string out;
  for (std::size_t i = 0; i < labels.size() && i < most; ++i) {
    if (i > 0) out += labels.size() > most ? ", " : " and ";
    out += labels[i];
  }
  if (labels.size() > most) out += " and " + std::to_string(labels.size() - most) + " more";
  return out;
}

}  // namespace wf
