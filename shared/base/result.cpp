#include "shared/base/result.hpp"

#include <array>

namespace wf {

namespace {
// In the order of the enumeration.
constexpr std::array<std::string_view, 6> error_kind_names{"credentials", "configuration", "provider",
                                                           "rate_limit",  "data",          "ours"};
}  // namespace

std::string_view name(ErrorKind kind) { return error_kind_names[static_cast<std::size_t>(kind)]; }

std::optional<ErrorKind> parse_error_kind(std::string_view text) {
  for (std::size_t i = 0; i < error_kind_names.size(); ++i) {
    if (error_kind_names[i] == text) return static_cast<ErrorKind>(i);
  }
  return std::nullopt;
}

}  // namespace wf
