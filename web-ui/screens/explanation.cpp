// What hangs from a badge on hover, focus or tap: the verdict in words, what to do, and the
// facts it rests on.
#include <algorithm>

#include "web-ui/screens/service_card.hpp"
#include "web-ui/widgets/status.hpp"

namespace wf {
namespace {

constexpr float pad = 14;
constexpr float line = 18;
constexpr float max_width = 400;
constexpr float max_width_when_low = 640;
constexpr int most_lines = 8;     // of one fact
constexpr int least_lines = 3;    // else the page is scrolled
constexpr float below_head = 32;  // from the middle of a badge

struct EvidenceLines {
  std::vector<std::string> label;
  std::vector<std::string> value;
  std::size_t count() const { return std::max(label.size(), value.size()); }
};

float label_width(const Ui& ui, const CardView& card, const TextStyle& style) {
  float widest = 0;
  for (const auto& evidence : card.evidence) widest = std::max(widest, ui.paint.width(evidence.label, style));
  return std::min(widest, 130.0F);
}

std::vector<EvidenceLines> evidence_lines(const Ui& ui, const CardView& card, const TextStyle& style,
                                          float labels, float inner, int most) {
  std::vector<EvidenceLines> lines;
  for (const auto& evidence : card.evidence) {
    lines.push_back({ui.paint.wrapped(evidence.label, style, labels - 8, most),
                     ui.paint.wrapped(evidence.value, style, inner - labels, most)});
  }
  return lines;
}

/// As wide as panels may be beside the side bar, and on a phone.
float widest(const Ui& ui) { return ui.view.width - 16 - (ui.view.narrow() ? 0 : size::sidebar); }

float total_lines(const std::vector<EvidenceLines>& lines) {
  float total = 0;
  for (const auto& l : lines) total += static_cast<float>(l.count()) * line + 3;
  return total;
}

void draw_floating_panel(Ui& ui, Rect r, float radius) {
  ui.paint.shadow(r, radius, 20, ui.theme.dark ? 0.6F : 0.14F);
  ui.paint.fill(r, ui.theme.raised, radius);
  ui.paint.border(r, ui.theme.line_strong, radius);
}

/// `x` moved so that a panel of this width stays on the content.
float inside(const Ui& ui, float x, float width) {
  const float least = ui.view.narrow() ? 8 : size::sidebar + 8;
  return std::clamp(x, least, std::max(least, ui.view.width - width - 8));
}

/// Where a panel begins that hangs below the anchor: below its card's head, whose lines it would else cut
/// through.
float top_below(Rect anchor) { return std::max(anchor.bottom() + 8, anchor.middle() + below_head); }

/// How high a panel may be that hangs from the anchor, below or above it.
float height_at(const Ui& ui, Rect anchor) {
  return std::max(anchor.y - 8 - ui.view.top(), ui.view.bottom() - top_below(anchor)) - 8;
}

/// Below the anchor, or above it where the window ends; inside the window's sides.
Rect placed(const Ui& ui, Rect anchor, float width, float height) {
  const float left = inside(ui, anchor.right() - width, width);
  float top = top_below(anchor);
  const float above = anchor.y - 8 - height;
  if (top + height > ui.view.bottom() - 8 && above >= ui.view.top() + 8) top = above;
  return {left, top, width, height};
}

struct Layout {
  float width;
  float labels;
  std::vector<std::string> title, step;
  std::vector<EvidenceLines> evidence;
  float height;

