#include "shared/sync/database.hpp"

#include <utility>

#include "shared/base/text.hpp"

namespace wf {
namespace {

DatabaseAnswer problem(DatabaseTrouble trouble, std::string message) {
  return tl::unexpected<DatabaseProblem>(DatabaseProblem{trouble, std::move(message)});
}

// 401, 403 and 404 are a wrong key, a missing grant or an older schema: the deployment is at fault,
// not this call, so nothing may be given up for them.
bool says_nothing_about_the_call(int status) {
  return status < 400 || status >= 500 || status == 401 || status == 403 || status == 404 || status == 408 ||
         status == 429;
}

std::string describe_refusal(const HttpReply& reply) {
  std::string message = concat({"database: ", decimal(reply.status)});
  const auto body = parse_json(reply.body, "database");
  if (!body) return message;
  if (const auto code = find_text(*body, "code"); !code.empty()) message.append(" ").append(code);
  if (const auto text = find_text(*body, "message"); !text.empty()) message.append(": ").append(text);
  return message;
}

}  // namespace

HttpRequest Database::request(std::string_view method, std::string_view path) const {
  HttpRequest request;
  request.method = method;
  request.url = concat({url_, "/rest/v1/", path});
  add_header(request.headers, "apikey", "{{secret:supabase.secret_key}}");
  add_header(request.headers, "accept", "application/json");
  request.timeout_ms = 20'000;
  return request;
}

HttpRequest Database::call(std::string_view function, const Json& p) const {
  return call_text(function, dump(p));
}

HttpRequest Database::call_text(std::string_view function, std::string p) const {
  HttpRequest call = request("POST", concat({"rpc/", function}));
  add_header(call.headers, "content-type", "application/json");
  call.body = std::move(p);
  call.body.insert(0, "{\"p\":").append("}");
  return call;
}

HttpRequest Database::call_as_user(std::string_view function, const Json& p) const {
  HttpRequest request = call(function, p);
  request.headers.front().second = publishable_key_;  // in place of the secret key
  add_header(request.headers, "authorization", "Bearer {{secret:session.access_token}}");
  return request;
}

void Database::resolve(std::string& url) const {
  constexpr std::string_view placeholder = "$SUPABASE_URL";
  if (starts_with(url, placeholder)) url = concat({url_, std::string_view(url).substr(placeholder.size())});
}

HttpRequest Database::select(std::string_view table, std::string_view query) const {
  return request("GET", concat({table, "?", query}));
}

DatabaseAnswer read_answer(const EffectResult& result) {
  if (const auto* failed = std::get_if<Failed>(&result))
    return problem(DatabaseTrouble::away, concat({"database: ", failed->reason}));
  const auto* reply = std::get_if<HttpReply>(&result);
  if (!reply) return problem(DatabaseTrouble::away, "database: not an HTTP reply");
  if (!is_success(*reply)) {
    const int status = reply->status;
    DatabaseProblem refusal{
        says_nothing_about_the_call(status) ? DatabaseTrouble::away : DatabaseTrouble::refused,
        describe_refusal(*reply), status >= 400 && status < 500 && status != 408 && status != 429};
    return tl::unexpected<DatabaseProblem>(std::move(refusal));
  }
  auto body = parse_json(reply->body, "database");
  if (!body) return problem(DatabaseTrouble::away, std::move(body.error().message));
  return *std::move(body);
}

}  // namespace wf
