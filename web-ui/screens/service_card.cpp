#include "web-ui/screens/service_card.hpp"

#include <algorithm>

#include "web-ui/theme/brands.hpp"
#include "web-ui/theme/icons.hpp"
#include "web-ui/widgets/controls.hpp"
#include "web-ui/widgets/status.hpp"

namespace wf {
namespace {

constexpr float pad = size::card_padding;
constexpr float tile_side = 38;
constexpr float tile_gap = 11;
constexpr float name_height = 22;
constexpr float state_line = 18;
constexpr int state_lines = 4;
constexpr float summary_height = 36;
constexpr float min_activity = 38;
constexpr float clocks_height = 38;
constexpr float clock_gap = 6;
constexpr float foot_line = 22;
constexpr float strip_height = 12;
constexpr float notice_line = 18;
constexpr int notice_lines = 5;
constexpr float anomaly_line = 18;
constexpr int anomaly_lines = 2;
constexpr float anomaly_mark = 14;

constexpr std::string_view separator = " · ";

TextStyle state_style(const Ui& ui, Tone tone) {
  return {.size = size::small, .color = tone_color(ui.theme, tone, ui.theme.muted)};
}

struct StateText {
  std::vector<std::string> lines;
  std::size_t own = 0;  // lines that say the state; what is warned of comes after
};

/// In whole, each part of it on lines of its own where one does not do.
StateText state_text(const Ui& ui, const CardView& card, float width) {
  const auto style = state_style(ui, card.tone);
  const float room = width - 2 * pad - tile_side - tile_gap;
  if (ui.paint.width(card.sub_state, style) <= room) return {{card.sub_state}, 1};
  StateText text;
  std::string_view rest = card.sub_state;
  for (int left = state_lines; left > 0 && !rest.empty();
       left = state_lines - static_cast<int>(text.lines.size())) {
    // The last line holds all that is left, cut.
    const auto part = left > 1 ? rest.substr(0, rest.find(separator)) : rest;
    for (auto& line : ui.paint.wrapped(part, style, room, left)) text.lines.push_back(std::move(line));
    if (text.own == 0) text.own = text.lines.size();
    rest.remove_prefix(std::min(part.size() + separator.size(), rest.size()));
  }
  return text;
}

/// A state that is well keeps its calm colour beside what is warned of.
void draw_state_line(Ui& ui, Point at, const std::string& line, bool own, const CardView& card) {
  const std::size_t end = own ? std::min(line.find(separator), line.size()) : 0;
  at.x += ui.paint.text(at, line.substr(0, end), state_style(ui, card.state_tone));
  ui.paint.text(at, line.substr(end), state_style(ui, card.tone));
}

float head_height(std::size_t lines) { return pad + name_height + static_cast<float>(lines) * state_line; }

TextStyle notice_style(const Ui& ui, const CardView& card) {
  const Color color = card.badge == Badge::error ? ui.theme.bad_text
                      : card.tone == Tone::late  ? ui.theme.late_text
                                                 : ui.theme.off_text;
  return {.size = size::small, .color = color};
}

std::vector<std::string> notice_text(const Ui& ui, const CardView& card, float width) {
  if (card.notice.empty()) return {};
  return ui.paint.wrapped(card.notice, notice_style(ui, card), width - 2 * pad - 22, notice_lines);
}

float notice_height(std::size_t lines) {
  return lines == 0 ? 0 : static_cast<float>(lines) * notice_line + 14 + 10;
}

std::vector<std::string> anomaly_text(const Ui& ui, const CardView& card, float width) {
  if (card.anomaly.empty()) return {};
  const TextStyle style{.size = size::small, .color = ui.theme.text};
  return ui.paint.wrapped(card.anomaly, style, width - 2 * pad - anomaly_mark, anomaly_lines);
}

float anomaly_height(std::size_t lines) {
  return lines == 0 ? 0 : static_cast<float>(lines) * anomaly_line + 8;
}

std::string part(const CardView& card, std::string_view name) {
  return std::string(name) + ":" + card.service;
}

void draw_tile(Ui& ui, Rect r, const Brand& brand) {
  const Color color = brand_color(brand, ui.theme);
  ui.paint.fill(r, mix(ui.theme.panel, color, ui.theme.dark ? 0.16F : 0.12F), 10);
  constexpr float icon = 20;
  ui.paint.text({r.middle_x() - icon / 2, r.middle()}, brand.icon,
                {.face = Face::icon, .size = icon, .color = color});
}

void add_badge_button(Ui& ui, Rect badge, const CardView& card, bool explained) {
  ui.mirror.add({.tag = "button",
                 .id = badge_id(card.service),
                 .rect = ui.view.touched() ? at_least(badge, size::touch) : badge,
                 .text = std::string(label(card.badge)),
                 .attributes = {{"aria-label", card.name + ": " + std::string(label(card.badge))},
                                {"aria-describedby", part(card, "why")},
                                {"aria-expanded", explained ? "true" : "false"}},
                 .on_activate = ToggleExplanation{card.service}});
}

/// What is long is set a little smaller before it is cut.
void draw_fitted(Ui& ui, Point middle_left, const std::string& text, TextStyle style, float width) {
  style = ui.paint.fitted(text, style, width);
  ui.paint.text(middle_left, ui.paint.elided(text, style, width), style);
}

/// Returns the height used.
float draw_head(Ui& ui, Rect r, const CardView& card, bool explained) {
  const Rect tile{r.x + pad, r.y + pad, tile_side, tile_side};
  draw_tile(ui, tile, brand_of(card.service));
  const std::string id = badge_id(card.service);
  const Rect badge = draw_badge(ui, r.right() - pad, tile.y + 10, card.badge, ui.hover_amount(id));
  ui.focus_ring(id, badge, badge.h / 2);

  const float x = tile.right() + tile_gap;
  const Rect name{x, tile.y, badge.x - 6 - x, 20};
  draw_fitted(ui, {name.x, name.middle()}, card.name,
              {.face = Face::title, .size = size::heading, .color = ui.theme.text}, name.w);
  ui.say("h3", part(card, "name"), name, card.name);
  const auto [lines, own] = state_text(ui, card, r.w);
  const Rect state{x, tile.y + name_height, r.right() - pad - x,
                   static_cast<float>(lines.size()) * state_line};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const float middle = state.y + state_line * (static_cast<float>(i) + 0.5F);
    draw_state_line(ui, {x, middle}, lines[i], i < own, card);
  }
  ui.say("p", part(card, "state"), state, card.sub_state);
  add_badge_button(ui, badge, card, explained);
  return head_height(lines.size());
}

/// Returns the height used.
float draw_notice(Ui& ui, Rect r, float y, const CardView& card) {
  const auto lines = notice_text(ui, card, r.w);
  if (lines.empty()) return 0;
  const auto style = notice_style(ui, card);
  const Color tint = card.badge == Badge::error ? ui.theme.bad_tint
                     : card.tone == Tone::late  ? ui.theme.late_tint
                                                : ui.theme.off_tint;
  const Rect box{r.x + pad, y, r.w - 2 * pad, static_cast<float>(lines.size()) * notice_line + 14};
  ui.paint.fill(box, tint, 8);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    ui.paint.text({box.x + 11, box.y + 7 + notice_line * (static_cast<float>(i) + 0.5F)}, lines[i], style);
  }
  ui.say("p", part(card, "notice"), box, card.notice);
  return notice_height(lines.size());
}

