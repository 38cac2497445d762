#pragma once
// The card of Supabase, its keys and its streams.

#include "shared/domain/schedules.hpp"

namespace wf::supabase {

inline constexpr std::array<std::string_view, 1> hosts{"$SUPABASE_URL"};
inline constexpr std::array keys{
    Key{.name = "supabase.secret_key", .scope = Scope::agency, .env = "SUPABASE_SECRET_KEY", .hosts = hosts}};

inline constexpr std::array streams{schedule::every(std::chrono::minutes{5}, "probe", "probes")};

inline constexpr Descriptor descriptor{.id = "supabase",
                                       .name = "Supabase",
                                       .category = Category::database,
                                       .summary = "Core data storage for every tab",
                                       .method = "Real-time",
                                       .read_by_page = true,
                                       .thresholds = schedule::real_time,
                                       .keys = keys,
                                       .streams = streams};

}  // namespace wf::supabase
