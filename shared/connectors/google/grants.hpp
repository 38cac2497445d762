#pragma once
// How Google's access tokens are come by. The host keeps what is captured; nothing here ever holds a
// token or a key. https://developers.google.com/identity/protocols/oauth2

#include <string_view>
#include <vector>

#include "shared/sync/connector.hpp"

namespace wf::google {

// With the refresh token that someone's consent gave: `<service>.refresh_token`, and the OAuth
// client's `<service>.client_id` and `<service>.client_secret`.
// https://developers.google.com/identity/protocols/oauth2/web-server#offline
std::vector<GrantStep> refresh_token_grant(std::string_view service, const Json& ids);

// With a service account's signed assertion: `<service>.client_email`, `<service>.private_key` (PEM)
// and, when there is one, `<service>.private_key_id`.
// https://developers.google.com/identity/protocols/oauth2/service-account#httprest
std::vector<GrantStep> service_account_grant(std::string_view service, std::string_view scope,
                                             const Json& ids, UnixSeconds now);

// RFC 4648, section 5, without padding.
std::string base64url(std::string_view bytes);

}  // namespace wf::google