/// A remark, not an alarm: plain text behind a small mark. Returns the height used.
float draw_anomaly(Ui& ui, Rect r, float y, const CardView& card) {
  const auto lines = anomaly_text(ui, card, r.w);
  if (lines.empty()) return 0;
  const TextStyle style{.size = size::small, .color = ui.theme.text};
  const Rect box{r.x + pad, y, r.w - 2 * pad, static_cast<float>(lines.size()) * anomaly_line};
  ui.paint.circle({box.x + 4, box.y + anomaly_line / 2}, 3, ui.theme.late);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const float middle = box.y + anomaly_line * (static_cast<float>(i) + 0.5F);
    ui.paint.text({box.x + anomaly_mark, middle}, lines[i], style);
  }
  ui.say("p", part(card, "anomaly"), box, card.anomaly);
  return anomaly_height(lines.size());
}

/// The Tab key reaches it, for the words that whoever points at it is told.
void add_picture(Ui& ui, std::string id, Rect r, const std::string& words) {
  ui.focus_ring(id, r, 5);
  ui.mirror.add({.tag = "div",
                 .id = std::move(id),
                 .rect = r,
                 .attributes = {{"role", "img"}, {"aria-label", words}, {"tabindex", "0"}}});
}

void draw_activity_or_placeholder(Ui& ui, Rect r, const CardView& card) {
  if (card.activity.empty()) {
    ui.paint.dashed_border(r, ui.theme.line_strong, 8);
    ui.paint.text_centred({r.middle_x(), r.middle()}, card.placeholder,
                          {.size = size::small, .color = ui.theme.muted});
    ui.say("p", part(card, "activity"), r, card.placeholder);
    return;
  }
  const Color color =
      card.badge == Badge::error ? ui.theme.bad : brand_color(brand_of(card.service), ui.theme);
  if (card.activity.size() == 1) {
    // One point is no line yet.
    const TextStyle style{.size = size::small, .color = ui.theme.muted};
    ui.paint.fill(r, mix(ui.theme.panel, color, 0.08F), 8);
    ui.paint.text_centred({r.middle_x(), r.middle()}, card.activity_words, style);
    ui.say("p", part(card, "activity"), r, card.activity_words);
    return;
  }
  draw_activity(ui, r, card.activity, color);
  add_picture(ui, part(card, "activity"), r, card.activity_words);
}

