#pragma once
// The card of Google PageSpeed, its keys and its streams.

#include "shared/domain/schedules.hpp"

namespace wf::pagespeed {

inline constexpr std::array<std::string_view, 1> hosts{"pagespeedonline.googleapis.com"};
inline constexpr std::array keys{
    Key{.name = "pagespeed.api_key", .scope = Scope::agency, .env = "PAGESPEED_API_KEY", .hosts = hosts},
    Key{.name = "pagespeed.urls", .secret = false}};

// A mobile and a desktop run of every URL, each a job of its own: one call takes up to two minutes.
inline constexpr std::array<std::string_view, 2> strategies{"mobile", "desktop"};
inline constexpr std::array streams{StreamDescriptor{.name = "runs",
                                                     .label = "runs",
                                                     .cadence = Cadence::weekly,
                                                     .every_secs = 7 * 86'400,
                                                     .partitioned_by = "pagespeed.urls",
                                                     .variants = strategies}};

inline constexpr Descriptor descriptor{.id = "pagespeed",
                                       .name = "Google PageSpeed",
                                       .category = Category::seo,
                                       .summary = "Core Web Vitals, scores, audits",
                                       .method = "Weekly",
                                       .thresholds = schedule::weekly,
                                       .jobs_per_tick = 4,  // a call takes up to two minutes
                                       .keys = keys,
                                       .streams = streams};

}  // namespace wf::pagespeed
