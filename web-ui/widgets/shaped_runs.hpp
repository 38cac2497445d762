// Scripts whose characters join, change places or run from right to left (Arabic, Hebrew, Hindi, Thai, ...):
// ImGui sets one character beside the other, so the browser draws a whole run of them as one picture
// (web-ui/platform/browser_glyphs.hpp), and ImGui is given one character in its place.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace wf {

class ShapedRuns {
 public:
  /// The text with one character in place of each run, to be used before the next call; the text itself when
  /// there is none. Spaces, digits and punctuation between characters of a run belong to it.
  std::string_view encode(std::string_view text);
  /// What the character stands for; empty: for itself.
  std::string_view run(char32_t character) const;

  /// So many that it is time to forget them, between two frames, and what was drawn of them.
  bool crowded() const { return runs_.size() > 1000; }
  void forget();

 private:
  char32_t character_for(std::string_view run);

  std::map<std::string, char32_t, std::less<>> characters_;
  std::vector<std::string_view> runs_;  // keys of `characters_`
  std::string encoded_;
};

}  // namespace wf
