#pragma once
// The services of the product, once and in the order of the page (shared/services.cmake).

#include <span>
#include <string>
#include <string_view>

#include "shared/domain/descriptor.hpp"

namespace wf {

std::span<const Descriptor> catalogue();
const Descriptor* find_service(std::string_view id);
// `present`: the names of the keys that a workspace has.
bool is_missing(const Key& key, std::span<const std::string> present);
// Whether the workspace's own bundle takes part in setting this service up.
bool needs_own_bundle(const Descriptor& descriptor);
// Whether one of its keys checks deliveries.
bool has_webhook(const Descriptor& descriptor);
const StreamDescriptor* find_stream(const Descriptor& descriptor, std::string_view stream);

}  // namespace wf
