#include "web-ui/widgets/painter.hpp"

#include <algorithm>
#include <cmath>

#include "imgui.h"
#include "web-ui/widgets/line_break.hpp"

namespace wf {
namespace {

// ImGui sizes a font by ascent minus descent; CSS by the em. From the fonts' hhea tables
// (checked by scripts/build_fonts.mjs).
constexpr float inter_box = 1.2102F;
constexpr float inter_capitals = 0.727F;
constexpr float icon_box = 1.0F;

ImU32 packed(Color c) { return IM_COL32(c.r, c.g, c.b, c.a); }

float box_of(Face face) { return face == Face::icon ? icon_box : inter_box; }

ImVec2 vec(Point p) { return {p.x, p.y}; }

}  // namespace

ImFont* Painter::font(Face face) const {
  if (face == Face::icon) return fonts_.icon;
  return face == Face::title ? fonts_.title : fonts_.text;
}

float Painter::snap(float css) const { return std::round(css * scale_); }

Point Painter::device(Point p) const { return {snap(p.x + offset_.x), snap(p.y + offset_.y)}; }

void Painter::fill(Rect r, Color color, float radius) {
  list_.AddRectFilled(vec(device({r.x, r.y})), vec(device({r.right(), r.bottom()})), packed(color),
                      radius * scale_);
}

void Painter::border(Rect r, Color color, float radius, float width) {
  const float line = std::max(1.0F, std::round(width * scale_));
  const Point from = device({r.x, r.y}), to = device({r.right(), r.bottom()});
  // AddRect centres the line half a pixel inside the given edge.
  const float shift = (line - 1) / 2;
  list_.AddRect({from.x + shift, from.y + shift}, {to.x - shift, to.y - shift}, packed(color),
                std::max(0.0F, radius * scale_ - shift), 0, line);
}

void Painter::dashed_border(Rect r, Color color, float radius) {
  const Point from = device({r.x, r.y}), to = device({r.right(), r.bottom()});
  list_.PathRect({from.x + 0.5F, from.y + 0.5F}, {to.x - 0.5F, to.y - 0.5F}, radius * scale_);
  const std::vector<ImVec2> path(list_._Path.begin(), list_._Path.end());
  list_.PathClear();
  const float dash = 4 * scale_;
  float along = 0;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const ImVec2 a = path[i], b = path[(i + 1) % path.size()];
    const float length = std::hypot(b.x - a.x, b.y - a.y);
    for (float at = 0; at < length;) {
      const float into = std::fmod(along, 2 * dash);
      const float step = std::min(length - at, (into < dash ? dash : 2 * dash) - into + 0.01F);
      const auto point = [&](float t) {
        return ImVec2{a.x + (b.x - a.x) * t / length, a.y + (b.y - a.y) * t / length};
      };
      if (into < dash) list_.AddLine(point(at), point(at + step), packed(color), std::max(1.0F, scale_));
      at += step;
      along += step;
    }
  }
}

void Painter::circle(Point centre, float radius, Color color) {
  list_.AddCircleFilled({(centre.x + offset_.x) * scale_, (centre.y + offset_.y) * scale_}, radius * scale_,
                        packed(color));
}

void Painter::hairline(Point from, float width, Color color) {
  const Point at = device(from);
  list_.AddRectFilled(vec(at), {snap(from.x + offset_.x + width), at.y + std::max(1.0F, std::round(scale_))},
                      packed(color));
}

void Painter::shadow(Rect r, float radius, float blur, float strength) {
  // Layers of growing size add up to a ramp; a pixel apart they do not show as rings.
  const int layers = static_cast<int>(blur);
  const Rect below = r.moved(0, blur / 4);
  for (int i = 0; i < layers; ++i) {
    const float spread = static_cast<float>(i) - blur / 3;
    fill(below.grown(spread), with_alpha(Color{8, 10, 16, 255}, strength / blur),
         std::max(2.0F, radius + spread));
  }
}

void Painter::polyline(std::span<const Point> points, Color color, float width) {
  std::vector<ImVec2> path;
  path.reserve(points.size());
  for (const Point p : points) path.emplace_back((p.x + offset_.x) * scale_, (p.y + offset_.y) * scale_);
  list_.AddPolyline(path.data(), static_cast<int>(path.size()), packed(color), 0, width * scale_);
}

