#include "web-ui/widgets/controls.hpp"

#include <algorithm>

#include "web-ui/theme/icons.hpp"

namespace wf {
namespace {

TextStyle chip_style(const Ui& ui, bool chosen) {
  return {.face = Face::text, .size = 13, .color = chosen ? ui.theme.accent_text : ui.theme.muted};
}

constexpr float dot_room = 14;

std::string count_text(const Chip& chip) { return std::to_string(chip.count); }

}  // namespace

float chip_height(const Ui& ui) { return ui.view.touched() ? 36 : 30; }

float chip_width(const Ui& ui, const Chip& chip) {
  const auto style = chip_style(ui, chip.chosen);
  const float count = chip.count < 0 ? 0 : 6 + ui.paint.width(count_text(chip), style);
  const float width = 13 + (chip.has_dot ? dot_room : 0) + ui.paint.width(chip.label, style) + count + 13;
  return ui.view.touched() ? std::max(width, size::touch) : width;
}

void draw_chip(Ui& ui, Point at, const Chip& chip) {
  const Rect r{at.x, at.y, chip_width(ui, chip), chip_height(ui)};
  const float radius = r.h / 2;
  const float hover = ui.hover_amount(chip.id);
  const Color fill = chip.chosen ? ui.theme.accent_tint : ui.theme.panel;
  ui.paint.fill(r,
                mix(fill, chip.chosen ? ui.theme.accent : ui.theme.hover, hover * (chip.chosen ? 0.08F : 1)),
                radius);
  ui.paint.border(r, chip.chosen ? ui.theme.accent : mix(ui.theme.line, ui.theme.line_strong, hover), radius);
  auto style = chip_style(ui, chip.chosen);
  float x = r.x + (chip.has_dot || chip.count >= 0 ? 13 : (r.w - ui.paint.width(chip.label, style)) / 2);
  if (chip.has_dot) {
    ui.paint.circle({x + 3.5F, r.middle()}, 3.5F, chip.dot);
    x += dot_room;
  }
  x += ui.paint.text({x, r.middle()}, chip.label, style);
  if (chip.count >= 0) {
    style.color = chip.chosen ? ui.theme.accent_text : ui.theme.muted;
    ui.paint.text({x + 6, r.middle()}, count_text(chip), style);
  }
  ui.focus_ring(chip.id, r, radius);
  const std::string name = chip.count < 0 ? chip.label : chip.label + ", " + count_text(chip);
  const Rect target = ui.view.touched() ? Rect{r.x, r.middle() - size::touch / 2, r.w, size::touch} : r;
  ui.mirror.add({.tag = "button",
                 .id = chip.id,
                 .rect = target,
                 .text = name,
                 .attributes = {{"aria-pressed", chip.chosen ? "true" : "false"}},
                 .on_activate = chip.command});
}

void draw_button(Ui& ui, Point middle, float room, const Button& button) {
  const TextStyle style{
      .face = Face::title, .size = 13, .color = button.primary ? ui.theme.on_accent : ui.theme.text};
  const float icon_room = button.icon != nullptr ? 24 : 0;
  const std::string label = ui.paint.elided(button.label, style, room - icon_room - 32);
  const float width = ui.paint.width(label, style) + icon_room + 32;
  const Rect r{middle.x - width / 2, middle.y - 20, width, 40};
  const float hover = ui.hover_amount(button.id);
  const Color fill = button.primary ? ui.theme.accent : ui.theme.panel;
  ui.paint.fill(
      r, mix(fill, button.primary ? ui.theme.text : ui.theme.hover, hover * (button.primary ? 0.15F : 1)),
      size::control_radius);
  if (!button.primary) ui.paint.border(r, ui.theme.line_strong, size::control_radius);
  if (button.icon != nullptr) {
    ui.paint.text({r.x + 16, r.middle()}, button.icon,
                  {.face = Face::icon, .size = 16, .color = style.color});
  }
  ui.paint.text({r.x + 16 + icon_room, r.middle()}, label, style);
  ui.focus_ring(button.id, r, size::control_radius);
  ui.mirror.add({.tag = "button",
                 .id = button.id,
                 .rect = at_least(r, size::touch),
                 .text = button.label,
                 .on_activate = button.command});
}

void draw_icon_button(Ui& ui, Rect r, const char* icon, const Button& button, bool fixed) {
  const float hover = ui.hover_amount(button.id);
  ui.paint.fill(r, with_alpha(ui.theme.hover, hover), size::control_radius);
  const float side = std::min(18.0F, r.h - 8);
  ui.paint.text({r.middle_x() - side / 2, r.middle()}, icon,
                {.face = Face::icon, .size = side, .color = mix(ui.theme.muted, ui.theme.text, hover)});
  ui.focus_ring(button.id, r.inset(3), size::control_radius);
  ui.mirror.add({.tag = "button",
                 .id = button.id,
                 .rect = at_least(r, ui.view.touched() ? size::touch : size::pointer),
                 .attributes = {{"aria-label", button.label}},
                 .on_activate = button.command,
                 .fixed = fixed});
}

void draw_search(Ui& ui, Rect r, const std::string& text) {
  const float hover = ui.hover_amount("search");
  ui.paint.fill(r, ui.theme.panel, size::control_radius);
  ui.paint.border(r, mix(ui.theme.line, ui.theme.line_strong, hover), size::control_radius);
  ui.paint.text({r.x + 13, r.middle()}, icon::search,
                {.face = Face::icon, .size = 16, .color = ui.theme.muted});
  if (text.empty()) {
    ui.paint.text({r.x + 39, r.middle()}, "Search services", {.size = size::body, .color = ui.theme.muted});
  }
  const bool hint = text.empty() && !ui.view.narrow() && !ui.focused("search");
  if (hint) {
    const TextStyle style{.size = size::label, .color = ui.theme.muted};
    const float width = ui.paint.width("Ctrl K", style) + 14;
    const Rect key{r.right() - 12 - width, r.middle() - 10, width, 20};
    ui.paint.border(key, ui.theme.line, 5);
    ui.paint.text({key.x + 7, key.middle()}, "Ctrl K", style);
  }
  // The field lies above all that is drawn: under the top bar its text would stand on the bar's.
  const bool covered = ui.view.narrow() && r.y < ui.view.top();
  if (covered) {
    const TextStyle typed{.size = 16, .color = ui.theme.text};
    ui.paint.text({r.x + 39, r.middle()}, ui.paint.elided(text, typed, r.w - 80), typed);
  }
  if (ui.focused("search")) ui.paint.border(r.grown(1), ui.theme.accent, size::control_radius + 1, 2);
  // The browser draws the typed text, caret and selection: a real field, transparent but for them.
  Node field{.tag = "input",
             .id = "search",
             .rect = r,
             .attributes = {{"type", "search"},
                            {"aria-label", "Search services"},
                            {"placeholder", "Search services"},
                            {"aria-keyshortcuts", "Control+K"},
                            {"autocomplete", "off"},
                            {"spellcheck", "false"},
                            {"value", text}}};
  if (covered) field.attributes.emplace_back("data-covered", "");
  ui.mirror.add(std::move(field));
}

}  // namespace wf
