#include "web-ui/screens/integrations_screen.hpp"

#include <algorithm>
#include <array>

#include "shared/base/text.hpp"
#include "web-ui/screens/notices.hpp"
#include "web-ui/screens/service_card.hpp"
#include "web-ui/screens/shell.hpp"
#include "web-ui/screens/skeleton.hpp"
#include "web-ui/widgets/controls.hpp"
#include "web-ui/widgets/running_line.hpp"
#include "web-ui/widgets/status.hpp"

namespace wf {
namespace {

Color link_color(const Theme& theme, const Model& model) {
  if (model.read_failed) return theme.late;
  if (model.link == Link::live) return theme.ok;
  return model.link == Link::connecting ? theme.off : theme.late;
}

TextStyle summary_style(const Ui& ui, const std::string& part, bool first) {
  TextStyle style{.size = size::body, .color = ui.theme.muted};
  const bool attention = part.find("attention") != std::string::npos;
  if (attention || first) style.face = Face::title;
  if (attention)
    style.color = ui.theme.bad_text;
  else if (first)
    style.color = ui.theme.text;
  return style;
}

/// Returns the height used.
float draw_summary(Ui& ui, Rect area, const Model& model, const IntegrationsView& view) {
  RunningLine line(ui, area);
  const bool is_read = model.services_load == Load::ready;
  if (is_read) {
    for (std::size_t i = 0; i < view.summary.size(); ++i) {
      const bool last = i + 1 == view.summary.size();
      line.write(view.summary[i] + (last ? "" : ","), summary_style(ui, view.summary[i], i == 0));
      line.skip(last ? 14 : 5);
    }
  }
  // Whoever does not see it hears what changes in what is always there, and nothing that comes with its
  // words.
  ui.mirror.add({.tag = "p",
                 .id = "summary",
                 .rect = {area.x, area.y, area.w, 20},
                 .text = is_read ? join(view.summary, ", ") : "",
                 .attributes = {{"role", "status"}}});
  if (view.link.empty()) return line.bottom() - area.y;
  const TextStyle plain{.size = size::body, .color = ui.theme.muted};
  line.reserve(14 + ui.paint.width(view.link, plain));
  ui.paint.circle({line.x() + 4, line.middle()}, 3.5F, link_color(ui.theme, model));
  line.skip(14);
  const Point from{line.x(), line.middle() - 10};
  // "no answer from the database, as of 12 min ago" is wider than a small window.
  const std::size_t comma = std::min(view.link.find(", "), view.link.size());
  line.write(view.link.substr(0, std::min(comma + 2, view.link.size())), plain);
  if (comma < view.link.size()) line.write(view.link.substr(comma + 2), plain);
  ui.say("p", "link", {from.x, from.y, area.right() - from.x, line.bottom() - from.y}, view.link);
  return line.bottom() - area.y;
}

/// Title, summary and search; returns where the next row begins.
float draw_head(Ui& ui, Rect area, const IntegrationsState& state, const Model& model,
                const IntegrationsView& view) {
  ui.paint.text({area.x, area.y + 18}, "Integrations",
                {.face = Face::title, .size = size::title, .color = ui.theme.text});
  ui.say("h1", "title", {area.x, area.y, 200, 36}, "Integrations");
  if (!ui.view.narrow()) {
    draw_search(ui, {area.right() - 230, area.y, 230, ui.view.touched() ? size::touch : 38}, state.search);
    return area.y + 44 + draw_summary(ui, {area.x, area.y + 44, area.w, 20}, model, view) + 16;
  }
  draw_search(ui, {area.x, area.y + 44, area.w, 44}, state.search);
  return area.y + 102 + draw_summary(ui, {area.x, area.y + 102, area.w, 20}, model, view) + 16;
}

std::vector<Chip> category_chips(const IntegrationsView& view) {
  std::vector<Chip> chips;
  for (const auto& [category, chosen] : view.categories) {
    const std::string words(category ? label(*category) : "All");
    chips.push_back({.id = "category:" + to_lower(words),
                     .label = words,
                     .count = -1,
                     .chosen = chosen,
                     .command = ChooseCategory{category}});
  }
  return chips;
}

std::vector<Chip> status_chips(const Ui& ui, const IntegrationsView& view) {
  std::vector<Chip> chips;
  for (const auto& [badge, count, chosen] : view.statuses) {
    chips.push_back({.id = "status:" + std::string(name(badge)),
                     .label = std::string(label(badge)),
                     .count = count,
                     .chosen = chosen,
                     .has_dot = true,
                     .dot = badge_colors(ui.theme, badge).dot,
                     .command = ChooseStatus{chosen ? std::nullopt : std::optional(badge)}});
  }
  return chips;
}

float total_width(const Ui& ui, const std::vector<Chip>& chips) {
  float width = 0;
  for (const auto& chip : chips) width += chip_width(ui, chip) + size::chip_gap;
  return width - size::chip_gap;
}

/// Chips from left to right, wrapped; returns where the next row begins.
float draw_chip_row(Ui& ui, Rect area, const std::string& name, const std::vector<Chip>& chips) {
  const float step = chip_height(ui) + 8;
  float x = area.x, y = area.y;
  ui.mirror.open({.tag = "div",
                  .id = name,
                  .rect = {area.x, area.y, area.w, step},
                  .attributes = {{"role", "group"}, {"aria-label", name}}});
  for (const auto& chip : chips) {
    const float width = chip_width(ui, chip);
    if (x > area.x && x + width > area.right() + 0.5F) {
      x = area.x;
      y += step;
    }
    draw_chip(ui, {x, y}, chip);
    x += width + size::chip_gap;
  }
  ui.mirror.close();
  return y + step;
}

float draw_filters(Ui& ui, Rect area, const IntegrationsView& view) {
  const auto by_category = category_chips(view);
  const auto by_status = status_chips(ui, view);
  const float status_width = total_width(ui, by_status);
  const bool one_row = total_width(ui, by_category) + 20 + status_width <= area.w;
  const Rect status_area = one_row ? Rect{area.right() - status_width, area.y, status_width, 0} : area;
  if (one_row) {
    const float end = draw_chip_row(ui, area, "Category", by_category);
    draw_chip_row(ui, status_area, "Status", by_status);
    return end;
  }
  area.y = draw_chip_row(ui, status_area, "Status", by_status) + 2;
  return draw_chip_row(ui, area, "Category", by_category);
}

/// A card's place in the grid.
struct Slot {
  const GroupView* group;
  const CardView* card;
  bool opens_group;
  /// How many cards of the group stand beside it in this row, itself included.
  int beside;
};

std::vector<std::vector<Slot>> rows_of(const IntegrationsView& view, int columns) {
  std::vector<std::vector<Slot>> rows;
  for (const auto& group : view.groups) {
    Slot* opener = nullptr;
    for (const auto& card : group.cards) {
      if (rows.empty() || static_cast<int>(rows.back().size()) == columns) {
        rows.emplace_back();
        rows.back().reserve(static_cast<std::size_t>(columns));
        opener = nullptr;
      }
      rows.back().push_back({&group, &card, &card == &group.cards.front(), 1});
      if (opener != nullptr)
        ++opener->beside;
      else
        opener = &rows.back().back();
    }
  }
  return rows;
}

void draw_group_label(Ui& ui, Rect r, const GroupView& group) {
  const TextStyle style{.face = Face::title, .size = size::small, .color = ui.theme.muted};
  const float used = ui.paint.text({r.x + 2, r.y + 11}, group.label, style);
  ui.paint.hairline({r.x + used + 14, r.y + 11}, r.w - used - 16, ui.theme.line);
}

/// What is pointed at comes before what has the keyboard's focus, and both before what was left open.
enum class Claim { none, open, focused, hovered };

struct Explained {
  const CardView* card = nullptr;
  Claim claim = Claim::none;
  Rect badge;
  std::string_view tip;
  Rect tip_rect;
};

void note_tip(const Ui& ui, const std::string& id, std::string_view tip, Explained& out) {
  const bool by_keyboard = ui.attention.focus_visible && ui.focused(id) && out.tip.empty();
  if ((!ui.hovered(id) && !by_keyboard) || tip.empty()) return;
  const Node* node = ui.mirror.find(id);
  if (node == nullptr) return;
  out.tip = tip;
  out.tip_rect = node->rect;
}

void note_tips(const Ui& ui, const IntegrationsState& state, const CardView& card, Explained& out) {
  if (state.tip_dismissed) return;
  note_tip(ui, "last-sync:" + card.service, card.last_sync.exact, out);
  note_tip(ui, "sync:" + card.service, "Sync now", out);
  for (std::size_t i = 0; i < card.clocks.size(); ++i) {
    note_tip(ui, "clock" + std::to_string(i) + ":" + card.service, card.clocks[i].exact, out);
  }
  if (card.activity.size() > 1) note_tip(ui, "activity:" + card.service, card.activity_words, out);
  note_tip(ui, "days:" + card.service, card.days_words, out);
}

void note_attention(const Ui& ui, const IntegrationsState& state, const CardView& card, Explained& out) {
  const std::string badge = badge_id(card.service);
  if (state.dismissed == card.service) return note_tips(ui, state, card, out);
  const bool by_keyboard = ui.attention.focus_visible && ui.focused(badge);
  const bool by_hover = ui.hovered(badge) || ui.hovered(explanation_id(card.service));
  const Claim claim = by_hover                          ? Claim::hovered
                      : by_keyboard                     ? Claim::focused
                      : state.explained == card.service ? Claim::open
                                                        : Claim::none;
  if (claim > out.claim) {
    const Node* node = ui.mirror.find(badge);
    if (node == nullptr) return;
    out.card = &card;
    out.claim = claim;
    out.badge = node->rect;
  }
  note_tips(ui, state, card, out);
}

/// A group's node holds its cards of one row; where it goes on in the next row, a second node
/// of the same name does.
void draw_row(Ui& ui, const IntegrationsState& state, Rect row, float card_width, float foot,
              const std::vector<Slot>& slots) {
  for (std::size_t i = 0; i < slots.size();) {
    const Slot& first = slots[i];
    const auto beside = static_cast<std::size_t>(first.beside);
    const float x = row.x + (card_width + size::gap) * static_cast<float>(i);
    const float width = card_width * static_cast<float>(beside) + size::gap * static_cast<float>(beside - 1);
    const bool label = first.opens_group;
    const std::string id = "group:" + first.group->label + (label ? "" : ":" + first.card->service);
    ui.mirror.open({.tag = "div",
                    .id = id,
                    .rect = {x, row.y, width, row.h},
                    .attributes = {{"role", "group"}, {"aria-label", first.group->label}}});
    draw_group_label(ui, {x, row.y, width, group_label}, *first.group);
    if (label) {
      ui.say("h2", id + ":label", {x, row.y, width, 22}, first.group->label);
    }
    for (std::size_t j = 0; j < beside; ++j) {
      const CardView& card = *slots[i + j].card;
      const Rect r{x + (card_width + size::gap) * static_cast<float>(j), row.y + group_label, card_width,
                   row.h - group_label};
      draw_card(ui, r, card, foot, state.explained == card.service);
    }
    ui.mirror.close();
    i += beside;
  }
}

Explained attended(const Ui& ui, const IntegrationsState& state, const IntegrationsView& view) {
  Explained explained;
  for (const auto& group : view.groups) {
    for (const auto& card : group.cards) note_attention(ui, state, card, explained);
  }
  return explained;
}

void draw_overlays(Ui& ui, const Explained& explained) {
  if (explained.card != nullptr)
    draw_explanation(ui, *explained.card, explained.badge);
  else if (!explained.tip.empty())
    draw_tooltip(ui, explained.tip_rect, explained.tip);
}

void draw_cards(Ui& ui, Rect area, const IntegrationsState& state, const IntegrationsView& view) {
  const int columns = column_count(area.w);
  const float card_width =
      (area.w - size::gap * static_cast<float>(columns - 1)) / static_cast<float>(columns);
  for (const auto& slots : rows_of(view, columns)) {
    float foot = 0;
    for (const auto& slot : slots) foot = std::max(foot, foot_height(*slot.card));
    float height = 0;
    for (const auto& slot : slots) height = std::max(height, card_height(ui, *slot.card, card_width, foot));
    draw_row(ui, state, {area.x, area.y, area.w, height + group_label}, card_width, foot, slots);
    area.y += height + group_label + 14;
  }
  ui.view.content_height = std::max(ui.view.content_height, area.y + 24);
}

}  // namespace

int column_count(float width) {
  const int fit = static_cast<int>((width + size::gap) / (size::min_card + size::gap));
  return std::clamp(fit, 1, size::max_columns);
}

void draw_integrations(Ui& ui, const IntegrationsState& state, const Model& model,
                       const IntegrationsView& view) {
  Rect area = content_area(ui.view);
  ui.mirror.open({.tag = "main",
                  .id = "main",
                  .rect = {area.x, 0, area.w, ui.view.height},
                  .attributes = {{"tabindex", "-1"}}});
  area.y = draw_head(ui, area, state, model, view);
  const auto instead = instead_of_cards(model, view);
  const bool cards = !instead && model.services_load == Load::ready;
  if (cards || instead == Instead::no_match) area.y = draw_filters(ui, area, view) + 10;
  // Whoever does not see the cards change hears how many are left.
  const bool some = (cards || instead == Instead::no_match) && view.shown < view.total;
  ui.mirror.add(
      {.tag = "p",
       .id = "found",
       .rect = {area.x, area.y, area.w, 1},
       .text = some ? std::to_string(view.shown) + " of " + std::to_string(view.total) + " shown" : "",
       .attributes = {{"role", "status"}}});
  ui.mirror.open({.tag = "div", .id = "notices", .rect = area, .attributes = {{"role", "status"}}});
  area.y += draw_strips(ui, area, model);
  if (instead)
    draw_instead(ui, area, *instead, model, state);
  else if (!cards)
    draw_skeleton(ui, area);
  ui.mirror.close();
  if (cards) draw_cards(ui, area, state, view);
  ui.mirror.close();
}

void draw_integrations_overlays(Ui& ui, const IntegrationsState& state, const IntegrationsView& view) {
  draw_overlays(ui, attended(ui, state, view));
}

}  // namespace wf
