// What is read stays in the window while cards change their places: scroll anchoring, which browsers do for
// elements in the flow alone (https://drafts.csswg.org/css-scroll-anchoring-1/); the core places its own.
#pragma once

#include "web-ui/mirror/mirror.hpp"

namespace wf {

/// By how many CSS pixels to scroll when `after` takes the place of `before`: as far as most of what the
/// window shows of the cards has moved, and not beyond the page's end. 0 at the top of the page, where the
/// worst card is to be seen as it comes, and when other cards are shown than before. `window`: its part of
/// the document; `page_height`: of `after`.
float scroll_with_cards(const Mirror& before, const Mirror& after, Rect window, float page_height);

}  // namespace wf
