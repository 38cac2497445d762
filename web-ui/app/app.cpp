#include "web-ui/app/app.hpp"

#include <utility>

#include "web-ui/app/read_rows.hpp"
#include "web-ui/mirror/scroll_anchor.hpp"
#include "web-ui/screens/integrations_screen.hpp"
#include "web-ui/screens/service_card.hpp"
#include "web-ui/screens/shell.hpp"

namespace wf {
namespace {

std::string_view attended_service(const Attention& attention) {
  const std::string_view hovered = service_explained_by(attention.hovered);
  return hovered.empty() ? service_explained_by(attention.focused) : hovered;
}

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

Link read_link(std::string_view text) {
  if (text == "live") return Link::live;
  if (text == "polling") return Link::polling;
  return text == "offline" ? Link::offline : Link::connecting;
}

std::string member(const Json& json, std::string_view key) { return find_string(json, key).value_or(""); }

}  // namespace

bool App::post(std::string_view kind, std::string_view payload) {
  if (kind == "workspaces" || kind == "services" || kind == "all_services" || kind == "activity" ||
      kind == "series")
    return set_rows(kind, payload);
  const auto parsed = parse_json(payload, kind);
  if (!parsed) return false;
  const Json& json = *parsed;
  if (kind == "theme") {
    dark_ = is_true(json, "dark");
    reduced_motion_ = is_true(json, "reduced_motion");
    touched_ = is_true(json, "touched");
  } else if (kind == "account") {
    model_ = Model{.email = member(json, "email"), .now = model_.now, .slug = model_.slug};
    state_ = {};
  } else if (kind == "route") {
    if (model_.slug == member(json, "slug")) return false;
    model_.slug = member(json, "slug");
    forget_services(model_);
    state_ = {};
  } else if (kind == "loading") {
    model_.failure.clear();
    model_.workspaces_load = model_.services_load = Load::loading;
  } else if (kind == "link") {
    model_.link = read_link(member(json, "state"));
  } else if (kind == "read") {
    const auto ms = find_int64(json, "ms");
    model_.read_failed = !ms;
    model_.read_time.reset();
    if (ms) model_.read_time = std::chrono::milliseconds(*ms);
  } else if (kind == "sync") {
    answer_sync(model_, member(json, "service"), member(json, "words"), is_true(json, "taken"));
  } else if (kind == "mail_link") {
    model_.link_problem = member(json, "problem");
  } else if (kind == "changed") {
    model_.last_change = parse_time(member(json, "at"));
  } else if (kind == "failed") {
    fail_load(member(json, "message"));
  } else if (kind == "attention") {
    attention_ = {member(json, "hovered"), member(json, "focused"), is_true(json, "focus_visible")};
    if (state_.dismissed != attended_service(attention_)) state_.dismissed.clear();
    state_.tip_dismissed = false;
    return true;
  } else if (kind == "activate") {
    const Command* command = mirror_.command(member(json, "id"));
    return command != nullptr && run(Command(*command));
  } else if (kind == "search") {
    return run(SetSearch{member(json, "text")});
  } else if (kind == "escape") {
    state_.dismissed = attended_service(attention_);
    state_.tip_dismissed = true;
    return run(ToggleExplanation{""});
  }
  refresh_view();
  return true;
}

bool App::set_rows(std::string_view kind, std::string_view payload) {
  // Charts and remarks are worth less than the cards: an answer that cannot be read leaves all as it was.
  const bool is_needed = kind == "workspaces" || kind == "services";
  const auto json = parse_json(payload, kind);
  if (!json) {
    if (is_needed) fail_load(json.error().message);
    return refresh_view() || is_needed;
  }
  const auto take = [&](auto read, auto& into) {
    if (read)
      into = std::move(*read);
    else if (is_needed)
      fail_load(read.error().message);
    return read.has_value();
  };
  if (kind == "workspaces" && take(read_workspaces(*json), model_.workspaces)) {
    model_.workspaces_load = Load::ready;
    if (current_workspace(model_) == nullptr) forget_services(model_);
  }
  if (kind == "services") {
    std::vector<ServiceFacts> services;
    model_.read_failed = !take(read_service_facts(*json), services);
    if (!model_.read_failed) {
      model_.services_load = Load::ready;
      model_.known_at = model_.now;
      take_services(model_, std::move(services));
    }
  }
  if (kind == "all_services") {
    // By their own time: that of the cards stands still until these have been read anew.
    const auto now_ms = find_int64(*json, "now_ms");
    const Json* rows = find_array(*json, "rows");
    std::vector<ServiceFacts> all;
    if (now_ms && rows != nullptr && take(read_service_facts(*rows), all))
      take_all_services(model_, all, from_millis(*now_ms));
  }
  if (kind == "activity") {
    if (json->is_null())
      model_.activity.reset();
    else
      take(read_activity(*json), model_.activity);
    model_.activity_failed = !model_.activity;
  }
  if (kind == "series") take(read_anomalies(*json), model_.anomalies);
  return refresh_view() || is_needed;
}

/// What is shown stays.
void App::fail_load(std::string message) {
  model_.failure = std::move(message);
  if (model_.workspaces_load != Load::ready) model_.workspaces_load = Load::failed;
  if (model_.services_load != Load::ready) model_.services_load = Load::failed;
}

bool App::tick(UnixSeconds now) {
  model_.now = now;
  forget_sync_ends(model_);
  if (model_.services_load == Load::ready && !is_unreached(model_)) model_.known_at = now;
  return refresh_view();
}

bool App::refresh_view() {
  const IntegrationsView before = std::exchange(view_, select_integrations(state_, model_, times_));
  return !(before == view_);
}

bool App::run(const Command& command) {
  std::visit(Overloaded{
                 [&](const ChooseCategory& c) { state_.category = c.category; },
                 [&](const ChooseStatus& c) { state_.status = c.status; },
                 [&](const ClearFilters&) {
                   state_ = {};
                   effect("focus", "search");
                 },
                 [&](const SetSearch& c) { state_.search = c.text; },
                 [&](const ToggleExplanation& c) {
                   if (!c.service.empty()) state_.dismissed.clear();
                   state_.explained = c.service == state_.explained ? std::string() : c.service;
                 },
                 [&](const ShowService& c) {
                   state_ = {};
                   effect("focus", "card:" + c.service);
                 },
                 [&](const SyncService& c) { effect("sync", c.service); },
                 [&](const SelectWorkspace& c) { effect("navigate", c.slug); },
                 [&](const Reload&) { effect("reload"); },
                 [&](const SignOut&) { effect("sign_out"); },
             },
             command);
  refresh_view();
  return true;
}

void App::effect(std::string_view what, std::string value) { effects_.emplace_back(what, std::move(value)); }

std::string App::take_effects() {
  Json list = Json::array();
  for (const auto& [what, value] : effects_) list.push_back({{"do", what}, {"value", value}});
  effects_.clear();
  return dump(list);
}

const Color& App::background() const { return dark_ ? dark.background : light.background; }

Drawn App::draw(ImDrawList& list, const Frame& frame) {
  motion_.begin_frame(frame.secs, reduced_motion_);
  const Mirror before = std::exchange(mirror_, {});
  Painter paint(list, fonts_, frame.scale);
  Viewport viewport{
      .width = frame.width, .height = frame.height, .scroll_y = frame.scroll_y, .has_touch = touched_};
  Ui ui{paint, mirror_, dark_ ? dark : light, attention_, motion_, viewport};
  paint.set_offset({0, -frame.scroll_y});
  draw_integrations(ui, state_, model_, view_);
  draw_integrations_overlays(ui, state_, view_);
  draw_shell(ui, model_, view_);
  mirror_.read_last_first();
  keep_mirror(viewport);
  const Rect window{0, frame.scroll_y, frame.width, frame.height};
  return {motion_.moving(), scroll_with_cards(before, mirror_, window, viewport.content_height)};
}

void App::keep_mirror(const Viewport& viewport) {
  std::string json = "{\"height\":" + std::to_string(static_cast<int>(viewport.content_height)) +
                     ",\"nodes\":" + mirror_.json() + "}";
  if (json == mirror_json_) return;
  mirror_json_ = std::move(json);
  ++mirror_version_;
}

}  // namespace wf
