#include "web-ui/widgets/ui.hpp"

#include <algorithm>

namespace wf {

void Motion::begin_frame(float secs, bool reduced) {
  step_ = reduced ? 1.0F : std::clamp(secs / size::hover_secs, 0.0F, 1.0F);
  moving_ = false;
}

float Motion::toward(std::string_view id, bool on) {
  auto found = amounts_.find(id);
  if (found == amounts_.end()) {
    if (!on) return 0;
    found = amounts_.emplace(std::string(id), 0.0F).first;
  }
  float& amount = found->second;
  amount = on ? std::min(1.0F, amount + step_) : std::max(0.0F, amount - step_);
  const bool arrived = amount == (on ? 1.0F : 0.0F);
  moving_ = moving_ || !arrived;
  const float left = 1 - amount;
  const float eased = 1 - left * left;
  if (arrived && !on) amounts_.erase(found);
  return eased;
}

void Ui::focus_ring(std::string_view id, Rect r, float radius) {
  if (!attention.focus_visible || !focused(id)) return;
  paint.border(r.grown(3), theme.accent, radius + 3, 2);
}

void Ui::say(std::string_view tag, std::string id, Rect rect, std::string text) {
  mirror.add({.tag = tag, .id = std::move(id), .rect = rect, .text = std::move(text)});
}

}  // namespace wf
