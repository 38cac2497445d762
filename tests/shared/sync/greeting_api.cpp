#include "greeting_api.hpp"

#include <array>

#include "shared/base/json_object.hpp"

namespace fake {
namespace {

// An action that greets: its rows are keyed by the request.
wf::RowBatch row(const wf::ActionQuery& query, std::string_view state, wf::UnixSeconds at) {
  return {"toy_greetings",
          {wf::JsonObject().text("id", query.id).text("state", state).time("source_at", at).take()}};
}
wf::Result<Json> check(const Json& body) {
  auto name = wf::require_string(body, "name", "body");
  if (!name) return tl::unexpected<wf::Error>(name.error());
  return wf::JsonObject().text("name", *name).take();
}
wf::Result<wf::ActionStart> start(const wf::ActionQuery& query, wf::UnixSeconds now) {
  if (query.facts.is_null()) return wf::fail(wf::ErrorKind::data, "toy greet: nobody is there");
  if (wf::find(query.ids, "openai.model") && wf::find_text(query.ids, "openai.model").empty())
    return wf::fail(wf::ErrorKind::configuration, "toy greet: the model is no model");
  if (query.ids.empty() && wf::find_text(query.input, "name") == "nobody")
    return wf::fail(wf::ErrorKind::configuration, "toy greet: nothing is set up");
  wf::HttpRequest call{.method = "POST", .url = "https://toy.example/greet"};
  call.body = wf::dump(query.input);
  return wf::ActionStart{{row(query, "queued", now)}, call};
}
wf::Result<wf::ActionEnd> end(const wf::ActionQuery& query, const wf::HttpReply& reply, wf::UnixSeconds now) {
  if (reply.body == "?") return wf::fail(wf::ErrorKind::data, "toy greet: not understood");
  if (reply.body == "busy") return wf::fail(wf::ErrorKind::provider, "toy greet: busy");
  return wf::ActionEnd{{row(query, "sent", now + std::chrono::seconds(1))},
                       202,
                       wf::JsonObject().text("id", query.id).text("user", query.user_id).take()};
}
std::vector<wf::RowBatch> fail(const wf::ActionQuery& query, const wf::Error&, bool unknown,
                               wf::UnixSeconds now) {
  return {row(query, unknown ? "unknown" : "failed", now + std::chrono::seconds(1))};
}

constexpr std::array actions{wf::Action{.id = "greet",
                                        .check = check,
                                        .facts_function = "toy_facts",
                                        .start = start,
                                        .end = end,
                                        .fail = fail,
                                        .when_unknown = "look who was greeted"}};
// A service that is judged by its use.
constinit const wf::Connector greeter{.service = "openai", .actions = actions};

// One that is set up by the workspace's own settings.
constexpr std::array mail_actions{wf::Action{
    .id = "mail", .check = check, .facts_function = "toy_facts", .start = start, .end = end, .fail = fail}};
constinit const wf::Connector mailer{.service = "sendgrid", .actions = mail_actions};

}  // namespace

Api::Api() : host(registry()) {
  host.database.session = {
      {"client_id", "11111111-1111-4111-8111-111111111111"}, {"role", "manager"}, {"user_id", "u-1"}};
  host.database.action_facts = {{"people", 2}};
  host.provider = [](const std::string&) { return Reply{200, "hello", {}, ""}; };
}

wf::Registry Api::registry() {
  static constexpr std::array list{&greeter, &mailer};
  return list;
}

}  // namespace fake
