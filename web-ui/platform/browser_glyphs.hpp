// Glyphs that Inter's cut does not hold (names in Greek, Cyrillic, Japanese, ...) are drawn by
// the browser's own fonts, one by one, into the atlas.
#pragma once

struct ImFontAtlas;

namespace wf {

/// Merges the browser's glyphs into the font added last, after its own ones.
void merge_browser_glyphs(ImFontAtlas&);

}  // namespace wf
