// Small parts that show a status: the badge, the thirty days, the activity line.
#pragma once

#include <array>
#include <span>
#include <string>

#include "web-ui/screens/integrations_view.hpp"
#include "web-ui/widgets/ui.hpp"

namespace wf {

struct BadgeColors {
  Color dot, text, tint;
};

BadgeColors badge_colors(const Theme&, Badge);
/// For text on a panel.
Color tone_color(const Theme&, Tone, Color plain);

/// Right-aligned at `right`, centred on `middle`; returns where it is.
Rect draw_badge(Ui&, float right, float middle, Badge, float hover);

void draw_days(Ui&, Rect, const std::array<DayState, shown_days>&);
/// `rows` of each day up to today, two days at least, at most `shown_days`.
void draw_activity(Ui&, Rect, std::span<const double> rows, Color);

}  // namespace wf