void Painter::area(std::span<const Point> points, Rect r, Color color) {
  if (points.size() < 2) return;
  const auto quads = static_cast<int>(points.size()) - 1;
  const ImVec2 uv = ImGui::GetFontTexUvWhitePixel();
  const float base = (r.bottom() + offset_.y) * scale_;
  list_.PrimReserve(quads * 6, static_cast<int>(points.size()) * 2);
  const auto first = list_._VtxCurrentIdx;
  for (int i = 0; i < quads; ++i) {
    const unsigned at = first + static_cast<unsigned>(i) * 2;
    for (const unsigned corner : {0U, 2U, 3U, 0U, 3U, 1U})
      list_.PrimWriteIdx(static_cast<ImDrawIdx>(at + corner));
  }
  // By height, not by column: neighbours of different height must not show as stripes.
  for (const Point p : points) {
    const float x = (p.x + offset_.x) * scale_;
    const Color top = with_alpha(color, (r.bottom() - p.y) / r.h);
    list_.PrimWriteVtx({x, (p.y + offset_.y) * scale_}, uv, packed(top));
    list_.PrimWriteVtx({x, base}, uv, packed(with_alpha(color, 0)));
  }
}

float Painter::text(Point middle_left, std::string_view text, const TextStyle& style) {
  ImFont* const face = font(style.face);
  const float size = font_pixels(style);
  const float half = style.face == Face::icon ? style.size / 2 : style.size * inter_capitals / 2;
  const float baseline = std::round((middle_left.y + offset_.y + half) * scale_);
  const float top = baseline - face->GetFontBaked(size)->Ascent;
  const float x = std::round((middle_left.x + offset_.x) * scale_);
  const std::string_view shaped = fonts_.runs->encode(text);
  list_.AddText(face, size, {x, top}, packed(style.color), shaped.data(), shaped.data() + shaped.size());
  return width(text, style);
}

float Painter::text_right(Point middle_right, std::string_view value, const TextStyle& style) {
  const float w = width(value, style);
  text({middle_right.x - w, middle_right.y}, value, style);
  return w;
}

float Painter::text_centred(Point middle, std::string_view value, const TextStyle& style) {
  const float w = width(value, style);
  text({middle.x - w / 2, middle.y}, value, style);
  return w;
}

float Painter::width(std::string_view text, const TextStyle& style) const {
  const std::string_view shaped = fonts_.runs->encode(text);
  const char* const end = shaped.data() + shaped.size();
  return font(style.face)->CalcTextSizeA(font_pixels(style), FLT_MAX, 0, shaped.data(), end).x / scale_;
}

// Half pixels: a window dragged between screens bakes a few sizes, not hundreds.
float Painter::font_pixels(const TextStyle& style) const {
  return std::round(style.size * box_of(style.face) * scale_ * 2) / 2;
}

TextStyle Painter::fitted(std::string_view text, TextStyle style, float limit) const {
  const float least = style.size - 1;
  while (style.size > least && width(text, style) > limit) style.size -= 0.5F;
  return style;
}

std::string Painter::elided(std::string_view text, const TextStyle& style, float limit) const {
  if (width(text, style) <= limit) return std::string(text);
  std::vector<std::size_t> lengths;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] & 0xC0) != 0x80) lengths.push_back(i);
  }
  const auto cut_to = [&](std::size_t length) { return std::string(text.substr(0, length)); };
  const auto over = std::partition_point(lengths.begin(), lengths.end(), [&](std::size_t length) {
    return width(cut_to(length) + "…", style) <= limit;
  });
  std::string cut = over == lengths.begin() ? std::string() : cut_to(*std::prev(over));
  while (!cut.empty() && cut.back() == ' ') cut.pop_back();
  return cut + "…";
}

std::vector<std::string> Painter::wrapped(std::string_view text, const TextStyle& style, float limit,
                                          int max_lines) const {
  const auto fits = [&](std::string_view line) { return width(line, style) <= limit; };
  std::vector<std::string> lines;
  while (!text.empty()) {
    const bool last = static_cast<int>(lines.size()) + 1 == max_lines;
    const auto [line, rest] = last ? Broken{text, {}} : break_line(text, fits);
    lines.push_back(elided(line, style, limit));
    text = rest;
  }
  return lines;
}

}  // namespace wf
