#pragma once
// Google's error bodies, old and new. https://google.aip.dev/193

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shared/sync/http.hpp"

namespace wf::google {

struct ApiError {
  std::string status;   // "PERMISSION_DENIED"
  std::string kind;     // of Google Ads' errors: "authorizationError"
  std::string code;     // "USER_PERMISSION_DENIED", or the reason: "quotaExceeded"
  std::string reason;   // of the newer details: "API_KEY_INVALID"
  std::string quota;    // of a limit: "defaultPerDayPerProject"
  std::string domain;   // of the reason of the older services: "lighthouse"
  std::string message;  // may quote what Google was sent
  std::optional<std::int64_t> retry_delay_secs;

  // What may stand in a message that people read: the most telling of the codes, else "".
  std::string_view word() const;
};

// {"error":{...}}, alone or in an array. None: the body is not such an error.
std::optional<ApiError> read_api_error(const HttpReply& reply);

// A duration as protocol buffers write it: "900s", "1.5s". Whole seconds, rounded up.
std::optional<std::int64_t> parse_duration(std::string_view text);

bool is_html(const HttpReply& reply);

}  // namespace wf::google
