// Each service's icon and its own colour, used only in the icon tile and the sparkline.
#pragma once

#include <string_view>

#include "web-ui/theme/tokens.hpp"

namespace wf {

struct Brand {
  std::string_view service;
  const char* icon;
  Color on_light, on_dark;
};

/// A service the list does not know gets a neutral plug.
const Brand& brand_of(std::string_view service);

inline Color brand_color(const Brand& brand, const Theme& theme) {
  return theme.dark ? brand.on_dark : brand.on_light;
}

}  // namespace wf
