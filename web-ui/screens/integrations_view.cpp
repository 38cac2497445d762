#include "web-ui/screens/integrations_view.hpp"

#include <algorithm>

#include "shared/analysis/words.hpp"
#include "shared/base/money.hpp"
#include "shared/base/text.hpp"

namespace wf {
namespace {

Tone clock_tone(const Clock& clock) {
  if (clock.state == ClockState::overdue) return Tone::bad;
  if (clock.state == ClockState::late) return Tone::late;
  const bool nothing_to_show = !clock.at && clock.state == ClockState::not_observed;
  return nothing_to_show ? Tone::off : Tone::plain;
}

std::string exact_or_empty(const std::optional<UnixSeconds>& at, const TimeTexts& times) {
  return at ? times.exact(*at) : std::string();
}

ClockView clock_view(const Clock& clock, const TimeTexts& times) {
  ClockView view{.label = std::string(clock.label),
                 .words = clock.words,
                 .exact = clock.is_day ? std::string() : exact_or_empty(clock.at, times),
                 .tone = clock_tone(clock)};
  // "Provisional, until 25 Nov": the place is narrow.
  constexpr std::string_view provisional = "provisional ";
  if (!starts_with(view.words, provisional)) return view;
  view.label = "Provisional";
  view.words.erase(0, provisional.size());
  return view;
}

std::string sub_state_words(const Verdict& verdict, const TimeTexts& times) {
  if (!verdict.until) return verdict.words;
  // A provisional date is the provider's day, not a moment: no zone applies.
  if (verdict.sub_state == SubState::provisional) {
    return words_with_time(verdict, format_short_day(day_of(*verdict.until)));
  }
  return words_with_time(verdict, times.brief(*verdict.until));
}

std::string capitalised(std::string_view text) {
  std::string out(text);
  if (!out.empty()) out[0] = to_upper(out.substr(0, 1))[0];
  return out;
}

std::string notice_of(const Verdict& verdict) {
  if (verdict.next_step.empty()) return {};
  // Nor the developers, who do not read this: the step says that they are to be told.
  const bool somebody = !verdict.who.empty() && verdict.who != "nobody" && verdict.who != "developers";
  return somebody ? capitalised(verdict.who) + ": " + verdict.next_step : capitalised(verdict.next_step);
}

/// What stands in place of the last 30 days; empty: they were read.
std::string unread_words(const Model& model) {
  if (model.activity) return {};
  return model.activity_failed ? "The last 30 days could not be read" : "Reading the last 30 days";
}

std::string placeholder_of(const Verdict& verdict, const std::string& unread) {
  switch (verdict.sub_state) {
    case SubState::missing:
      return "Not set up completely";
    case SubState::disabled:
      return "Switched off";
    case SubState::syncing:
      if (!verdict.last_sync_at) return "First data is on its way";
      break;
    default:
      break;
  }
  if (!verdict.last_sync_at) return "No data yet";
  return unread.empty() ? "No activity in 30 days" : unread;
}

/// The time stands with the first words, whose it is: "failed 3 h ago · 08:41: answered 401".
std::string with_time(const Evidence& evidence, const TimeTexts& times) {
  if (!evidence.at) return evidence.value;
  const std::size_t first = std::min(evidence.value.find_first_of(",;:"), evidence.value.size());
  return evidence.value.substr(0, first) + " · " + times.brief(*evidence.at) + evidence.value.substr(first);
}

ClockView last_sync_view(const Verdict& verdict, UnixSeconds now, const TimeTexts& times) {
  const auto& at = verdict.last_sync_at;
  if (!at) return {.label = "Last sync", .words = "never", .exact = "", .tone = Tone::off};
  // Less than a minute is not counted out: a card that changes every second is restless.
  const auto age = std::max(std::chrono::seconds(0), now - *at);
  const std::string words = age < std::chrono::seconds(60) ? "just now" : describe(age) + " ago";
  return {.label = "Last sync", .words = words, .exact = times.exact(*at), .tone = Tone::plain};
}

/// How the page's own database answers, seen from here.
ClockView live_view(const Model& model, const ClockView& last_sync) {
  if (is_unreached(model))
    return {.label = "Live", .words = "not reached from here", .exact = "", .tone = Tone::late};
  if (!model.read_time) return last_sync;
  const std::string took = "in " + std::to_string(model.read_time->count()) + " ms";
  switch (model.link) {
    case Link::live:
      return {.label = "Live", .words = "answers " + took, .exact = "", .tone = Tone::plain};
    case Link::polling:
      return {.label = "Not live", .words = "answers " + took, .exact = "", .tone = Tone::late};
    case Link::connecting:
    case Link::offline:
      break;
  }
  return last_sync;
}

/// What the Worker found was read from the database that does not answer now.
bool is_doubtful(const Judged& j, const Model& model) {
  return j.descriptor->read_by_page && is_unreached(model) && j.verdict.badge == Badge::active &&
         tone_of(j.verdict) == Tone::plain;
}

/// Of what is set up and synced. The page itself reads how its database answers.
bool can_sync(const Judged& judged, const Model& model) {
  const Workspace* workspace = current_workspace(model);
  const auto& [descriptor, verdict] = judged;
  return workspace && workspace->may_write && !descriptor->streams.empty() && !descriptor->read_by_page &&
         verdict.sub_state != SubState::missing && verdict.sub_state != SubState::disabled;
}

std::vector<EvidenceView> evidence_of(const Verdict& verdict, const TimeTexts& times) {
  std::vector<EvidenceView> lines;
  for (const auto& evidence : verdict.evidence) {
    lines.push_back({capitalised(evidence.label), with_time(evidence, times)});
  }
  return lines;
}

std::string readable_rule(std::string_view rule) {
  std::string words(rule);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

/// Data of a service that is not in use tells nothing about it.
void add_anomalies(CardView& card, const Model& model, Day today) {
  const auto found = model.anomalies.find(card.service);
  if (found == model.anomalies.end() || card.badge == Badge::inactive) return;
  for (const auto& [label, unit, anomaly] : recent_anomalies(found->second, today)) {
    std::string line = sentence(label, anomaly, unit);
    card.evidence.push_back({"Unusual", line + ": " + comparison(anomaly, unit)});
    if (card.anomaly.empty()) card.anomaly = std::move(line);
  }
}

/// For whoever does not point at what is drawn: with keys, by touch.
void add_drawings(CardView& card) {
  if (!card.activity_words.empty()) card.evidence.push_back({"Rows", card.activity_words});
  const bool any =
      std::any_of(card.days.begin(), card.days.end(), [](DayState day) { return day != DayState::none; });
  if (any) card.evidence.push_back({"Syncs", card.days_words});
}

Tone state_tone_of(const Verdict& verdict) {
  if (verdict.badge == Badge::error) return Tone::bad;
  if (verdict.badge == Badge::inactive) return Tone::off;
  const bool is_late = verdict.sub_state == SubState::late || verdict.sub_state == SubState::rate_limited;
  return is_late ? Tone::late : Tone::plain;
}

// What was read says nothing about the time since, in which it could not be read.
UnixSeconds judged_at(const Model& model) {
  return is_unreached(model) ? model.known_at.value_or(model.now) : model.now;
}

CardView card_view(const Judged& judged, const std::vector<ServiceDay>& days, const Model& model,
                   const TimeTexts& times) {
  const auto& [descriptor, verdict] = judged;
  const Day today = times.day(judged_at(model));
  const ActivityLine line = activity_line(days, today);
  CardView card{.service = std::string(descriptor->id),
                .name = std::string(descriptor->name),
                .category = std::string(label(descriptor->category)),
                .summary = std::string(descriptor->summary),
                .method = std::string(descriptor->method),
                .badge = verdict.badge,
                .sub_state = sub_state_words(verdict, times),
                .state_tone = state_tone_of(verdict),
                .tone = tone_of(verdict),
                .notice = notice_of(verdict),
                .last_sync = last_sync_view(verdict, model.now, times),
                .activity = line.rows,
                .days = day_states(days, today),
                .placeholder = placeholder_of(verdict, unread_words(model)),
                .rule = readable_rule(verdict.rule),
                .evidence = evidence_of(verdict, times)};
  for (std::size_t i = 0; i < verdict.clocks.size(); ++i)
    card.clocks[i] = clock_view(verdict.clocks[i], times);
  card.activity_words = describe_activity(line);
  card.days_words = describe_days(card.days, today);
  if (!model.activity) card.days_words = unread_words(model);
  if (descriptor->read_by_page) card.last_sync = live_view(model, card.last_sync);
  if (is_doubtful(judged, model)) {
    card.sub_state += " when last read";
    card.state_tone = card.tone = Tone::late;
  }
  card.can_sync = can_sync(judged, model);
  if (const auto told = model.sync_answers.find(card.service); told != model.sync_answers.end())
    card.sync_answer = told->second.ended_at ? "Sync ended: " + card.sub_state : told->second.words;
  if (verdict.silence) {
    card.silence = verdict.silence->words;
    card.silence_unusual = verdict.silence->unusual;
  }
  add_anomalies(card, model, today);
  add_drawings(card);
  // A line that is looked at by itself does not tell that it has stopped.
  if (card.activity.size() > 1 && state_tone_of(verdict) != Tone::plain)
    card.activity_words += "; now " + card.sub_state;
  return card;
}

/// Groups in the order of their first card, which is their worst one.
void add_to_group(std::vector<GroupView>& groups, Category category, CardView card) {
  const auto same = [&](const GroupView& group) { return group.category == category; };
  auto group = std::find_if(groups.begin(), groups.end(), same);
  if (group == groups.end()) {
    groups.push_back({category, std::string(label(category)), {}});
    group = std::prev(groups.end());
  }
  group->cards.push_back(std::move(card));
}

/// All, and the categories of which there are cards.
std::vector<CategoryFilter> category_filters(const std::vector<Judged>& judged,
                                             const IntegrationsState& state) {
  std::vector<CategoryFilter> filters{{std::nullopt, !state.category}};
  for (const Category category : categories()) {
    const auto is_of = [&](const Judged& j) { return j.descriptor->category == category; };
    if (std::any_of(judged.begin(), judged.end(), is_of))
      filters.push_back({category, state.category == category});
  }
  return filters;
}

std::vector<StatusFilter> status_filters(const std::vector<Judged>& judged, const IntegrationsState& state) {
  std::vector<StatusFilter> filters;
  for (const Badge badge : {Badge::active, Badge::error, Badge::inactive}) {
    const auto count = std::count_if(judged.begin(), judged.end(),
                                     [&](const Judged& j) { return j.verdict.badge == badge; });
    filters.push_back({badge, static_cast<int>(count), state.status == badge});
  }
  return filters;
}

std::vector<std::string> summary_of(const Model& model, const std::vector<Judged>& judged) {
  const Workspace* workspace = current_workspace(model);
  if (judged.empty() && workspace != nullptr && !workspace->configuration_problem.empty())
    return {"which services there are is not known"};
  return summary_parts(judged);
}

std::vector<Judged> judged_cards(const Model& model) {
  auto judged = judge_all(model.services, judged_at(model));
  const auto hidden = [](const Judged& j) { return j.verdict.badge == Badge::not_relevant; };
  judged.erase(std::remove_if(judged.begin(), judged.end(), hidden), judged.end());
  return judged;
}

/// What of a workspace needs somebody; empty: nothing does, or it is not known yet.
std::string attention_words(const Workspace& workspace, const Model& model) {
  if (!workspace.configuration_problem.empty()) return "settings cannot be read";
  const auto found = model.troubled.find(workspace.client_id);
  if (found == model.troubled.end() || found->second == 0) return {};
  return std::to_string(found->second) + (found->second == 1 ? " needs attention" : " need attention");
}

void add_workspaces(IntegrationsView& view, const Model& model) {
  for (const Workspace& workspace : model.workspaces) {
    const std::string words = attention_words(workspace, model);
    view.workspaces.push_back({workspace.slug, workspace.name + (words.empty() ? "" : " · " + words)});
    if (!words.empty() && workspace.slug != model.slug) ++view.troubled_elsewhere;
  }
}

const std::vector<ServiceDay>& days_of(const Model& model, std::string_view service) {
  static const std::vector<ServiceDay> none;
  if (!model.activity) return none;
  const auto found = model.activity->find(std::string(service));
  return found == model.activity->end() ? none : found->second;
}

bool begins_a_word(std::string_view text, std::string_view part) {
  for (std::size_t at = 0; at + part.size() <= text.size(); ++at) {
    const bool begins = at == 0 || text[at - 1] == ' ' || text[at - 1] == '-' || text[at - 1] == '(';
    if (begins && contains_ignoring_case(text.substr(at, part.size()), part)) return true;
  }
  return false;
}

/// "grid" is a part of a name, "mail" of "Email"; but "active" is not Inactive, and "ai" neither mail nor
/// daily.
bool holds_word(const CardView& card, std::string_view word) {
  constexpr std::size_t long_enough = 4;
  const std::string what = card.category + " " + card.summary;
  if (contains_ignoring_case(card.name, word)) return true;
  if (word.size() >= long_enough && contains_ignoring_case(what, word)) return true;
  return begins_a_word(what + " " + card.method + " " + std::string(label(card.badge)) + " " + card.sub_state,
                       word);
}

}  // namespace

Tone tone_of(const Verdict& verdict) {
  const Tone tone = state_tone_of(verdict);
  return tone == Tone::plain && !verdict.warning.empty() ? Tone::late : tone;
}

std::vector<ShortcutView> shortcuts_in(std::vector<ShortcutView> all, std::size_t room) {
  const auto less = [](const ShortcutView& a, const ShortcutView& b) { return a.urgency() < b.urgency(); };
  while (all.size() > room) all.erase(std::next(std::min_element(all.rbegin(), all.rend(), less)).base());
  return all;
}

bool matches(const IntegrationsState& state, const CardView& card, Category category) {
  if (state.category && *state.category != category) return false;
  if (state.status && *state.status != card.badge) return false;
  for (const auto word : split(state.search, ' ')) {
    if (!holds_word(card, trim(word))) return false;
  }
  return true;
}

std::vector<ServiceAnomaly> recent_anomalies(const std::vector<ServiceAnomaly>& all, Day today) {
  constexpr std::size_t most = 3;
  std::vector<ServiceAnomaly> recent;
  for (const auto& one : all) {
    const auto back = (today - one.anomaly.found).count();
    if (back >= 0 && back <= recent_anomaly_days) recent.push_back(one);
  }
  std::stable_sort(recent.begin(), recent.end(), [](const ServiceAnomaly& a, const ServiceAnomaly& b) {
    return a.anomaly.score > b.anomaly.score;
  });
  if (recent.size() > most) recent.resize(most);
  return recent;
}

std::string link_words(const Model& model) {
  // How old it is stands here: this is not read out each time it changes.
  const auto age = model.now - model.known_at.value_or(model.now);
  const std::string as_of =
      is_unreached(model) && age >= std::chrono::seconds(60) ? ", as of " + describe(age) + " ago" : "";
  if (model.services_load == Load::failed) return {};
  if (model.workspaces_load == Load::ready && current_workspace(model) == nullptr) return {};
  if (model.read_failed && model.link != Link::offline) return "no answer from the database" + as_of;
  switch (model.link) {
    case Link::connecting:
      return "connecting";
    case Link::polling:
      return "checking every 15 s";
    case Link::offline:
      return "offline" + as_of;
    case Link::live:
      break;
  }
  if (!model.last_change) return "live";
  const auto since_change = model.now - *model.last_change;
  if (since_change < std::chrono::seconds(60)) return "live, changed just now";
  return "live, last change " + describe(since_change) + " ago";
}

IntegrationsView select_integrations(const IntegrationsState& state, const Model& model,
                                     const TimeTexts& times) {
  auto judged = judged_cards(model);
  IntegrationsView view{.summary = summary_of(model, judged),
                        .link = link_words(model),
                        .categories = category_filters(judged, state),
                        .statuses = status_filters(judged, state),
                        .total = static_cast<int>(judged.size())};
  add_workspaces(view, model);
  for (const auto& j : judged) {
    view.shortcuts.push_back({std::string(j.descriptor->id), std::string(j.descriptor->name), j.verdict.badge,
                              is_doubtful(j, model) ? Tone::late : tone_of(j.verdict)});
  }
  sort_worst_first(judged);
  for (const auto& j : judged) {
    auto card = card_view(j, days_of(model, j.descriptor->id), model, times);
    if (!matches(state, card, j.descriptor->category)) continue;
    ++view.shown;
    add_to_group(view.groups, j.descriptor->category, std::move(card));
  }
  return view;
}

}  // namespace wf