TextStyle clock_label_style(const Ui& ui) { return {.size = size::label, .color = ui.theme.muted}; }

TextStyle clock_words_style(const Ui& ui, const ClockView& clock) {
  return {.size = 13, .color = tone_color(ui.theme, clock.tone, ui.theme.text)};
}

/// Where each clock begins, and the last one ends: a third each, unless one needs more for its words.
std::array<float, 4> clock_stops(const Ui& ui, const CardView& card, float width) {
  constexpr std::array<float, 4> thirds{0, 0.34F, 0.66F, 1};
  std::array<float, 3> need{};
  float total = -clock_gap;
  bool fits = true;
  for (std::size_t i = 0; i < need.size(); ++i) {
    const ClockView& clock = card.clocks[i];
    need[i] = clock_gap + std::max(ui.paint.width(clock.label, clock_label_style(ui)),
                                   ui.paint.width(clock.words, clock_words_style(ui, clock)));
    total += need[i];
    fits = fits && need[i] <= width * (thirds[i + 1] - thirds[i]);
  }
  if (fits) return {0, width * thirds[1], width * thirds[2], width};
  const float more = (width - total) / 3;
  return {0, need[0] + more, need[0] + need[1] + 2 * more, width};
}

void draw_clock(Ui& ui, Rect r, const CardView& card, std::size_t index) {
  const ClockView& clock = card.clocks[index];
  draw_fitted(ui, {r.x, r.y + 8}, clock.label, clock_label_style(ui), r.w);
  draw_fitted(ui, {r.x, r.y + 27}, clock.words, clock_words_style(ui, clock), r.w);
  const std::string id = part(card, "clock" + std::to_string(index));
  ui.mirror.open({.tag = "div", .id = id, .rect = r});
  ui.say("dt", id + "-label", {r.x, r.y, r.w, 16}, clock.label);
  ui.say("dd", id + "-value", {r.x, r.y + 17, r.w, 20},
         clock.words + (clock.exact.empty() ? "" : ", " + clock.exact));
  ui.mirror.close();
}

