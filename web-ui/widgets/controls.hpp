// Things to press: filter chips, buttons, the search field's frame.
#pragma once

#include <string>
#include <string_view>

#include "web-ui/widgets/ui.hpp"

namespace wf {

struct Chip {
  std::string id;
  std::string label;
  int count = 0;
  bool chosen = false;
  /// A dot before the word, when `has_dot`.
  bool has_dot = false;
  Color dot;
  Command command;
};

float chip_width(const Ui&, const Chip&);
/// Chips are 30 px high on a desk, and touch-sized where fingers press them.
float chip_height(const Ui&);
void draw_chip(Ui&, Point at, const Chip&);

struct Button {
  std::string id;
  std::string label;
  const char* icon = nullptr;
  bool primary = false;
  Command command;
};

/// Centred on `middle`; what is longer than the room is cut.
void draw_button(Ui&, Point middle, float room, const Button&);

/// An icon alone, named for those who cannot see it.
void draw_icon_button(Ui&, Rect, const char* icon, const Button&, bool fixed);

void draw_search(Ui&, Rect, const std::string& text);

}  // namespace wf
