// The only home of colours, sizes and spacing. scripts/build_page.mjs reads the two themes
// and the sizes from here into public/app/tokens.css, so that the sign-in form and the plain
// fallback follow the canvas. tests/web-ui/theme_test.cpp checks the contrast of every pair.
#pragma once

#include <cstdint>

namespace wf {

/// An sRGB colour; alpha 255 is opaque.
struct Color {
  std::uint8_t r = 0, g = 0, b = 0, a = 255;
  bool operator==(const Color&) const = default;
};

constexpr Color rgb(std::uint32_t hex) {
  return {static_cast<std::uint8_t>(hex >> 16), static_cast<std::uint8_t>(hex >> 8),
          static_cast<std::uint8_t>(hex), 255};
}

/// The nearest channel to a value of 0 to 255.
constexpr std::uint8_t channel(float value) {
  return static_cast<std::uint8_t>((static_cast<int>(value * 2) + 1) / 2);
}

constexpr Color with_alpha(Color color, float alpha) {
  color.a = channel(static_cast<float>(color.a) * alpha);
  return color;
}

constexpr std::uint8_t mix_channel(std::uint8_t from, std::uint8_t to, float amount) {
  return channel(static_cast<float>(from) * (1 - amount) + static_cast<float>(to) * amount);
}

/// `from` at amount 0, `to` at amount 1.
constexpr Color mix(Color from, Color to, float amount) {
  return {mix_channel(from.r, to.r, amount), mix_channel(from.g, to.g, amount),
          mix_channel(from.b, to.b, amount), mix_channel(from.a, to.a, amount)};
}

/// `*_text` is the same hue, dark or light enough to be read on its own tint.
struct Theme {
  bool dark;
  Color background, panel, raised, text, muted, line, line_strong, hover;
  Color accent, accent_text, accent_tint, on_accent;
  Color ok, ok_text, ok_tint;
  Color bad, bad_text, bad_tint;
  Color late, late_text, late_tint;
  Color off, off_text, off_tint;
};

inline constexpr Theme light{
    .dark = false,
    .background = rgb(0xf7f8fa),
    .panel = rgb(0xffffff),
    .raised = rgb(0xffffff),
    .text = rgb(0x16181d),
    .muted = rgb(0x5f697c),
    .line = rgb(0xe6e8ec),
    .line_strong = rgb(0xcfd4dc),
    .hover = rgb(0xf1f2f6),
    .accent = rgb(0x4f46e5),
    .accent_text = rgb(0x4338ca),
    .accent_tint = rgb(0xe9e8fb),
    .on_accent = rgb(0xffffff),
    .ok = rgb(0x12a150),
    .ok_text = rgb(0x0a7237),
    .ok_tint = rgb(0xe7f7ee),
    .bad = rgb(0xd92d20),
    .bad_text = rgb(0xb42318),
    .bad_tint = rgb(0xfdecea),
    .late = rgb(0xe08a2c),
    .late_text = rgb(0xa54007),
    .late_tint = rgb(0xfdf1e3),
    .off = rgb(0x98a2b3),
    .off_text = rgb(0x566072),
    .off_tint = rgb(0xf0f1f4),
};

inline constexpr Theme dark{
    .dark = true,
    .background = rgb(0x0e1014),
    .panel = rgb(0x16191f),
    .raised = rgb(0x1d2129),
    .text = rgb(0xeceef2),
    .muted = rgb(0x98a0b0),
    .line = rgb(0x262a33),
    .line_strong = rgb(0x3a404c),
    .hover = rgb(0x1c2028),
    .accent = rgb(0x8b85ff),
    .accent_text = rgb(0xa5a0ff),
    .accent_tint = rgb(0x23233a),
    .on_accent = rgb(0x0e1014),
    .ok = rgb(0x34b871),
    .ok_text = rgb(0x3ddc84),
    .ok_tint = rgb(0x12301f),
    .bad = rgb(0xff6b62),
    .bad_text = rgb(0xff7d75),
    .bad_tint = rgb(0x3a1716),
    .late = rgb(0xd08b1e),
    .late_text = rgb(0xf5a524),
    .late_tint = rgb(0x33260f),
    .off = rgb(0x6b7280),
    .off_text = rgb(0x9fa7b5),
    .off_tint = rgb(0x21252d),
};

/// Sizes in CSS pixels.
namespace size {
inline constexpr float title = 22;
inline constexpr float heading = 14;
inline constexpr float body = 14;
inline constexpr float small = 12.5F;
inline constexpr float label = 11.5F;

inline constexpr float card_padding = 16;
inline constexpr float card_radius = 14;
inline constexpr float control_radius = 9;
inline constexpr float gap = 16;
inline constexpr float chip_gap = 6;
inline constexpr float sidebar = 228;
inline constexpr float top_bar = 60;
inline constexpr float touch = 44;
inline constexpr float pointer = 24;  // WCAG 2.5.8

/// Below this width the side bar gives way to a bar on top.
inline constexpr float narrow = 860;
inline constexpr float min_card = 304;
inline constexpr int max_columns = 4;
inline constexpr float hover_secs = 0.12F;
}  // namespace size

}  // namespace wf
