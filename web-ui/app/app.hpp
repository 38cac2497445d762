// The dashboard itself: takes messages from the page, runs commands, draws frames. It asks
// the page for what only a page can do (navigate, sign out, read again) as effects.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "web-ui/app/commands.hpp"
#include "web-ui/app/model.hpp"
#include "web-ui/mirror/mirror.hpp"
#include "web-ui/screens/integrations_view.hpp"
#include "web-ui/widgets/ui.hpp"

struct ImDrawList;

namespace wf {

struct Frame {
  float width = 0, height = 0;  // of the window, CSS pixels
  float scale = 1;              // device pixels per CSS pixel
  float scroll_y = 0;
  float secs = 0;  // since the last frame
};

struct Drawn {
  /// Another frame is needed for something that moves.
  bool moving = false;
  /// By how many CSS pixels the window has to scroll to show what it showed before.
  float scroll_by = 0;
};

class App {
 public:
  App(Fonts fonts, TimeTexts times) : fonts_(fonts), times_(std::move(times)) {}

  /// A message of the page; returns whether the picture may have changed. Kinds and payloads
  /// are listed in web-ui/platform/core.mjs.
  bool post(std::string_view kind, std::string_view payload);
  /// Returns whether the new time changes anything that is shown.
  bool tick(UnixSeconds now);
  Drawn draw(ImDrawList&, const Frame&);

  const Color& background() const;
  /// The mirror of the last frame with the height of the content.
  const std::string& mirror_json() const { return mirror_json_; }
  /// Counts changes of mirror_json().
  int mirror_version() const { return mirror_version_; }
  /// Effects since the last call: [{"do": "navigate", ...}].
  std::string take_effects();

 private:
  bool run(const Command&);
  bool set_rows(std::string_view kind, std::string_view payload);
  void fail_load(std::string message);
  /// Returns whether it is another one.
  bool refresh_view();
  void keep_mirror(const Viewport&);
  void effect(std::string_view what, std::string value = {});

  Fonts fonts_;
  TimeTexts times_;
  Model model_;
  IntegrationsState state_;
  IntegrationsView view_;
  Attention attention_;
  Motion motion_;
  Mirror mirror_;
  bool dark_ = false;
  bool reduced_motion_ = false;
  bool touched_ = false;
  std::string mirror_json_;
  int mirror_version_ = 0;
  std::vector<std::pair<std::string, std::string>> effects_;
};

}  // namespace wf
