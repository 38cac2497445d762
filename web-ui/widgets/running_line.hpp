#pragma once

#include <string_view>

#include "web-ui/widgets/ui.hpp"

namespace wf {

/// Words of different tone on one line, broken between words where the line ends.
class RunningLine {
 public:
  RunningLine(Ui& ui, Rect area) : ui_(ui), area_(area), x_(area.x), middle_(area.y + 10) {}

  /// Goes on to the next line when so much does not fit any more.
  void reserve(float width) {
    if (x_ == area_.x || x_ + width <= area_.right() + 0.5F) return;
    x_ = area_.x;
    middle_ += 21;
  }
  void write(std::string_view text, const TextStyle& style) {
    reserve(ui_.paint.width(text, style));
    x_ += ui_.paint.text({x_, middle_}, text, style);
  }
  void skip(float width) { x_ += width; }
  float x() const { return x_; }
  float middle() const { return middle_; }
  float bottom() const { return middle_ + 10; }

 private:
  Ui& ui_;
  Rect area_;
  float x_, middle_;
};

}  // namespace wf
