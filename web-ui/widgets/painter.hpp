// Draws in CSS pixels onto an ImGui draw list whose unit is the device pixel, so that edges
// and glyphs land on whole device pixels at any DPI. The only file that screens and widgets
// draw through.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "web-ui/theme/tokens.hpp"
#include "web-ui/widgets/geometry.hpp"
#include "web-ui/widgets/shaped_runs.hpp"

struct ImDrawList;
struct ImFont;

namespace wf {

enum class Face { text, title, icon };

struct Fonts {
  ImFont* text = nullptr;
  ImFont* title = nullptr;
  ImFont* icon = nullptr;
  /// Of text and title, whose glyphs the browser draws.
  ShapedRuns* runs = nullptr;
};

struct TextStyle {
  Face face = Face::text;
  float size = size::body;
  Color color;
};

class Painter {
 public:
  /// `scale`: device pixels per CSS pixel. `offset`: what is added to document coordinates.
  Painter(ImDrawList& list, const Fonts& fonts, float scale) : list_(list), fonts_(fonts), scale_(scale) {}

  void set_offset(Point offset) { offset_ = offset; }
  Point offset() const { return offset_; }

  void fill(Rect, Color, float radius = 0);
  /// The line lies inside the rectangle.
  void border(Rect, Color, float radius = 0, float width = 1);
  void dashed_border(Rect, Color, float radius);
  void circle(Point centre, float radius, Color);
  void hairline(Point from, float width, Color);
  /// A soft edge `blur` wide around the rectangle, a little below it.
  void shadow(Rect, float radius, float blur, float strength);
  void polyline(std::span<const Point>, Color, float width);
  /// Fills between the points and the rectangle's bottom; `color` at its top, clear at its bottom.
  void area(std::span<const Point>, Rect, Color);

  /// Text whose capitals are centred on `middle.y`; returns its width.
  float text(Point middle_left, std::string_view, const TextStyle&);
  float text_right(Point middle_right, std::string_view, const TextStyle&);
  float text_centred(Point middle, std::string_view, const TextStyle&);
  float width(std::string_view, const TextStyle&) const;
  /// The style in which the text is not wider than `width`, up to a pixel smaller: before it is cut.
  TextStyle fitted(std::string_view, TextStyle, float width) const;
  /// The text, cut with an ellipsis so that it is not wider than `width`.
  std::string elided(std::string_view, const TextStyle&, float width) const;
  /// At most `max_lines` lines (web-ui/widgets/line_break.hpp), the last one elided.
  std::vector<std::string> wrapped(std::string_view, const TextStyle&, float width, int max_lines) const;

 private:
  ImFont* font(Face) const;
  float font_pixels(const TextStyle&) const;
  float snap(float css) const;
  Point device(Point) const;

  ImDrawList& list_;
  Fonts fonts_;
  float scale_;
  Point offset_;
};

}  // namespace wf
