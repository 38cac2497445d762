#include "shared/sync/api_flow.hpp"

#include <utility>

#include "shared/sync/json_object.hpp"

namespace wf {
namespace {

Respond json_response(int status, std::string_view content_type, const Json& body) {
  return {status, {{"content-type", std::string(content_type)}, {"cache-control", "no-store"}}, dump(body)};
}

Respond problem_response(int status, std::string_view type, std::string_view title) {
  return json_response(status, "application/problem+json",
                       JsonObject()
                           .text("type", "urn:webfluentia:" + std::string(type))
                           .text("title", title)
                           .number("status", status)
                           .take());
}

}  // namespace

ApiFlow::ApiFlow(Database database, std::string method, std::string path)
    : database_(std::move(database)), method_(std::move(method)), path_(std::move(path)) {}

void ApiFlow::start(Turn& turn) {
  if (path_ != "/api/health") {
    turn.ask(problem_response(404, "not-found", "There is no such endpoint"));
    return turn.done();
  }
  if (method_ != "GET" && method_ != "HEAD") {
    Respond refusal = problem_response(405, "method-not-allowed", "Use GET");
    refusal.headers.emplace_back("allow", "GET, HEAD");
    turn.ask(std::move(refusal));
    return turn.done();
  }
  ask(turn, database_.select("workspaces", "select=client_id&limit=1"), &ApiFlow::on_answer);
}

void ApiFlow::on_answer(EffectResult& result, Turn& turn) {
  const auto answer = read_answer(result);
  if (answer) {
    turn.ask(json_response(200, "application/json",
                           JsonObject().text("status", "ok").text("database", "ok").take()));
    return turn.done();
  }
  turn.log("error",
           JsonObject().text("what", "health check failed").text("message", answer.error().message).take());
  Respond away = problem_response(503, "database-away", "The database does not answer");
  away.headers.emplace_back("retry-after", "30");
  turn.ask(std::move(away));
  turn.done();
}

}  // namespace wf
