#include "web-ui/screens/skeleton.hpp"

#include <algorithm>
#include <array>

#include "web-ui/screens/integrations_screen.hpp"
#include "web-ui/widgets/controls.hpp"

namespace wf {
namespace {

constexpr float card_height = 268;

/// Where the filters come to stand, so that the cards come to stand where theirs are; returns where those
/// begin.
float draw_chips(Ui& ui, Rect area) {
  constexpr std::array<float, 4> widths{44, 84, 86, 104};
  // As many rows as the filters of six services take.
  const int rows = area.w < 480 ? 3 : area.w < 860 ? 2 : 1;
  for (int row = 0; row < rows; ++row) {
    float x = area.x;
    for (const float width : widths) {
      ui.paint.fill({x, area.y, width, chip_height(ui)}, ui.theme.off_tint, chip_height(ui) / 2);
      x += width + size::chip_gap;
    }
    area.y += chip_height(ui) + 8;
  }
  return area.y + 10;
}

void draw_card(Ui& ui, Rect r) {
  ui.paint.fill(r, ui.theme.panel, size::card_radius);
  ui.paint.border(r, ui.theme.line, size::card_radius);
  const Color bone = ui.theme.off_tint;
  constexpr float pad = size::card_padding, tile_side = 38;
  const float x = r.x + pad, y = r.y + pad, w = r.w - 2 * pad;
  ui.paint.fill({x, y, tile_side, tile_side}, bone, 10);
  ui.paint.fill({x + 50, y + 4, 96, 12}, bone, 6);
  ui.paint.fill({x + 50, y + 23, 62, 10}, bone, 5);
  ui.paint.fill({r.right() - pad - 70, y, 70, 24}, bone, 12);
  ui.paint.fill({x, y + tile_side + 14, w * 0.7F, 10}, bone, 5);
  ui.paint.fill({x, y + tile_side + 40, w, r.bottom() - y - tile_side - 40 - 112}, bone, 8);
  for (int i = 0; i < 3; ++i) {
    ui.paint.fill({x + w * 0.335F * static_cast<float>(i), r.bottom() - 96, 70, 10}, bone, 5);
    ui.paint.fill({x + w * 0.335F * static_cast<float>(i), r.bottom() - 78, 54, 10}, bone, 5);
  }
  ui.paint.fill({x, r.bottom() - pad - 12, w, 12}, bone, 4);
}

}  // namespace

void draw_skeleton(Ui& ui, Rect area) {
  area.y = draw_chips(ui, area);
  const int columns = column_count(area.w);
  const float width = (area.w - size::gap * static_cast<float>(columns - 1)) / static_cast<float>(columns);
  for (int i = 0; i < columns * 2; ++i) {
    const auto column = static_cast<float>(i % columns), row = static_cast<float>(i / columns);
    draw_card(ui, {area.x + column * (width + size::gap),
                   area.y + group_label + row * (card_height + size::gap), width, card_height});
  }
  ui.say("p", "loading", {area.x, area.y, area.w, 20}, "Loading the services");
  ui.view.content_height =
      std::max(ui.view.content_height, area.y + group_label + 2 * (card_height + size::gap));
}

}  // namespace wf
