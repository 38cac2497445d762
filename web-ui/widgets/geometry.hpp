// Points and rectangles in CSS pixels of the document, y downwards.
#pragma once

namespace wf {

struct Point {
  float x = 0, y = 0;
};

struct Rect {
  float x = 0, y = 0, w = 0, h = 0;

  float right() const { return x + w; }
  float bottom() const { return y + h; }
  float middle_x() const { return x + w / 2; }
  float middle() const { return y + h / 2; }
  Rect inset(float by) const { return {x + by, y + by, w - 2 * by, h - 2 * by}; }
  Rect grown(float by) const { return inset(-by); }
  Rect moved(float dx, float dy) const { return {x + dx, y + dy, w, h}; }
};

/// The rectangle widened and heightened about its centre to at least `side`.
inline Rect at_least(Rect r, float side) {
  const float w = r.w < side ? side : r.w;
  const float h = r.h < side ? side : r.h;
  return {r.middle_x() - w / 2, r.middle() - h / 2, w, h};
}

}  // namespace wf