void draw_clocks(Ui& ui, Rect r, const CardView& card) {
  ui.mirror.open(
      {.tag = "dl", .id = part(card, "clocks"), .rect = r, .attributes = {{"aria-label", "Freshness"}}});
  const auto stops = clock_stops(ui, card, r.w);
  for (std::size_t i = 0; i < card.clocks.size(); ++i) {
    const float gap = i + 1 < card.clocks.size() ? clock_gap : 0;
    draw_clock(ui, {r.x + stops[i], r.y, stops[i + 1] - stops[i] - gap, r.h}, card, i);
  }
  ui.mirror.close();
}

void draw_sync_button(Ui& ui, Rect line, float x, const CardView& card) {
  draw_icon_button(
      ui, {x, line.y, line.h, line.h}, icon::refresh,
      {.id = part(card, "sync"), .label = "Sync " + card.name + " now", .command = SyncService{card.service}},
      false);
}

/// What came of pressing the button. The node is there before, or nobody would hear it.
void draw_sync_answer(Ui& ui, Rect line, const CardView& card) {
  const TextStyle style{.size = size::small, .color = ui.theme.text};
  draw_fitted(ui, {line.x, line.middle()}, card.sync_answer, style, line.w - line.h - 4);
  ui.mirror.add({.tag = "p",
                 .id = part(card, "sync-answer"),
                 .rect = line,
                 .text = card.sync_answer,
                 .attributes = {{"role", "status"}}});
}

/// "Last sync 4 min ago" on the left, how it is synced on the right.
void draw_sync_line(Ui& ui, Rect line, const CardView& card) {
  if (card.can_sync) draw_sync_answer(ui, line, card);
  // The button stays, wherever it stands: it has the focus.
  if (!card.sync_answer.empty()) return draw_sync_button(ui, line, line.right() - line.h, card);
  const TextStyle muted{.size = size::small, .color = ui.theme.muted};
  const TextStyle value{.size = size::small,
                        .color = tone_color(ui.theme, card.last_sync.tone, ui.theme.text)};
  const float label = ui.paint.text({line.x, line.middle()}, card.last_sync.label, muted) + 7;
  const float button = card.can_sync ? line.h + 4 : 0;
  const float room = line.w - label - button - ui.paint.width(card.method, muted) - 10;
  const std::string words = ui.paint.elided(card.last_sync.words, value, room);
  const float used = ui.paint.text({line.x + label, line.middle()}, words, value);
  ui.mirror.open(
      {.tag = "div", .id = part(card, "last-sync"), .rect = {line.x, line.y, label + used, line.h}});
  const std::string exact = card.last_sync.exact.empty() ? "" : ", " + card.last_sync.exact;
  ui.say("p", part(card, "last-sync-text"), {line.x, line.y, label + used, line.h},
         card.last_sync.label + " " + card.last_sync.words + exact);
  ui.mirror.close();
  if (card.can_sync) draw_sync_button(ui, line, line.x + label + used + 4, card);
  const float method = ui.paint.text_right({line.right(), line.middle()}, card.method, muted);
  ui.say("p", part(card, "method"), {line.right() - method, line.y, method, line.h}, card.method);
}

void draw_silence_line(Ui& ui, Rect line, const CardView& card) {
  const TextStyle style{.size = size::small,
                        .color = card.silence_unusual ? ui.theme.late_text : ui.theme.muted};
  ui.paint.text({line.x, line.middle()}, ui.paint.elided(card.silence, style, line.w), style);
  ui.say("p", part(card, "silence"), line, card.silence);
}

