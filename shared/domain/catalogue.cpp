#include "shared/domain/catalogue.hpp"

#include <algorithm>
#include <array>

#include "shared/base/text.hpp"

namespace wf {

namespace {

constexpr std::array<Category, 8> all_categories{
    Category::database, Category::email,  Category::payments,       Category::advertising,
    Category::seo,      Category::social, Category::infrastructure, Category::ai};

}  // namespace

std::string_view label(Category category) {
  constexpr std::array<std::string_view, 8> labels{"Database", "Email",  "Payments",       "Advertising",
                                                   "SEO",      "Social", "Infrastructure", "AI"};
  return labels[static_cast<std::size_t>(category)];
}

std::span<const Category> categories() { return all_categories; }

std::string_view name(Cadence cadence) {
  constexpr std::array<std::string_view, 3> names{"daily", "weekly", "interval"};
  return names[static_cast<std::size_t>(cadence)];
}

std::string_view Key::short_name() const { return name.substr(name.find('.') + 1); }

const Descriptor* find_service(std::string_view id) {
  for (const Descriptor& service : catalogue()) {
    if (service.id == id) return &service;
  }
  return nullptr;
}

bool needs_own_bundle(const Descriptor& descriptor) {
  return std::any_of(descriptor.keys.begin(), descriptor.keys.end(),
                     [](const Key& key) { return key.required && key.scope != Scope::agency; });
}

bool has_webhook(const Descriptor& descriptor) {
  return std::any_of(descriptor.keys.begin(), descriptor.keys.end(),
                     [](const Key& key) { return !key.when_refused.empty(); });
}

bool is_missing(const Key& key, std::span<const std::string> present) {
  const bool has_other_way = std::any_of(key.unless.begin(), key.unless.end(),
                                         [&](std::string_view other) { return holds(present, other); });
  return key.required && !has_other_way && !holds(present, key.name);
}

const StreamDescriptor* find_stream(const Descriptor& descriptor, std::string_view stream) {
  for (const StreamDescriptor& candidate : descriptor.streams) {
    if (candidate.name == stream) return &candidate;
  }
  return nullptr;
}

}  // namespace wf
