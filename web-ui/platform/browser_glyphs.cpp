#include "web-ui/platform/browser_glyphs.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "imgui.h"
#include "imgui_internal.h"
#include "web-ui/widgets/shaped_runs.hpp"

extern "C" {
/// Given by the page: fills metrics {width, height, left, top above the baseline, advance, colored} of the
/// picture of a text at `em_px` and, unless `pixels` is null, draws it: width * height pixels of RGBA, white
/// unless it is colored.
void wf_page_glyph(const char* text, int length, float em_px, int bold, unsigned char* pixels,
                   float* metrics);
}

namespace wf {
namespace {

constexpr float box_per_em = 1.2102F;

bool may_have(ImFontAtlas*, ImFontConfig*, ImWchar codepoint) {
  const bool private_use = codepoint >= 0xE000 && codepoint <= 0xF8FF;
  return codepoint > 0x17F && !private_use && codepoint != 0xFFFD && codepoint != 0xFEFF;
}

/// What the character stands for.
std::string text_of(const ShapedRuns& runs, ImWchar codepoint) {
  if (const auto run = runs.run(codepoint); !run.empty()) return std::string(run);
  std::array<char, 5> utf8{};
  ImTextCharToUtf8(utf8.data(), codepoint);
  return utf8.data();
}

bool load_glyph(ImFontAtlas* atlas, ImFontConfig* source, ImFontBaked* baked, void*, ImWchar codepoint,
                ImFontGlyph* glyph, float* advance) {
  if (!may_have(atlas, source, codepoint)) return false;
  const std::string text = text_of(*static_cast<const ShapedRuns*>(source->FontLoaderData), codepoint);
  const float em = baked->Size * baked->RasterizerDensity / box_per_em;
  const int bold = source->DstFont == atlas->Fonts[1] ? 1 : 0;
  std::array<float, 6> metrics{};
  const auto ask = [&](unsigned char* pixels) {
    wf_page_glyph(text.data(), static_cast<int>(text.size()), em, bold, pixels, metrics.data());
  };
  ask(nullptr);
  const auto [width, height, left, top, step, _] = metrics;
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
  std::vector<unsigned char> pixels(4 * static_cast<std::size_t>(w) * static_cast<std::size_t>(h));
  ask(pixels.data());
  glyph->Colored = metrics.back() > 0;
  ImTextureRect* rect = ImFontAtlasPackGetRect(atlas, id);
  const float baseline = std::round(baked->Ascent);
  glyph->X0 = left;
  glyph->Y0 = baseline - top;
  glyph->X1 = left + width;
  glyph->Y1 = baseline - top + height;
  glyph->Visible = true;
  glyph->PackId = id;
  ImFontAtlasBakedSetFontGlyphBitmap(atlas, baked, source, glyph, rect, pixels.data(), ImTextureFormat_RGBA32,
                                     4 * w);
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

void merge_browser_glyphs(ImFontAtlas& atlas, ShapedRuns& runs) {
  ImFontConfig config;
  config.MergeMode = true;
  config.FontLoader = &loader();
  atlas.AddFont(&config);
  atlas.Sources.back().FontLoaderData = &runs;
}

}  // namespace wf
