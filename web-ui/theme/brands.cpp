#include "web-ui/theme/brands.hpp"

#include <array>

#include "web-ui/theme/icons.hpp"

namespace wf {
namespace {

constexpr std::array brands{Brand{"supabase", icon::supabase, rgb(0x2bb673), rgb(0x3fcf8e)},
                            Brand{"sendgrid", icon::mail, rgb(0x1a82e2), rgb(0x3d9bf0)},
                            Brand{"stripe", icon::stripe, rgb(0x635bff), rgb(0x7a73ff)},
                            Brand{"google_ads", icon::google_ads, rgb(0x4285f4), rgb(0x5a96f7)},
                            Brand{"search_console", icon::search_console, rgb(0x3b7de0), rgb(0x5c9bf8)},
                            Brand{"pagespeed", icon::pagespeed, rgb(0x2e9e4b), rgb(0x43b862)},
                            Brand{"meta", icon::meta, rgb(0x0467df), rgb(0x3b8cf5)},
                            Brand{"cloudflare", icon::cloudflare, rgb(0xf38020), rgb(0xf6943f)},
                            Brand{"openai", icon::sparkles, rgb(0x0d8f6f), rgb(0x1fb492)}};

constexpr Brand unknown{"", icon::plug, rgb(0x667085), rgb(0x98a0b0)};

}  // namespace

const Brand& brand_of(std::string_view service) {
  for (const auto& brand : brands) {
    if (brand.service == service) return brand;
  }
  return unknown;
}

}  // namespace wf
