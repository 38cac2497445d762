#include "shared/connectors/google/grants.hpp"

#include <string>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"

namespace wf::google {
namespace {

constexpr std::string_view token_url = "https://oauth2.googleapis.com/token";
constexpr std::int64_t longest_assertion_secs = 3600;
// A clock that is ahead of Google's makes an assertion that is not valid yet.
constexpr std::int64_t clock_skew_secs = 60;

std::string named(std::string_view service, std::string_view key) { return concat({service, ".", key}); }

std::string_view id_of(const Json& ids, std::string_view service, std::string_view key) {
  return find_text(ids, named(service, key));
}

HttpRequest token_request(std::string_view service, std::string form, std::vector<std::string> secrets) {
  HttpRequest request;
  request.method = "POST";
  request.url = std::string(token_url);
  add_header(request.headers, "content-type", "application/x-www-form-urlencoded");
  request.body = std::move(form);
  request.body_secrets = std::move(secrets);
  request.capture = Capture{.name = named(service, "access_token")};
  return request;
}

}  // namespace

std::vector<GrantStep> refresh_token_grant(std::string_view service, const Json& ids) {
  const std::string secret = named(service, "client_secret");
  const std::string token = named(service, "refresh_token");
  std::string form =
      concat({"grant_type=refresh_token&client_id=", percent_encode(id_of(ids, service, "client_id")),
              "&client_secret=", placeholder(secret), "&refresh_token=", placeholder(token)});
  std::vector<GrantStep> steps;
  steps.push_back(token_request(service, std::move(form), {secret, token}));
  return steps;
}

std::vector<GrantStep> service_account_grant(std::string_view service, std::string_view scope,
                                             const Json& ids, UnixSeconds now) {
  JsonObject header;
  header.text("alg", "RS256").text("typ", "JWT");
  const std::string_view key_id = id_of(ids, service, "private_key_id");
  if (!key_id.empty()) header.text("kid", key_id);
  const std::int64_t issued = to_unix(now) - clock_skew_secs;
  JsonObject claims;
  claims.text("iss", id_of(ids, service, "client_email"))
      .text("scope", scope)
      .text("aud", token_url)
      .number("iat", issued)
      .number("exp", issued + longest_assertion_secs);
  const std::string assertion = named(service, "assertion");
  Sign sign{.algorithm = "RS256",
            .secret = named(service, "private_key"),
            .message = concat({base64url(dump(header)), ".", base64url(dump(claims))}),
            .captured = assertion};
  std::string form = concat({"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=",
                             placeholder(assertion)});
  std::vector<GrantStep> steps;
  steps.push_back(std::move(sign));
  steps.push_back(token_request(service, std::move(form), {assertion}));
  return steps;
}

std::string base64url(std::string_view bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = (bits << 8U | static_cast<unsigned char>(c)) & 0xFFFFU;
    for (held += 8; held >= 6; held -= 6) text += alphabet[bits >> (held - 6) & 63U];
  }
  if (held > 0) text += alphabet[bits << (6 - held) & 63U];
  return text;
}

}  // namespace wf::google
