#include "web-ui/mirror/scroll_anchor.hpp"

#include <algorithm>
#include <map>

namespace wf {

float scroll_with_cards(const Mirror& before, const Mirror& after, Rect window, float page_height) {
  const auto cards = before.all("article");
  if (window.y <= 0 || cards.size() != after.all("article").size()) return 0;
  std::map<float, float> seen;  // height in the window, by how far it moves
  for (const Node* card : cards) {
    const Node* moved = after.find(card->id);
    if (moved == nullptr) return 0;
    const Rect& r = card->rect;
    const float height = std::min(r.bottom(), window.bottom()) - std::max(r.y, window.y);
    if (height > 0) seen[moved->rect.y - r.y] += height;
  }
  const auto most = std::max_element(seen.begin(), seen.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == seen.end() || most->first == 0) return 0;
  const float end = std::max(0.0F, page_height - window.h);
  return std::clamp(window.y + most->first, 0.0F, end) - window.y;
}

}  // namespace wf
