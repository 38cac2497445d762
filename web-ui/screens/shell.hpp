// What surrounds every screen: the side bar on a desk, a bar on top of a phone.
#pragma once

#include "web-ui/app/model.hpp"
#include "web-ui/screens/integrations_view.hpp"
#include "web-ui/widgets/ui.hpp"

namespace wf {

/// The part of the document the screen draws into; its height grows with the content.
Rect content_area(const Viewport&);

/// Drawn after the screen: it lies above what scrolls.
void draw_shell(Ui&, const Model&, const IntegrationsView&);

}  // namespace wf
