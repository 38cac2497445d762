#pragma once
// The card of OpenAI, its keys and its streams.

#include "shared/domain/schedules.hpp"

namespace wf::openai {

inline constexpr std::array<std::string_view, 1> hosts{"api.openai.com"};

// Models and prices change too often to be part of the product: without them nothing is asked.
inline constexpr std::array keys{
    Key{.name = "openai.api_key", .scope = Scope::agency, .env = "OPENAI_API_KEY", .hosts = hosts},
    Key{.name = "openai.model", .scope = Scope::agency, .secret = false, .env = "OPENAI_MODEL"},
    Key{.name = "openai.prices", .scope = Scope::agency, .secret = false, .env = "OPENAI_PRICES"},
    Key{.name = "openai.effort",
        .scope = Scope::agency,
        .secret = false,
        .required = false,
        .env = "OPENAI_EFFORT"},
    Key{.name = "openai.max_output_tokens",
        .scope = Scope::agency,
        .secret = false,
        .required = false,
        .env = "OPENAI_MAX_OUTPUT_TOKENS"},
    Key{.name = "openai.daily_limit_usd",
        .scope = Scope::agency,
        .secret = false,
        .required = false,
        .env = "OPENAI_DAILY_LIMIT_USD"}};

inline constexpr Descriptor descriptor{.id = "openai",
                                       .name = "OpenAI",
                                       .category = Category::ai,
                                       .summary = "Insights, drafts, anomaly explanations",
                                       .method = "On demand",
                                       .evidenced = Evidenced::by_activity,
                                       .thresholds = schedule::on_demand(std::chrono::days{30}),
                                       .keys = keys};

}  // namespace wf::openai
