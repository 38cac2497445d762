#pragma once
// The card of Cloudflare, its keys and its streams.

#include "shared/domain/schedules.hpp"

namespace wf::cloudflare {

inline constexpr std::array<std::string_view, 1> hosts{"api.cloudflare.com"};

inline constexpr std::array<std::string_view, 2> parts{"cloudflare.worker_names", "cloudflare.bucket_names"};
inline constexpr std::array keys{
    Key{.name = "cloudflare.api_token",
        .scope = Scope::agency,
        .env = "CLOUDFLARE_API_TOKEN",
        .hosts = hosts},
    Key{.name = "cloudflare.account_id",
        .scope = Scope::agency,
        .secret = false,
        .env = "CLOUDFLARE_ACCOUNT_ID"},
    // What of the agency's account is this client's: without one of these nothing is shown, because
    // the names of the others' Workers and buckets are none of this client's business.
    Key{.name = "cloudflare.zone_id", .secret = false, .unless = parts},
    Key{.name = "cloudflare.worker_names", .secret = false, .required = false},
    Key{.name = "cloudflare.bucket_names", .secret = false, .required = false}};

// Of an idle bucket there are no operations, but a size each day; of a Worker or a zone that exists, some
// traffic.
constexpr StreamDescriptor quarter_hourly_of_each(std::string_view id_key, std::string_view name,
                                                  std::string_view label) {
  return schedule::of_each(id_key, schedule::every(std::chrono::minutes{15}, name, label));
}
inline constexpr std::array streams{
    schedule::with_daily_rows(
        quarter_hourly_of_each("cloudflare.worker_names", "workers", "Worker invocations")),
    quarter_hourly_of_each("cloudflare.bucket_names", "r2_operations", "R2 operations"),
    schedule::with_daily_rows(quarter_hourly_of_each("cloudflare.bucket_names", "r2_storage", "R2 storage")),
    schedule::with_daily_rows(quarter_hourly_of_each("cloudflare.zone_id", "zone", "zone traffic"))};

inline constexpr Descriptor descriptor{.id = "cloudflare",
                                       .name = "Cloudflare",
                                       .category = Category::infrastructure,
                                       .summary = "Worker hosting, R2, edge analytics",
                                       .method = "Real-time",
                                       .thresholds = schedule::quarter_hourly,
                                       .jobs_per_tick = 100,  // of 300 queries in five minutes
                                       .keys = keys,
                                       .streams = streams};

}  // namespace wf::cloudflare
