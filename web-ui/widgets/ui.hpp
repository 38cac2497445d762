// What every drawing function is given: where to draw, the semantic mirror, the theme and
// what the pointer and the keyboard focus are on.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "web-ui/mirror/mirror.hpp"
#include "web-ui/theme/tokens.hpp"
#include "web-ui/widgets/painter.hpp"

namespace wf {

/// Ids of mirror nodes; empty: none.
struct Attention {
  std::string hovered;
  std::string focused;
  /// The focus came by keyboard, so it is drawn.
  bool focus_visible = false;
};

struct Viewport {
  float width = 0, height = 0;
  float scroll_y = 0;
  /// The device has a touch screen, whatever else it has.
  bool has_touch = false;
  bool narrow() const { return width < size::narrow; }
  /// What is pressed has to be as large as a finger.
  bool touched() const { return has_touch || narrow(); }
  /// Where what scrolls is seen from: the bar on top lies above it.
  float top() const { return scroll_y + (narrow() ? size::top_bar : 0); }
  float bottom() const { return scroll_y + height; }
  /// Content height that makes the page scroll; drawing raises it.
  float content_height = 0;
};

/// Amounts between 0 and 1 that follow a state within size::hover_secs.
class Motion {
 public:
  /// `secs`: since the last frame. With reduced motion everything arrives at once.
  void begin_frame(float secs, bool reduced);
  float toward(std::string_view id, bool on);
  bool moving() const { return moving_; }

 private:
  std::map<std::string, float, std::less<>> amounts_;
  float step_ = 1;
  bool moving_ = false;
};

struct Ui {
  Painter& paint;
  Mirror& mirror;
  const Theme& theme;
  const Attention& attention;
  Motion& motion;
  Viewport& view;

  bool hovered(std::string_view id) const { return attention.hovered == id; }
  bool focused(std::string_view id) const { return attention.focused == id; }
  float hover_amount(std::string_view id) { return motion.toward(id, hovered(id)); }

  /// Draws the ring when the node has the keyboard focus.
  void focus_ring(std::string_view id, Rect, float radius);
  /// Text that is already drawn, for the mirror.
  void say(std::string_view tag, std::string id, Rect, std::string text);
};

}  // namespace wf
