#include "web-ui/theme/tokens.hpp"

#include <algorithm>
#include <catch_amalgamated.hpp>
#include <cmath>
#include <string>

#include "shared/domain/catalogue.hpp"
#include "web-ui/theme/brands.hpp"

namespace {

// https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
double luminance(wf::Color color) {
  const auto linear = [](std::uint8_t channel) {
    const double c = channel / 255.0;
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b);
}

double contrast(wf::Color a, wf::Color b) {
  const double one = luminance(a), other = luminance(b);
  return (std::max(one, other) + 0.05) / (std::min(one, other) + 0.05);
}

struct Pair {
  std::string name;
  wf::Color text, behind;
};

std::vector<Pair> text_pairs(const wf::Theme& t) {
  return {{"text on background", t.text, t.background},
          {"text on panel", t.text, t.panel},
          {"text on raised", t.text, t.raised},
          {"text on hover", t.text, t.hover},
          {"muted on background", t.muted, t.background},
          {"muted on panel", t.muted, t.panel},
          {"muted on raised", t.muted, t.raised},
          {"muted on hover", t.muted, t.hover},
          {"accent on its tint", t.accent_text, t.accent_tint},
          {"accent on panel", t.accent_text, t.panel},
          {"button", t.on_accent, t.accent},
          {"count of workspaces", t.panel, t.bad},
          {"ok on its tint", t.ok_text, t.ok_tint},
          {"bad on its tint", t.bad_text, t.bad_tint},
          {"bad on panel", t.bad_text, t.panel},
          {"bad on background", t.bad_text, t.background},
          {"late on its tint", t.late_text, t.late_tint},
          {"late on panel", t.late_text, t.panel},
          {"off on its tint", t.off_text, t.off_tint}};
}

}  // namespace

TEST_CASE("every text can be read on what it stands on") {
  const wf::Theme theme = GENERATE(wf::light, wf::dark);
  for (const auto& pair : text_pairs(theme)) {
    INFO((theme.dark ? "dark: " : "light: ") << pair.name << ' ' << contrast(pair.text, pair.behind));
    CHECK(contrast(pair.text, pair.behind) >= 4.5);
  }
}

TEST_CASE("a badge stays readable under the pointer") {
  const wf::Theme t = GENERATE(wf::light, wf::dark);
  CHECK(contrast(t.ok_text, wf::mix(t.ok_tint, t.ok, 0.14F)) >= 4.5);
  CHECK(contrast(t.bad_text, wf::mix(t.bad_tint, t.bad, 0.14F)) >= 4.5);
  CHECK(contrast(t.off_text, wf::mix(t.off_tint, t.off, 0.14F)) >= 4.5);
}

TEST_CASE("icons and dots stand out") {
  const wf::Theme t = GENERATE(wf::light, wf::dark);
  for (const auto& service : wf::catalogue()) {
    INFO(service.id);
    const wf::Brand& brand = wf::brand_of(service.id);
    CHECK(contrast(wf::brand_color(brand, t), t.panel) >= 2.2);
  }
  for (const char* id : {"supabase", "sendgrid", "stripe", "google_ads", "search_console", "pagespeed",
                         "meta", "cloudflare", "openai"})
    CHECK(wf::brand_of(id).service == id);
  CHECK(wf::brand_of("no such service").service.empty());
}

TEST_CASE("mixing ends where it should") {
  CHECK(wf::mix(wf::light.ok, wf::light.bad, 0) == wf::light.ok);
  CHECK(wf::mix(wf::light.ok, wf::light.bad, 1) == wf::light.bad);
  CHECK(wf::with_alpha(wf::light.ok, 0.5F).a == 128);
}
