// The icon font's code points, as UTF-8 text that can be drawn like any other text.
// scripts/build_fonts.mjs reads this file: each line's comment names the SVG the glyph is
// made from, so that the list of icons exists once.
#pragma once

namespace wf::icon {

// Brands (npm simple-icons, CC0).
inline constexpr const char* supabase = "\ue001";        // simple-icons:siSupabase
inline constexpr const char* stripe = "\ue002";          // simple-icons:siStripe
inline constexpr const char* google_ads = "\ue003";      // simple-icons:siGoogleads
inline constexpr const char* search_console = "\ue004";  // simple-icons:siGooglesearchconsole
inline constexpr const char* pagespeed = "\ue005";       // simple-icons:siPagespeedinsights
inline constexpr const char* meta = "\ue006";            // simple-icons:siMeta
inline constexpr const char* cloudflare = "\ue007";      // simple-icons:siCloudflare

// Everything that is not a brand (npm lucide-static, ISC).
inline constexpr const char* mail = "\ue020";      // lucide:mail
inline constexpr const char* sparkles = "\ue021";  // lucide:sparkles
inline constexpr const char* grid = "\ue022";      // lucide:layout-grid
inline constexpr const char* search = "\ue023";    // lucide:search
inline constexpr const char* chevrons = "\ue024";  // lucide:chevrons-up-down
inline constexpr const char* sign_out = "\ue025";  // lucide:log-out
inline constexpr const char* offline = "\ue026";   // lucide:wifi-off
inline constexpr const char* refresh = "\ue027";   // lucide:refresh-cw
inline constexpr const char* alert = "\ue028";     // lucide:triangle-alert
inline constexpr const char* plug = "\ue029";      // lucide:unplug
inline constexpr const char* building = "\ue02a";  // lucide:building-2
inline constexpr const char* live = "\ue02c";      // lucide:radio

}  // namespace wf::icon
