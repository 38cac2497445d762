#pragma once
// HTTP as values: what a connector asks for and what came back. Nothing here does I/O.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wf {

using Headers = std::vector<std::pair<std::string, std::string>>;

// A secret appears only as `{{secret:name}}`; the host fills it in just before the call, and only
// for hosts that the connector lists beside that name.
struct HttpRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string body;
  std::int64_t timeout_ms = 30'000;
  std::int64_t max_bytes = 16 * 1024 * 1024;
};

struct HttpReply {
  int status = 0;
  Headers headers;  // names in lower case
  std::string body;
};

// The first header of that name (any case), or "" when there is none.
std::string_view header(const Headers& headers, std::string_view name);

inline bool is_success(const HttpReply& reply) { return reply.status >= 200 && reply.status < 300; }

// Builds `base?a=1&b=2`; names may hold `[` and `]`, values are encoded.
class UrlBuilder {
 public:
  explicit UrlBuilder(std::string base) : url_(std::move(base)) {}
  UrlBuilder& add(std::string_view name, std::string_view value);
  UrlBuilder& add(std::string_view name, std::int64_t value);
  std::string take() { return std::move(url_); }

 private:
  std::string url_;
  bool first_ = true;
};

}  // namespace wf
