#pragma once
// The card of Google Search Console, its keys and its streams.

#include "shared/domain/schedules.hpp"

namespace wf::search_console {

inline constexpr std::array<std::string_view, 1> token_hosts{"oauth2.googleapis.com"};
inline constexpr std::array<std::string_view, 1> hosts{"searchconsole.googleapis.com"};

// A service account's, or someone's consent: refresh token and OAuth client.
inline constexpr std::array<std::string_view, 1> consent{"search_console.refresh_token"};
// A key's id goes with the key: another's would make the sign-in invalid.
inline constexpr std::array<std::string_view, 2> other_key{"search_console.private_key",
                                                           "search_console.refresh_token"};
inline constexpr std::array keys{Key{.name = "search_console.client_email",
                                     .scope = Scope::either,
                                     .secret = false,
                                     .unless = consent,
                                     .env = "SEARCH_CONSOLE_CLIENT_EMAIL"},
                                 // Signs the request for a token, and is never sent.
                                 Key{.name = "search_console.private_key",
                                     .scope = Scope::either,
                                     .unless = consent,
                                     .env = "SEARCH_CONSOLE_PRIVATE_KEY"},
                                 Key{.name = "search_console.private_key_id",
                                     .scope = Scope::either,
                                     .secret = false,
                                     .required = false,
                                     .unless = other_key,
                                     .env = "SEARCH_CONSOLE_PRIVATE_KEY_ID"},
                                 Key{.name = "search_console.refresh_token",
                                     .scope = Scope::either,
                                     .required = false,
                                     .env = "SEARCH_CONSOLE_REFRESH_TOKEN",
                                     .hosts = token_hosts},
                                 Key{.name = "search_console.client_id",
                                     .scope = Scope::either,
                                     .secret = false,
                                     .required = false,
                                     .env = "SEARCH_CONSOLE_CLIENT_ID"},
                                 Key{.name = "search_console.client_secret",
                                     .scope = Scope::either,
                                     .required = false,
                                     .env = "SEARCH_CONSOLE_CLIENT_SECRET",
                                     .hosts = token_hosts},
                                 Key{.name = "search_console.site_url", .secret = false}};
inline constexpr std::array captured{CapturedKey{.name = "search_console.assertion", .hosts = token_hosts},
                                     CapturedKey{.name = "search_console.access_token", .hosts = hosts}};

inline constexpr std::array streams{
    schedule::with_daily_rows(schedule::daily_of_each("search_console.site_url", "site", "totals")),
    schedule::daily_of_each("search_console.site_url", "queries", "queries"),
    schedule::daily_of_each("search_console.site_url", "pages", "pages")};

inline constexpr Descriptor descriptor{
    .id = "search_console",
    .name = "Google Search Console",
    .category = Category::seo,
    .summary = "Rankings, impressions, clicks, pages",
    .method = "Daily",
    .thresholds = schedule::with_lag(schedule::daily, std::chrono::days{3}),
    .jobs_per_tick = 100,
    .keys = keys,
    .captured = captured,
    .streams = streams};

}  // namespace wf::search_console
