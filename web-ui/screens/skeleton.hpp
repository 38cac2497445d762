// What stands in the place of the filters and the cards until they are read.
#pragma once

#include "web-ui/widgets/ui.hpp"

namespace wf {

void draw_skeleton(Ui&, Rect area);

}  // namespace wf
