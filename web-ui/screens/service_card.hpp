// One service's card, and the explanation that its badge opens.
#pragma once

#include "web-ui/screens/integrations_view.hpp"
#include "web-ui/widgets/ui.hpp"

namespace wf {

/// From the line of the last sync to the thirty days. Cards side by side share the highest, so that theirs
/// align.
float foot_height(const CardView&);
/// How high the card has to be at this width.
float card_height(const Ui&, const CardView&, float width, float foot);

/// Draws the card into exactly `r`; room to spare goes to the activity line.
void draw_card(Ui&, Rect r, const CardView&, float foot, bool explained);

/// Where the badge of a card in `r` is; the explanation hangs from it.
std::string badge_id(std::string_view service);
std::string explanation_id(std::string_view service);
/// Of such an id; empty: it is another.
std::string_view service_explained_by(std::string_view id);
void draw_explanation(Ui&, const CardView&, Rect badge);
/// A small label above or below `anchor`.
void draw_tooltip(Ui&, Rect anchor, std::string_view text);

}  // namespace wf
