#pragma once
// Who asks: the user behind the request's token, and their membership in the workspace of the path. The
// database checks the token and the membership; the core never sees the token.

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "shared/sync/database.hpp"
#include "shared/sync/effects.hpp"

namespace wf {

struct Session {
  std::string workspace;  // the slug in the path
  std::string client_id;
  std::string user_id;
  std::string role;  // "viewer", "manager" or "agency"

  bool may_write() const { return role == "manager" || role == "agency"; }
};

HttpRequest session_request(const Database& database, std::string_view workspace);

// Unexpected: the answer to give. A workspace that does not exist and one that is none of the user's are
// the same 404.
tl::expected<Session, Respond> read_session(const EffectResult& result, std::string_view workspace);

}  // namespace wf
