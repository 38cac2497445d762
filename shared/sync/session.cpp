#include "shared/sync/session.hpp"

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/sync/api_reply.hpp"

namespace wf {
namespace {

Respond unauthenticated() {
  Respond answer = problem_reply(401, "unauthenticated", "Sign in first");
  answer.headers.emplace_back("www-authenticate", "Bearer");
  return answer;
}

// PostgREST: 401 for a token that is not valid, 403 for one that is nobody's. It is also 403 where those who
// are signed in lack a grant: for that nobody can sign in better.
bool is_nobody(const EffectResult& result) {
  const auto* reply = std::get_if<HttpReply>(&result);
  return missing_secret(result) ||
         (reply && (reply->status == 401 ||
                    (reply->status == 403 && !contains(reply->body, "permission denied for "))));
}

}  // namespace

HttpRequest session_request(const Database& database, std::string_view workspace) {
  return database.call_as_user("session_workspace", JsonObject().text("slug", workspace).take());
}

tl::expected<Session, Respond> read_session(const EffectResult& result, std::string_view workspace) {
  if (is_nobody(result)) return tl::unexpected<Respond>(unauthenticated());
  const auto answer = read_answer(result);
  if (!answer) return tl::unexpected<Respond>(database_problem_reply(answer.error()));
  const auto client_id = find_string(*answer, "client_id");
  const auto user_id = find_string(*answer, "user_id");
  const auto role = find_string(*answer, "role");
  if (!client_id || !user_id || !role)
    return tl::unexpected<Respond>(problem_reply(404, "not-found", "There is no such workspace"));
  return Session{std::string(workspace), *client_id, *user_id, *role};
}

}  // namespace wf
