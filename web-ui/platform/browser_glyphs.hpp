// Glyphs that Inter's cut does not hold (names in Greek, Cyrillic, Japanese, ...) are drawn by
// the browser's own fonts, one by one, into the atlas; runs that need shaping as a whole.
#pragma once

struct ImFontAtlas;

namespace wf {

class ShapedRuns;

/// Merges the browser's glyphs into the font added last, after its own ones. The runs stay where they are.
void merge_browser_glyphs(ImFontAtlas&, ShapedRuns&);

}  // namespace wf
