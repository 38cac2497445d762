#include "shared/base/result.hpp"

#include <array>

#include "shared/base/text.hpp"

namespace wf {

namespace {
// In the order of the enumeration.
constexpr std::array<std::string_view, 6> error_kind_names{"credentials", "configuration", "provider",
                                                           "rate_limit",  "data",          "ours"};
}  // namespace

tl::unexpected<Error> fail(ErrorKind kind, std::string message,
                           std::optional<std::int64_t> retry_after_secs) {
  return tl::unexpected<Error>(Error{kind, std::move(message), retry_after_secs});
}

tl::unexpected<Error> fail(ErrorKind kind, std::initializer_list<std::string_view> parts) {
  return fail(kind, concat(parts));
}

std::string_view name(ErrorKind kind) { return error_kind_names[static_cast<std::size_t>(kind)]; }

std::optional<ErrorKind> parse_error_kind(std::string_view text) {
  for (std::size_t i = 0; i < error_kind_names.size(); ++i) {
    if (error_kind_names[i] == text) return static_cast<ErrorKind>(i);
  }
  return std::nullopt;
}

}  // namespace wf
