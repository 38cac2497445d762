#pragma once
// HTTP as values: what a connector asks for and what came back. Nothing here does I/O.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wf {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The host keeps the reply's `access_token` under a name: it can be used as `{{secret:name}}` for
// `expires_in` seconds (RFC 6749), and the flow never sees it.
struct Capture {
  std::string name;      // "google_ads.access_token", listed in the catalogue
  bool refresh = false;  // also when the kept one has not expired
};

// A secret appears only as `{{secret:name}}`; the host fills it in just before the call, and only
// for hosts that the connector lists beside that name. In a body only for the names of
// `body_secrets`, because a body may carry what strangers wrote.
struct HttpRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string body;
  std::vector<std::string> body_secrets = {};
  std::optional<Capture> capture = {};
  std::int64_t timeout_ms = 30'000;
  std::int64_t max_bytes = 16 * 1024 * 1024;
};

struct HttpReply {
  int status = 0;
  Headers headers;  // names in lower case
  std::string body;
  std::int64_t elapsed_ms = 0;  // from the call to the last byte
};

void add_header(Headers& headers, std::string_view name, std::string_view value);
// The first header of that name (any case), or "" when there is none.
std::string_view header(const Headers& headers, std::string_view name);

// `{{secret:name}}`
std::string placeholder(std::string_view name);
// A GET that carries this secret as its token.
HttpRequest bearer_request(std::string url, std::string_view secret);
// Makes a POST of it.
void put_json(HttpRequest& request, std::string body);

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
