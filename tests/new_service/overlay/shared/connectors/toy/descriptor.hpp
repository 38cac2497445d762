#pragma once
// The card of the toy bookshop, its key and its stream.

#include "shared/domain/schedules.hpp"

namespace wf::toy {

inline constexpr std::array<std::string_view, 1> hosts{"api.toy.example"};
inline constexpr std::array keys{Key{.name = "toy.api_key", .hosts = hosts}};
inline constexpr std::array streams{StreamDescriptor{.name = "orders", .label = "orders"}};

inline constexpr Descriptor descriptor{.id = "toy",
                                       .name = "Toy Bookshop",
                                       .category = Category::payments,
                                       .summary = "Orders",
                                       .method = "Daily",
                                       .thresholds = schedule::daily,
                                       .keys = keys,
                                       .streams = streams};

}  // namespace wf::toy
