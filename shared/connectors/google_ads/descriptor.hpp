#pragma once
// The card of Google Ads, its keys and its streams.

#include "shared/domain/schedules.hpp"

namespace wf::google_ads {

inline constexpr std::array<std::string_view, 1> token_hosts{"oauth2.googleapis.com"};
inline constexpr std::array<std::string_view, 1> hosts{"googleads.googleapis.com"};
// A client's consent of its own does not come by way of the agency's manager account.
inline constexpr std::array<std::string_view, 1> own_sign_in{"google_ads.refresh_token"};

inline constexpr std::array keys{
    Key{.name = "google_ads.client_id",
        .scope = Scope::agency,
        .secret = false,
        .env = "GOOGLE_ADS_CLIENT_ID"},
    Key{.name = "google_ads.client_secret",
        .scope = Scope::agency,
        .env = "GOOGLE_ADS_CLIENT_SECRET",
        .hosts = token_hosts},
    Key{.name = "google_ads.refresh_token",
        .scope = Scope::either,
        .env = "GOOGLE_ADS_REFRESH_TOKEN",
        .hosts = token_hosts},
    Key{.name = "google_ads.customer_id", .secret = false},
    Key{.name = "google_ads.login_customer_id",
        .scope = Scope::either,
        .secret = false,
        .required = false,
        .unless = own_sign_in,
        .env = "GOOGLE_ADS_LOGIN_CUSTOMER_ID"},
    // A major version lives for about a year; until the product is updated, this names another.
    Key{.name = "google_ads.api_version",
        .scope = Scope::agency,
        .secret = false,
        .required = false,
        .env = "GOOGLE_ADS_API_VERSION"}};
inline constexpr std::array captured{CapturedKey{.name = "google_ads.access_token", .hosts = hosts}};

inline constexpr std::array streams{
    schedule::with_daily_rows(schedule::daily_of_each("google_ads.customer_id", "campaigns", "campaigns")),
    schedule::daily_of_each("google_ads.customer_id", "search_terms", "search terms"),
    schedule::daily_of_each("google_ads.customer_id", "performance_max_terms", "Performance Max terms"),
    schedule::daily_of_each("google_ads.customer_id", "conversions", "conversions")};

inline constexpr Descriptor descriptor{
    .id = "google_ads",
    .name = "Google Ads",
    .category = Category::advertising,
    .summary = "Campaigns, search terms, conversions",
    .method = "Daily",
    // Many pause at weekends and over holidays.
    .thresholds = schedule::with_quiet_days(schedule::with_lag(schedule::daily, std::chrono::days{1}),
                                            std::chrono::days{7}),
    .jobs_per_tick = 100,
    .keys = keys,
    .captured = captured,
    .streams = streams};

}  // namespace wf::google_ads
