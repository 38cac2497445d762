#include "web-ui/screens/shell.hpp"

#include <algorithm>

#include "web-ui/theme/brands.hpp"
#include "web-ui/theme/icons.hpp"
#include "web-ui/widgets/controls.hpp"
#include "web-ui/widgets/status.hpp"

namespace wf {
namespace {

float item_height(const Ui& ui) { return ui.view.touched() ? size::touch : 36; }

const std::string& workspace_name(const Model& model) {
  static const std::string product = "Webfluentia";
  const Workspace* workspace = current_workspace(model);
  return workspace != nullptr ? workspace->name : product;
}

void draw_initial(Ui& ui, Rect r, const std::string& name) {
  ui.paint.fill(r, ui.theme.accent, 8);
  std::size_t length = 1;
  while (length < name.size() && (static_cast<unsigned char>(name[length]) & 0xC0) == 0x80) ++length;
  ui.paint.text_centred({r.middle_x(), r.middle()}, name.substr(0, length),
                        {.face = Face::title, .size = 13, .color = ui.theme.on_accent});
}

std::string elsewhere_words(int count) {
  return count == 1 ? "1 other workspace needs attention"
                    : std::to_string(count) + " other workspaces need attention";
}

/// At the corner of the tile: how many of the other workspaces need attention.
void draw_elsewhere(Ui& ui, Rect tile, int count) {
  if (count == 0) return;
  const TextStyle style{.face = Face::title, .size = 10, .color = ui.theme.panel};
  const std::string words = std::to_string(count);
  const float width = std::max(16.0F, ui.paint.width(words, style) + 8);
  const Rect r{tile.right() + 8 - width, tile.y - 7, width, 16};
  ui.paint.fill(r.grown(1.5F), ui.theme.panel, 9.5F);
  ui.paint.fill(r, ui.theme.bad, 8);
  ui.paint.text_centred({r.middle_x(), r.middle()}, words, style);
}

/// One `select` holds all workspaces: a real list, whatever their number. The value it shows
/// is drawn here.
void add_workspace_select(Ui& ui, Rect r, const Model& model, const IntegrationsView& view) {
  Node select{.tag = "select",
              .id = "workspace",
              .rect = r,
              .attributes = {{"aria-label", "Workspace"}, {"value", model.slug}},
              .fixed = true};
  if (view.troubled_elsewhere > 0)
    select.attributes.emplace_back("title", elsewhere_words(view.troubled_elsewhere));
  ui.mirror.open(std::move(select));
  for (const auto& workspace : view.workspaces) {
    ui.mirror.add({.tag = "option",
                   .id = "workspace:" + workspace.slug,
                   .rect = r,
                   .text = workspace.words,
                   .attributes = {{"value", workspace.slug}},
                   .on_activate = SelectWorkspace{workspace.slug}});
  }
  ui.mirror.close();
}

void draw_workspace(Ui& ui, Rect r, const Model& model, const IntegrationsView& view) {
  const bool choice = model.workspaces.size() > 1;
  if (choice) {
    const float hover = ui.hover_amount("workspace");
    ui.paint.fill(r, with_alpha(ui.theme.hover, hover), size::control_radius);
    ui.focus_ring("workspace", r.inset(3), size::control_radius);
  }
  const std::string& name = workspace_name(model);
  const Rect tile{r.x + 8, r.middle() - 13, 26, 26};
  draw_initial(ui, tile, name);
  draw_elsewhere(ui, tile, view.troubled_elsewhere);
  const TextStyle style{.face = Face::title, .size = 14, .color = ui.theme.text};
  const float room = r.right() - tile.right() - 10 - (choice ? 30 : 8);
  const auto lines = ui.paint.wrapped(name, style, room, 2);
  float used = 0;
  float middle = r.middle() - 9 * (static_cast<float>(lines.size()) - 1);
  for (const auto& line : lines) {
    used = std::max(used, ui.paint.text({tile.right() + 10, middle}, line, style));
    middle += 18;
  }
  if (choice) {
    const float x = ui.view.narrow() ? tile.right() + 10 + used + 8 : r.right() - 24;
    ui.paint.text({x, r.middle()}, icon::chevrons, {.face = Face::icon, .size = 15, .color = ui.theme.muted});
    add_workspace_select(ui, r, model, view);
    return;
  }
  ui.mirror.add({.tag = "p", .id = "workspace-name", .rect = r, .text = name, .fixed = true});
}

void draw_current_page(Ui& ui, Rect r) {
  ui.paint.fill(r, ui.theme.accent_tint, size::control_radius);
  ui.paint.text({r.x + 10, r.middle()}, icon::grid,
                {.face = Face::icon, .size = 17, .color = ui.theme.accent_text});
  ui.paint.text({r.x + 38, r.middle()}, "Integrations", {.size = size::body, .color = ui.theme.accent_text});
  ui.focus_ring("nav:integrations", r.inset(3), size::control_radius);
  ui.mirror.add({.tag = "a",
                 .id = "nav:integrations",
                 .rect = r,
                 .text = "Integrations",
                 .attributes = {{"href", "#main"}, {"aria-current", "page"}},
                 .fixed = true});
}

void draw_shortcut(Ui& ui, Rect r, const ShortcutView& shortcut) {
  const std::string id = "go:" + shortcut.service;
  const float hover = ui.hover_amount(id);
  ui.paint.fill(r, with_alpha(ui.theme.hover, hover), size::control_radius);
  const Brand& brand = brand_of(shortcut.service);
  ui.paint.text({r.x + 10, r.middle()}, brand.icon,
                {.face = Face::icon, .size = 17, .color = brand_color(brand, ui.theme)});
  const bool worth_a_dot = shortcut.urgency() > 0;
  const bool warned = shortcut.tone == Tone::late && shortcut.badge != Badge::error;
  const TextStyle style{.size = size::body, .color = mix(ui.theme.muted, ui.theme.text, hover)};
  const float room = r.w - 38 - (worth_a_dot ? 24 : 8);
  ui.paint.text({r.x + 38, r.middle()}, ui.paint.elided(shortcut.name, style, room), style);
  if (worth_a_dot) {
    ui.paint.circle({r.right() - 14, r.middle()}, 3.5F,
                    shortcut.tone == Tone::bad ? ui.theme.bad : ui.theme.late);
  }
  ui.focus_ring(id, r.inset(3), size::control_radius);
  ui.mirror.add({.tag = "button",
                 .id = id,
                 .rect = r,
                 .text = shortcut.name,
                 .attributes = {{"aria-label", shortcut.name + ", " + std::string(label(shortcut.badge)) +
                                                   (warned ? ", with a warning" : "")}},
                 .on_activate = ShowService{shortcut.service},
                 .fixed = true});
}

void draw_shortcuts(Ui& ui, float y, float end, const IntegrationsView& view) {
  if (view.shortcuts.empty()) return;
  ui.paint.text({22, y + 8}, "SERVICES", {.face = Face::title, .size = 10.5F, .color = ui.theme.muted});
  ui.mirror.add(
      {.tag = "h2", .id = "shortcuts", .rect = {22, y, 120, 16}, .text = "Services", .fixed = true});
  y += 25;
  const auto room = static_cast<std::size_t>(std::max(0.0F, end - y) / item_height(ui));
  for (const auto& shortcut : shortcuts_in(view.shortcuts, room)) {
    draw_shortcut(ui, {12, y, size::sidebar - 24, item_height(ui)}, shortcut);
    y += item_height(ui);
  }
}

/// On two lines where one does not do: at a dot or a hyphen, so far as the text before one fits.
std::vector<std::string> host_lines(const Ui& ui, std::string_view host, const TextStyle& style, float room) {
  if (ui.paint.width(host, style) <= room) return {std::string(host)};
  for (auto at = host.find_last_of(".-"); at != 0 && at != host.npos; at = host.find_last_of(".-", at - 1)) {
    const auto first = host.substr(0, at);
    if (ui.paint.width(first, style) <= room)
      return {std::string(first), ui.paint.elided(host.substr(at), style, room)};
  }
  return ui.paint.wrapped(host, style, room, 2);
}

/// On two lines, its host below, where one does not do, and on three where these do not.
void draw_address(Ui& ui, Rect r, const std::string& email, TextStyle style) {
  const auto at = email.rfind('@');
  if (at == std::string::npos || ui.paint.width(email, style) <= r.w) {
    ui.paint.text({r.x, r.middle()}, ui.paint.elided(email, style, r.w), style);
    return;
  }
  style.size = size::label;
  style = ui.paint.fitted(email.substr(at), style, r.w);
  const auto host = host_lines(ui, email.substr(at), style, r.w);
  auto lines = ui.paint.wrapped(email.substr(0, at), style, r.w, host.size() > 1 ? 1 : 2);
  lines.insert(lines.end(), host.begin(), host.end());
  const float step = lines.size() > 2 ? 14 : 16;
  float middle = r.middle() - step * static_cast<float>(lines.size() - 1) / 2;
  for (const auto& line : lines) {
    ui.paint.text({r.x, middle}, line, style);
    middle += step;
  }
}

void draw_account(Ui& ui, const Model& model) {
  const float y = ui.view.height - 60;
  ui.paint.hairline({0, y}, size::sidebar - 1, ui.theme.line);
  const TextStyle style{.size = size::small, .color = ui.theme.muted};
  const Rect line{22, y + 12, size::sidebar - 22 - 56, 36};
  draw_address(ui, line, model.email, style);
  ui.mirror.add({.tag = "p", .id = "account", .rect = line, .text = model.email, .fixed = true});
  draw_icon_button(ui, {size::sidebar - 52, y + 8, 44, 44}, icon::sign_out,
                   {.id = "sign-out", .label = "Sign out", .command = SignOut{}}, true);
}

void draw_sidebar(Ui& ui, const Model& model, const IntegrationsView& view) {
  const Rect r{0, 0, size::sidebar, ui.view.height};
  ui.mirror.open(
      {.tag = "nav", .id = "nav", .rect = r, .attributes = {{"aria-label", "Main"}}, .fixed = true});
  ui.paint.fill(r, ui.theme.panel);
  ui.paint.fill({r.right() - 1, 0, 1, r.h}, ui.theme.line);
  draw_workspace(ui, {12, 14, size::sidebar - 24, 44}, model, view);
  draw_current_page(ui, {12, 70, size::sidebar - 24, item_height(ui)});
  draw_shortcuts(ui, 90 + item_height(ui), ui.view.height - 64, view);
  draw_account(ui, model);
  ui.mirror.close();
}

void draw_top_bar(Ui& ui, const Model& model, const IntegrationsView& view) {
  const Rect r{0, 0, ui.view.width, size::top_bar};
  ui.mirror.open(
      {.tag = "nav", .id = "nav", .rect = r, .attributes = {{"aria-label", "Main"}}, .fixed = true});
  ui.paint.fill(r, ui.theme.panel);
  ui.paint.hairline({0, r.bottom() - 1}, r.w, ui.theme.line);
  draw_workspace(ui, {8, 8, r.w - 8 - 60, 44}, model, view);
  draw_icon_button(ui, {r.right() - 52, 8, 44, 44}, icon::sign_out,
                   {.id = "sign-out", .label = "Sign out", .command = SignOut{}}, true);
  ui.mirror.close();
}

}  // namespace

Rect content_area(const Viewport& view) {
  if (view.narrow()) return {16, size::top_bar + 20, view.width - 32, 0};
  const float gutter = view.width < 1100 ? 20.0F : 28.0F;
  return {size::sidebar + gutter, 22, view.width - size::sidebar - 2 * gutter, 0};
}

void draw_shell(Ui& ui, const Model& model, const IntegrationsView& view) {
  const Point scrolled = ui.paint.offset();
  ui.paint.set_offset({0, 0});
  if (ui.view.narrow())
    draw_top_bar(ui, model, view);
  else
    draw_sidebar(ui, model, view);
  ui.paint.set_offset(scrolled);
}

}  // namespace wf