  float inner() const { return width - 2 * pad; }
};

TextStyle title_style(const Ui& ui) {
  return {.face = Face::title, .size = size::body, .color = ui.theme.text};
}
TextStyle small_style(const Ui& ui) { return {.size = size::small, .color = ui.theme.muted}; }
TextStyle value_style(const Ui& ui) { return {.size = size::small, .color = ui.theme.text}; }

/// `most`: lines of one fact.
Layout laid_out(const Ui& ui, const CardView& card, float width, int most) {
  const float inner = width - 2 * pad;
  const std::string heading = std::string(label(card.badge)) + ": " + card.sub_state;
  Layout layout{.width = width,
                .labels = label_width(ui, card, small_style(ui)) + 12,
                .title = ui.paint.wrapped(heading, title_style(ui), inner, 3),
                .step = ui.paint.wrapped(card.notice, small_style(ui), inner, 4),
                .evidence = {},
                .height = 2 * pad};
  layout.evidence = evidence_lines(ui, card, value_style(ui), layout.labels, inner, most);
  layout.height += static_cast<float>(layout.title.size()) * 20;
  layout.height += static_cast<float>(layout.step.size()) * line;
  if (!layout.evidence.empty()) layout.height += 14 + total_lines(layout.evidence);
  return layout;
}

/// Ten streams that failed need more than a low window has: the panel is wider then, and each says less. What
/// is higher still is read by scrolling the page.
Layout fitted_layout(const Ui& ui, const CardView& card, float room) {
  float width = std::min(max_width, widest(ui));
  int most = most_lines;
  Layout layout = laid_out(ui, card, width, most);
  if (layout.height > room && width < widest(ui)) {
    width = std::min(max_width_when_low, widest(ui));
    layout = laid_out(ui, card, width, most);
  }
  while (most > least_lines && layout.height > room) layout = laid_out(ui, card, width, --most);
  return layout;
}

}  // namespace

void draw_explanation(Ui& ui, const CardView& card, Rect badge) {
  const Layout layout = fitted_layout(ui, card, height_at(ui, badge));
  const Rect r = placed(ui, badge, layout.width, layout.height);
  draw_floating_panel(ui, r, 12);
  // What lies beneath is not to be pressed through it; and whoever points at the panel, or is on the way to
  // it from the badge, still looks at the card. Its words are the badge's description already.
  const float from = std::min(r.y, badge.bottom());
  ui.mirror.add({.tag = "div",
                 .id = explanation_id(card.service),
                 .rect = {r.x, from, r.w, std::max(r.bottom(), badge.y) - from},
                 .attributes = {{"aria-hidden", "true"}}});
  ui.view.content_height = std::max(ui.view.content_height, r.bottom() + 8);

  float y = r.y + pad;
  for (const auto& text : layout.title) ui.paint.text({r.x + pad, (y += 20) - 10}, text, title_style(ui));
  for (const auto& text : layout.step)
    ui.paint.text({r.x + pad, (y += line) - line / 2}, text, small_style(ui));
  if (layout.evidence.empty()) return;
  ui.paint.hairline({r.x + pad, y + 8}, layout.inner(), ui.theme.line);
  y += 17;
  const auto column = [&](float x, const std::vector<std::string>& lines, const TextStyle& style) {
    float middle = y - line / 2;
    for (const auto& text : lines) ui.paint.text({x, middle += line}, text, style);
  };
  for (const auto& one : layout.evidence) {
    column(r.x + pad, one.label, small_style(ui));
    column(r.x + pad + layout.labels, one.value, value_style(ui));
    y += static_cast<float>(one.count()) * line + 3;
  }
}

void draw_tooltip(Ui& ui, Rect anchor, std::string_view text) {
  const TextStyle style{.size = size::small, .color = ui.theme.text};
  const auto lines = ui.paint.wrapped(text, style, std::min(max_width, widest(ui)) - 20, most_lines);
  float width = 0;
  for (const auto& words : lines) width = std::max(width, ui.paint.width(words, style) + 20);
  const float height = line * static_cast<float>(lines.size()) + 12;
  Rect r{inside(ui, anchor.x - 8, width), anchor.y - 6 - height, width, height};
  if (r.y < ui.view.top() + 8) r.y = anchor.bottom() + 4;
  draw_floating_panel(ui, r, 8);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const float middle = r.y + 6 + line * (static_cast<float>(i) + 0.5F);
    ui.paint.text({r.x + 10, middle}, lines[i], style);
  }
}

}  // namespace wf
