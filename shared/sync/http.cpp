#include "shared/sync/http.hpp"

#include "shared/base/text.hpp"

namespace wf {

void add_header(Headers& headers, std::string_view name, std::string_view value) {
  headers.emplace_back(name, value);
}

std::string placeholder(std::string_view name) { return concat({"{{secret:", name, "}}"}); }

HttpRequest bearer_request(std::string url, std::string_view secret) {
  HttpRequest request;
  request.url = std::move(url);
  add_header(request.headers, "authorization", concat({"Bearer ", placeholder(secret)}));
  return request;
}

void put_json(HttpRequest& request, std::string body) {
  request.method = "POST";
  add_header(request.headers, "content-type", "application/json");
  request.body = std::move(body);
}

std::string_view header(const Headers& headers, std::string_view name) {
  const std::string wanted = to_lower(name);
  for (const auto& [key, value] : headers)
    if (to_lower(key) == wanted) return value;
  return {};
}

UrlBuilder& UrlBuilder::add(std::string_view name, std::string_view value) {
  url_ += first_ ? '?' : '&';
  first_ = false;
  url_ += name;
  url_ += '=';
  url_ += percent_encode(value);
  return *this;
}

UrlBuilder& UrlBuilder::add(std::string_view name, std::int64_t value) { return add(name, decimal(value)); }

}  // namespace wf
