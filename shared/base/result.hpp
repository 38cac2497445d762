#pragma once
// What the outside world does is a value, never an exception: every fallible function
// returns Result<T>, and the kind of its Error decides who must act and what is retried.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace wf {

// Sorted by who must act: the account manager (credentials), the agency
// (configuration), nobody but time (provider, rate_limit), the developers (data: the
// reply was not understood; ours: a bug of this product).
enum class ErrorKind : std::uint8_t { credentials, configuration, provider, rate_limit, data, ours };

struct Error {
  ErrorKind kind = ErrorKind::ours;
  std::string message;  // says who and what: `stripe charges: missing id`
  std::optional<std::int64_t> retry_after_secs = std::nullopt;
};

template <class T>
using Result = tl::expected<T, Error>;

tl::unexpected<Error> fail(ErrorKind kind, std::string message,
                           std::optional<std::int64_t> retry_after_secs = std::nullopt);
// The message is the parts, one after the other: no text is made on the way, which the edge module's
// size shows.
tl::unexpected<Error> fail(ErrorKind kind, std::initializer_list<std::string_view> parts);

// The spelling used in the database and in frames: "rate_limit".
std::string_view name(ErrorKind kind);
std::optional<ErrorKind> parse_error_kind(std::string_view text);

}  // namespace wf
