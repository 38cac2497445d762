#include "web-ui/platform/browser_glyphs.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "imgui.h"
#include "imgui_internal.h"

extern "C" {
/// Given by the page: draws one character at `em_px` into an 8-bit coverage picture of at most
/// side*side bytes and fills metrics {width, height, left, top above the baseline, advance}.
/// Returns 0 when no font of the system has the character.
int wf_page_glyph(unsigned codepoint, float em_px, int bold, unsigned char* pixels, int side, float* metrics);
}

namespace wf {
namespace {

constexpr int side = 96;
constexpr float box_per_em = 1.2102F;

bool may_have(ImFontAtlas*, ImFontConfig*, ImWchar codepoint) {
  const bool private_use = codepoint >= 0xE000 && codepoint <= 0xF8FF;
  return codepoint > 0x17F && !private_use && codepoint != 0xFFFD && codepoint != 0xFEFF;
}

bool load_glyph(ImFontAtlas* atlas, ImFontConfig* source, ImFontBaked* baked, void*, ImWchar codepoint,
                ImFontGlyph* glyph, float* advance) {
  if (!may_have(atlas, source, codepoint)) return false;
  std::vector<unsigned char> pixels(static_cast<std::size_t>(side * side));
  std::array<float, 5> metrics{};
  const float em = baked->Size * baked->RasterizerDensity / box_per_em;
  const bool bold = source->DstFont == atlas->Fonts[1];
  if (wf_page_glyph(codepoint, em, bold ? 1 : 0, pixels.data(), side, metrics.data()) == 0) return false;
  const auto [width, height, left, top, step] = metrics;
  if (advance != nullptr) {
    *advance = step;
    return true;
  }
  glyph->Codepoint = codepoint;
  glyph->AdvanceX = step;
  if (width < 1 || height < 1) return true;

  const int w = static_cast<int>(width), h = static_cast<int>(height);
  const ImFontAtlasRectId id = ImFontAtlasPackAddRect(atlas, w, h);
  if (id == ImFontAtlasRectId_Invalid) return false;
  ImTextureRect* rect = ImFontAtlasPackGetRect(atlas, id);
  const float baseline = std::round(baked->Ascent);
  glyph->X0 = left;
  glyph->Y0 = baseline - top;
  glyph->X1 = left + width;
  glyph->Y1 = baseline - top + height;
  glyph->Visible = true;
  glyph->PackId = id;
  ImFontAtlasBakedSetFontGlyphBitmap(atlas, baked, source, glyph, rect, pixels.data(), ImTextureFormat_Alpha8,
                                     w);
  return true;
}

const ImFontLoader& loader() {
  static const ImFontLoader instance = [] {
    ImFontLoader l;
    l.Name = "browser";
    l.FontSrcContainsGlyph = may_have;
    l.FontBakedLoadGlyph = load_glyph;
    return l;
  }();
  return instance;
}

}  // namespace

void merge_browser_glyphs(ImFontAtlas& atlas) {
  ImFontConfig config;
  config.MergeMode = true;
  config.FontLoader = &loader();
  atlas.AddFont(&config);
}

}  // namespace wf
