// What stands in place of the cards, or above them, when there is something to say first.
#pragma once

#include "web-ui/app/model.hpp"
#include "web-ui/screens/integrations_view.hpp"
#include "web-ui/widgets/ui.hpp"

namespace wf {

/// A strip above the cards: offline, realtime down, settings unreadable. Returns its height.
float draw_strips(Ui&, Rect area, const Model&);

/// Which message replaces the cards; nullopt: the cards are shown.
enum class Instead { no_workspace, failed, nothing_configured, unreadable, no_match };
std::optional<Instead> instead_of_cards(const Model&, const IntegrationsView&);
void draw_instead(Ui&, Rect area, Instead, const Model&, const IntegrationsState&);

}  // namespace wf
