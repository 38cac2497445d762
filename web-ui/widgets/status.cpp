#include "web-ui/widgets/status.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace wf {
namespace {

constexpr float badge_height = 24;

Color day_color(const Theme& theme, DayState state) {
  switch (state) {
    case DayState::ok:
      return theme.dark ? theme.ok : mix(theme.ok, theme.panel, 0.22F);
    case DayState::mixed:
      return theme.late;
    case DayState::failed:
      return theme.bad;
    case DayState::none:
      break;
  }
  return theme.off_tint;
}

/// Points of a monotone curve through the days, so that a peak is not drawn higher than it was.
std::vector<Point> smooth(const std::vector<Point>& points) {
  constexpr int steps = 8;
  std::vector<Point> out;
  const auto count = points.size();
  const auto slope = [&](std::size_t i) {
    if (i == 0 || i + 1 == count) return 0.0F;
    const float before = points[i].y - points[i - 1].y, after = points[i + 1].y - points[i].y;
    if (before * after <= 0) return 0.0F;
    return 2 * before * after / (before + after);
  };
  for (std::size_t i = 0; i + 1 < count; ++i) {
    const Point a = points[i], b = points[i + 1];
    const float m0 = slope(i), m1 = slope(i + 1);
    for (int s = 0; s < steps; ++s) {
      const float t = static_cast<float>(s) / steps, t2 = t * t, t3 = t2 * t;
      out.push_back({a.x + (b.x - a.x) * t, (2 * t3 - 3 * t2 + 1) * a.y + (t3 - 2 * t2 + t) * m0 +
                                                (-2 * t3 + 3 * t2) * b.y + (t3 - t2) * m1});
    }
  }
  out.push_back(points.back());
  return out;
}

}  // namespace

BadgeColors badge_colors(const Theme& theme, Badge badge) {
  if (badge == Badge::active) return {theme.ok, theme.ok_text, theme.ok_tint};
  if (badge == Badge::error) return {theme.bad, theme.bad_text, theme.bad_tint};
  return {theme.off, theme.off_text, theme.off_tint};
}

Color tone_color(const Theme& theme, Tone tone, Color plain) {
  switch (tone) {
    case Tone::ok:
      return theme.ok_text;
    case Tone::late:
      return theme.late_text;
    case Tone::bad:
      return theme.bad_text;
    case Tone::off:
      return theme.muted;
    case Tone::plain:
      break;
  }
  return plain;
}

Rect draw_badge(Ui& ui, float right, float middle, Badge badge, float hover) {
  const auto colors = badge_colors(ui.theme, badge);
  const TextStyle style{.face = Face::title, .size = size::small, .color = colors.text};
  const auto word = label(badge);
  const float width = 10 + 7 + 6 + ui.paint.width(word, style) + 11;
  const Rect r{right - width, middle - badge_height / 2, width, badge_height};
  ui.paint.fill(r, mix(colors.tint, colors.dot, hover * 0.14F), badge_height / 2);
  ui.paint.circle({r.x + 13.5F, r.middle()}, 3.5F, colors.dot);
  ui.paint.text({r.x + 23, r.middle()}, word, style);
  return r;
}

void draw_days(Ui& ui, Rect r, const std::array<DayState, shown_days>& days) {
  constexpr float gap = 2;
  const float width = (r.w + gap) / shown_days;
  for (int i = 0; i < shown_days; ++i) {
    const DayState day = days[static_cast<std::size_t>(i)];
    // Who does not tell red from green tells the days that went wrong by their height.
    const float lower = day == DayState::mixed || day == DayState::failed ? 0 : 3;
    const Rect bar{r.x + width * static_cast<float>(i), r.y + lower, width - gap, r.h - lower};
    ui.paint.fill(bar, day_color(ui.theme, day), 2);
  }
}

void draw_activity(Ui& ui, Rect r, std::span<const double> rows, Color color) {
  if (rows.size() < 2) return;
  constexpr float day_dot = 3;
  const float step = (r.w - day_dot) / (shown_days - 1);
  const float first = r.right() - day_dot - step * static_cast<float>(rows.size() - 1);
  const double top = std::max(1.0, *std::max_element(rows.begin(), rows.end()));
  std::vector<Point> points;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    // The square root keeps a first backfill from flattening every other day.
    const float height = (r.h - 1.5F - day_dot) * static_cast<float>(std::sqrt(rows[i] / top));
    points.push_back({first + step * static_cast<float>(i), r.bottom() - 1.5F - height});
  }
  ui.paint.fill({r.x, r.bottom() - 2, std::max(0.0F, first - r.x), 1}, ui.theme.line, 0);
  const auto curve = smooth(points);
  ui.paint.area(curve, r, with_alpha(color, ui.theme.dark ? 0.32F : 0.24F));
  ui.paint.polyline(curve, color, 1.6F);
  ui.paint.circle(points.back(), day_dot, color);
}

}  // namespace wf
