#include "shared/sync/database.hpp"

#include <utility>

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
  std::string message = "database: " + std::to_string(reply.status);
  const auto body = parse_json(reply.body, "database");
  if (!body) return message;
  if (const auto code = find_string(*body, "code")) message += " " + *code;
  if (const auto text = find_string(*body, "message")) message += ": " + *text;
  return message;
}

}  // namespace

HttpRequest Database::request(std::string method, std::string path) const {
  HttpRequest request;
  request.method = std::move(method);
  request.url = url_ + "/rest/v1/" + std::move(path);
  // A secret key with a browser's User-Agent is refused, hence our own.
  request.headers = {{"apikey", "{{secret:supabase.secret_key}}"},
                     {"user-agent", "webfluentia-edge"},
                     {"accept", "application/json"}};
  request.timeout_ms = 20'000;
  return request;
}

HttpRequest Database::call_text(std::string_view function, std::string_view p) const {
  HttpRequest call = request("POST", "rpc/" + std::string(function));
  call.headers.emplace_back("content-type", "application/json");
  call.body.reserve(p.size() + 8);
  call.body.append("{\"p\":").append(p).append("}");
  return call;
}

HttpRequest Database::call_as_user(std::string_view function, const Json& p) const {
  HttpRequest request = call(function, p);
  for (auto& [name, value] : request.headers)
    if (name == "apikey") value = publishable_key_;
  request.headers.emplace_back("authorization", "Bearer {{secret:session.access_token}}");
  return request;
}

std::string Database::resolve(std::string url) const {
  constexpr std::string_view placeholder = "$SUPABASE_URL";
  if (url.compare(0, placeholder.size(), placeholder) != 0) return url;
  return url.replace(0, placeholder.size(), url_);
}

HttpRequest Database::select(std::string_view table, std::string_view query) const {
  return request("GET", std::string(table) + "?" + std::string(query));
}

DatabaseAnswer read_answer(const EffectResult& result) {
  if (const auto* failed = std::get_if<Failed>(&result))
    return problem(DatabaseTrouble::away, "database: " + failed->reason);
  const auto* reply = std::get_if<HttpReply>(&result);
  if (!reply) return problem(DatabaseTrouble::away, "database: not an HTTP reply");
  if (!is_success(*reply))
    return problem(
        says_nothing_about_the_call(reply->status) ? DatabaseTrouble::away : DatabaseTrouble::refused,
        describe_refusal(*reply));
  auto body = parse_json(reply->body, "database");
  if (!body) return problem(DatabaseTrouble::away, body.error().message);
  return *std::move(body);
}

}  // namespace wf