void draw_foot(Ui& ui, Rect r, const CardView& card) {
  draw_sync_line(ui, {r.x, r.y, r.w, foot_line}, card);
  if (!card.silence.empty()) draw_silence_line(ui, {r.x, r.y + foot_line, r.w, foot_line}, card);
  const Rect strip{r.x, r.bottom() - strip_height, r.w, strip_height};
  draw_days(ui, strip, card.days);
  add_picture(ui, part(card, "days"), strip, card.days_words);
}

/// The badge's description, and beside it to be read through while it is opened.
void add_explanation_text(Ui& ui, Rect r, const CardView& card, bool explained) {
  std::string text = card.sub_state;
  const auto add = [&](const std::string& sentence) {
    text += (text.ends_with('.') ? " " : ". ") + sentence;
  };
  if (!card.notice.empty()) add(card.notice);
  for (const auto& line : card.evidence) add(line.label + ": " + line.value);
  if (!text.ends_with('.')) text += '.';
  std::vector<std::pair<std::string_view, std::string>> attributes;
  if (!explained) attributes.emplace_back("hidden", "");
  ui.mirror.add({.tag = "p",
                 .id = part(card, "why"),
                 .rect = r,
                 .text = std::move(text),
                 .attributes = std::move(attributes)});
}

}  // namespace

std::string badge_id(std::string_view service) { return "badge:" + std::string(service); }

std::string explanation_id(std::string_view service) { return "explanation:" + std::string(service); }

std::string_view service_explained_by(std::string_view id) {
  const std::string_view service = id.substr(std::min(id.find(':') + 1, id.size()));
  return id == badge_id(service) || id == explanation_id(service) ? service : std::string_view();
}

float foot_height(const CardView& card) {
  return (card.silence.empty() ? 1 : 2) * foot_line + 10 + strip_height;
}

float card_height(const Ui& ui, const CardView& card, float width, float foot) {
  return head_height(state_text(ui, card, width).lines.size()) + summary_height +
         notice_height(notice_text(ui, card, width).size()) +
         anomaly_height(anomaly_text(ui, card, width).size()) + min_activity + 14 + clocks_height + 10 +
         foot + pad;
}

void draw_card(Ui& ui, Rect r, const CardView& card, float foot, bool explained) {
  const std::string id = part(card, "card");
  ui.mirror.open({.tag = "article",
                  .id = id,
                  .rect = r,
                  .attributes = {{"aria-label",
                                  card.name + ", " + std::string(label(card.badge)) + ", " + card.sub_state},
                                 {"data-service", card.service},
                                 {"data-status", std::string(name(card.badge))},
                                 {"tabindex", "-1"}}});
  if (!ui.theme.dark) ui.paint.shadow(r, size::card_radius, 8, 0.07F);
  ui.paint.fill(r, ui.theme.panel, size::card_radius);
  const Color edge = card.badge == Badge::error ? mix(ui.theme.line, ui.theme.bad, 0.35F) : ui.theme.line;
  ui.paint.border(r, edge, size::card_radius);
  ui.focus_ring(id, r, size::card_radius);

  float top = r.y + draw_head(ui, r, card, explained);
  const float width = r.w - 2 * pad;
  add_explanation_text(ui, {r.x + pad, top, width, 1}, card, explained);
  const TextStyle style{.size = 13, .color = ui.theme.muted};
  const Rect summary{r.x + pad, top + 8, width, 18};
  ui.paint.text({summary.x, summary.middle()}, ui.paint.elided(card.summary, style, width), style);
  ui.say("p", part(card, "summary"), summary, card.summary);

  top += summary_height;
  top += draw_notice(ui, r, top, card);
  top += draw_anomaly(ui, r, top, card);
  const float foot_top = r.bottom() - pad - foot;
  const float clocks = foot_top - 10 - clocks_height;
  draw_activity_or_placeholder(ui, {r.x + pad, top, width, clocks - 14 - top}, card);
  draw_clocks(ui, {r.x + pad, clocks, width, clocks_height}, card);
  draw_foot(ui, {r.x + pad, foot_top, width, foot}, card);
  ui.mirror.close();
}

}  // namespace wf
