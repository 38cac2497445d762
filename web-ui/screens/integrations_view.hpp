// What the Integrations tab shows, selected from the model by pure functions: no drawing, no
// clock. Two equal views need no frame.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/domain/judge.hpp"
#include "web-ui/app/model.hpp"
#include "web-ui/screens/last_days.hpp"

namespace wf {

/// The screen's own state: what a person chose.
struct IntegrationsState {
  std::string search;
  std::optional<Category> category;
  std::optional<Badge> status;
  /// Service whose explanation was opened by click or tap.
  std::string explained;
  /// Service whose explanation was sent away with Escape, until something else is looked at.
  std::string dismissed;
  /// So was the tip, whichever it was.
  bool tip_dismissed = false;
};

/// How text is toned; the theme turns it into a colour.
enum class Tone { plain, ok, late, bad, off };

/// Times in the workspace's zone, as the page's locale writes them.
struct TimeTexts {
  std::function<std::string(UnixSeconds)> exact;  // "23 Nov 2026, 15:20:04 GMT+1"
  std::function<std::string(UnixSeconds)> brief;  // "15:20", on another day "24 Nov, 15:20"
  std::function<Day(UnixSeconds)> day;            // the workspace's calendar day
};

struct ClockView {
  std::string label;
  std::string words;
  std::string exact;  // empty: not observed
  Tone tone = Tone::plain;
  bool operator==(const ClockView&) const = default;
};

struct EvidenceView {
  std::string label;
  std::string value;
  bool operator==(const EvidenceView&) const = default;
};

struct CardView {
  std::string service;
  std::string name;
  std::string category;
  std::string summary;
  std::string method;
  Badge badge = Badge::inactive;
  std::string sub_state;
  Tone state_tone = Tone::plain;  // of the state itself
  Tone tone = Tone::plain;        // with what is warned of beside it
  /// What to do and who should, when somebody should.
  std::string notice;
  /// The most unusual day of the last two weeks in what the service reports; mostly empty.
  std::string anomaly;
  /// The newest proof that the service works.
  ClockView last_sync;
  /// Whoever looks may ask for a sync; what came of it stands in the place of the last one for a while.
  bool can_sync = false;
  std::string sync_answer;
  std::array<ClockView, 3> clocks;
  std::string silence;
  bool silence_unusual = false;
  /// Rows per day, oldest first; empty when nothing was received.
  std::vector<double> activity;
  std::string activity_words;
  std::array<DayState, shown_days> days{};
  std::string days_words;
  std::string placeholder;
  std::string rule;
  std::vector<EvidenceView> evidence;
  bool operator==(const CardView&) const = default;
};

struct GroupView {
  Category category = Category::database;
  std::string label;
  std::vector<CardView> cards;
  bool operator==(const GroupView&) const = default;
};

struct CategoryFilter {
  std::optional<Category> category;  // none: all of them
  bool chosen = false;
  bool operator==(const CategoryFilter&) const = default;
};

struct StatusFilter {
  Badge badge = Badge::active;
  int count = 0;
  bool chosen = false;
  bool operator==(const StatusFilter&) const = default;
};

/// A service in the side bar, whatever the filters hide.
struct ShortcutView {
  std::string service;
  std::string name;
  Badge badge = Badge::inactive;
  Tone tone = Tone::plain;
  int urgency() const { return tone == Tone::bad ? 2 : tone == Tone::late ? 1 : 0; }
  bool operator==(const ShortcutView&) const = default;
};

/// A workspace in the switcher.
struct WorkspaceView {
  std::string slug;
  std::string words;  // "Oak Bakery · 1 needs attention"
  bool operator==(const WorkspaceView&) const = default;
};

struct IntegrationsView {
  std::vector<WorkspaceView> workspaces;
  /// Of the others, how many have something that needs attention.
  int troubled_elsewhere = 0;
  std::vector<std::string> summary;  // "5 active", "1 needs attention", ...
  std::string link;                  // "live, last change 4 min ago"
  std::vector<CategoryFilter> categories;
  std::vector<StatusFilter> statuses;
  std::vector<GroupView> groups;
  std::vector<ShortcutView> shortcuts;
  int shown = 0;
  int total = 0;
  bool operator==(const IntegrationsView&) const = default;
};

IntegrationsView select_integrations(const IntegrationsState&, const Model&, const TimeTexts&);

/// As many as have room; of too many the least urgent give way, of equals the last.
std::vector<ShortcutView> shortcuts_in(std::vector<ShortcutView>, std::size_t room);

bool matches(const IntegrationsState&, const CardView&, Category);
Tone tone_of(const Verdict&);
std::string link_words(const Model&);

/// Those of the last `recent_anomaly_days`, the most unusual first, at most three.
inline constexpr int recent_anomaly_days = 14;
std::vector<ServiceAnomaly> recent_anomalies(const std::vector<ServiceAnomaly>&, Day today);

}  // namespace wf
