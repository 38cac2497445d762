// Draws the Integrations tab: title, summary, search, filters, and the cards or what stands
// in their place.
#pragma once

#include "web-ui/app/model.hpp"
#include "web-ui/screens/integrations_view.hpp"
#include "web-ui/widgets/ui.hpp"

namespace wf {

void draw_integrations(Ui&, const IntegrationsState&, const Model&, const IntegrationsView&);
/// The explanation or time that hangs from what is hovered or focused; above everything else.
void draw_integrations_overlays(Ui&, const IntegrationsState&, const IntegrationsView&);

/// Height of the line above a row of cards, which names their groups.
constexpr float group_label = 30;
/// Columns of equal width that fit `width`.
int column_count(float width);

}  // namespace wf
