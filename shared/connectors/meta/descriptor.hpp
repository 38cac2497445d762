#pragma once
// The card of Meta's Graph API, its keys and its streams.

#include "shared/domain/schedules.hpp"

namespace wf::meta {

inline constexpr std::array<std::string_view, 1> hosts{"graph.facebook.com"};
inline constexpr std::array keys{
    Key{.name = "meta.access_token", .scope = Scope::either, .env = "META_ACCESS_TOKEN", .hosts = hosts},
    Key{.name = "meta.page_id", .secret = false},
    Key{.name = "meta.instagram_id", .secret = false, .required = false},
    // Signs the token of each call, for apps that demand it, and asks with the app's id when tokens end. Of
    // the app that the token is of: a workspace's own where its token is.
    Key{.name = "meta.app_secret",
        .scope = Scope::either,
        .required = false,
        .env = "META_APP_SECRET",
        .hosts = hosts},
    Key{.name = "meta.app_id",
        .scope = Scope::either,
        .secret = false,
        .required = false,
        .env = "META_APP_ID"}};

// A Page's own token, made of the one above, and the proofs that go with both. Values are kept by name:
// each Page of a workspace has names of its own, so that it never gets the token of another.
inline constexpr CapturedKey for_graph(std::string_view name) { return {.name = name, .hosts = hosts}; }
inline constexpr std::array captured{
    for_graph("meta.access_proof"), for_graph("meta.page_token"),   for_graph("meta.page_proof"),
    for_graph("meta.page_token_2"), for_graph("meta.page_proof_2"), for_graph("meta.page_token_3"),
    for_graph("meta.page_proof_3"), for_graph("meta.page_token_4"), for_graph("meta.page_proof_4"),
    for_graph("meta.page_token_5"), for_graph("meta.page_proof_5"), for_graph("meta.page_token_6"),
    for_graph("meta.page_proof_6")};

inline constexpr std::array streams{
    schedule::with_daily_rows(schedule::daily_of_each("meta.page_id", "page", "page figures")),
    schedule::daily_of_each("meta.page_id", "page_posts", "page posts"),
    schedule::with_daily_rows(schedule::daily_of_each("meta.instagram_id", "instagram", "Instagram figures")),
    schedule::daily_of_each("meta.instagram_id", "instagram_posts", "Instagram posts")};

inline constexpr Descriptor descriptor{
    .id = "meta",
    .name = "Meta Graph API",
    .category = Category::social,
    .summary = "Facebook and Instagram reach, posts",
    .method = "Daily",
    .thresholds = schedule::with_lag(schedule::daily, std::chrono::days{2}),
    .jobs_per_tick = 100,
    .keys = keys,
    .captured = captured,
    .streams = streams};

}  // namespace wf::meta
