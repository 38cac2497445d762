#include "web-ui/screens/notices.hpp"

#include "web-ui/theme/icons.hpp"
#include "web-ui/widgets/controls.hpp"

namespace wf {
namespace {

struct Strip {
  const char* id;
  const char* icon;
  std::string text;
  bool is_bad = false;
};

std::optional<Strip> connection_strip(const Model& model) {
  const bool is_read = model.services_load == Load::ready;
  if (model.link == Link::offline) {
    return Strip{"offline", icon::offline,
                 is_read ? "You are offline. This is what was last read."
                         : "You are offline. The services are read as soon as you are back."};
  }
  if (!is_read) return std::nullopt;
  if (model.read_failed) {
    return Strip{"unanswered", icon::alert,
                 "The database does not answer. This is what was last read; it is asked again by itself."};
  }
  if (model.link != Link::polling) return std::nullopt;
  return Strip{"polling", icon::live,
               "Live updates are interrupted. Changes are read every 15 seconds until they are back."};
}

std::vector<Strip> strips_of(const Model& model) {
  std::vector<Strip> strips;
  if (auto strip = connection_strip(model)) strips.push_back(std::move(*strip));
  if (!model.link_problem.empty()) strips.push_back({"mail-link", icon::alert, model.link_problem});
  const Workspace* workspace = current_workspace(model);
  if (workspace != nullptr && !workspace->configuration_problem.empty()) {
    strips.push_back({"configuration", icon::alert,
                      "The settings of this workspace cannot be read: " + workspace->configuration_problem,
                      true});
  }
  return strips;
}

float draw_strip(Ui& ui, Rect area, const Strip& strip) {
  const Color color = strip.is_bad ? ui.theme.bad_text : ui.theme.late_text;
  const TextStyle style{.size = 13, .color = color};
  const auto lines = ui.paint.wrapped(strip.text, style, area.w - 54, 4);
  const Rect r{area.x, area.y, area.w, static_cast<float>(lines.size()) * 19 + 21};
  ui.paint.fill(r, strip.is_bad ? ui.theme.bad_tint : ui.theme.late_tint, 10);
  ui.paint.text({r.x + 15, r.y + 20}, strip.icon, {.face = Face::icon, .size = 16, .color = color});
  for (std::size_t i = 0; i < lines.size(); ++i) {
    ui.paint.text({r.x + 41, r.y + 20 + 19 * static_cast<float>(i)}, lines[i], style);
  }
  ui.say("p", strip.id, r, strip.text);
  return r.h + 14;
}

struct Message {
  const char* icon;
  std::string title;
  std::string text;
  std::optional<Button> button;
};

Message message_for(Instead instead, const Model& model, const IntegrationsState& state) {
  switch (instead) {
    case Instead::no_workspace:
      if (!model.slug.empty() && !model.workspaces.empty()) {
        return {icon::building, "This workspace is not yours to see",
                "The address names a workspace that does not exist, or that you are not a member of.",
                Button{.id = "first-workspace",
                       .label = "Open " + model.workspaces.front().name,
                       .primary = true,
                       .command = SelectWorkspace{model.workspaces.front().slug}}};
      }
      return {icon::building, "No workspace yet",
              "Your account is not a member of any workspace. Ask your agency to add " + model.email + ".",
              std::nullopt};
    case Instead::failed:
      return {icon::alert, "The services could not be read", model.failure,
              Button{.id = "reload",
                     .label = "Try again",
                     .icon = icon::refresh,
                     .primary = true,
                     .command = Reload{}}};
    case Instead::nothing_configured:
      return {icon::plug, "No service is configured yet",
              "Within minutes of your agency adding a service's key to this workspace, its card appears here "
              "by itself.",
              std::nullopt};
    case Instead::unreadable:
      return {icon::alert, "The settings cannot be read",
              "Which services feed this workspace is known as soon as your agency has corrected them.",
              std::nullopt};
    case Instead::no_match:
      break;
  }
  const std::string what = state.search.empty() ? "these filters" : "“" + state.search + "”";
  return {icon::search, "No service matches " + what, "Every service is still there, only hidden.",
          Button{.id = "clear-filters", .label = "Show all services", .command = ClearFilters{}}};
}

}  // namespace

float draw_strips(Ui& ui, Rect area, const Model& model) {
  const float start = area.y;
  for (const Strip& strip : strips_of(model)) area.y += draw_strip(ui, area, strip);
  return area.y - start;
}

std::optional<Instead> instead_of_cards(const Model& model, const IntegrationsView& view) {
  if (model.workspaces_load == Load::failed || model.services_load == Load::failed) return Instead::failed;
  if (model.workspaces_load == Load::loading) return std::nullopt;
  if (current_workspace(model) == nullptr) return Instead::no_workspace;
  if (model.services_load == Load::loading) return std::nullopt;
  if (view.total == 0)
    return current_workspace(model)->configuration_problem.empty() ? Instead::nothing_configured
                                                                   : Instead::unreadable;
  if (view.shown == 0) return Instead::no_match;
  return std::nullopt;
}

void draw_instead(Ui& ui, Rect area, Instead instead, const Model& model, const IntegrationsState& state) {
  const Message message = message_for(instead, model, state);
  const float middle = area.middle_x();
  float y = area.y + 64;
  const Rect tile{middle - 28, y, 56, 56};
  ui.paint.fill(tile, instead == Instead::failed ? ui.theme.bad_tint : ui.theme.off_tint, 16);
  ui.paint.text({middle - 13, tile.middle()}, message.icon,
                {.face = Face::icon,
                 .size = 26,
                 .color = instead == Instead::failed ? ui.theme.bad_text : ui.theme.muted});
  y += 86;
  const TextStyle title{.face = Face::title, .size = 17, .color = ui.theme.text};
  for (const auto& text : ui.paint.wrapped(message.title, title, area.w, 2)) {
    ui.paint.text_centred({middle, y}, text, title);
    y += 24;
  }
  ui.say("h2", "instead-title", {area.x, y - 36, area.w, 24}, message.title);
  const TextStyle body{.size = size::body, .color = ui.theme.muted};
  const float first = y;
  for (const auto& text : ui.paint.wrapped(message.text, body, std::min(area.w, 440.0F), 5)) {
    ui.paint.text_centred({middle, y + 4}, text, body);
    y += 22;
  }
  ui.say("p", "instead-text", {area.x, first - 6, area.w, y - first}, message.text);
  if (message.button) draw_button(ui, {middle, y + 34}, area.w, *message.button);
  ui.view.content_height = std::max(ui.view.content_height, y + 100);
}

}  // namespace wf
