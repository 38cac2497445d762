#include <array>
#include <catch_amalgamated.hpp>

#include "shared/sync/json_object.hpp"
#include "stripe_account.hpp"

using namespace fake;

namespace {

constexpr std::string_view request_id = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";

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

constexpr std::array actions{wf::Action{
    .id = "greet", .check = check, .facts_function = "toy_facts", .start = start, .end = end, .fail = fail}};
// A service that is judged by its use.
constinit const wf::Connector greeter{.service = "openai", .actions = actions};

// One that is set up by the workspace's own settings.
constexpr std::array mail_actions{wf::Action{
    .id = "mail", .check = check, .facts_function = "toy_facts", .start = start, .end = end, .fail = fail}};
constinit const wf::Connector mailer{.service = "sendgrid", .actions = mail_actions};

struct Api {
  Api() : host(registry()) {
    host.database.session = {
        {"client_id", "11111111-1111-4111-8111-111111111111"}, {"role", "manager"}, {"user_id", "u-1"}};
    host.database.action_facts = {{"people", 2}};
    host.provider = [](const std::string&) { return Reply{200, "hello", {}, ""}; };
  }
  static wf::Registry registry() {
    static constexpr std::array list{&greeter, &mailer};
    return list;
  }

  std::string call(std::string_view path, std::string body = "", std::string_view method = "POST",
                   std::string_view id = "") {
    Json headers = Json::array();
    if (!id.empty()) headers.push_back(Json::array({"idempotency-key", id}));
    return host.run({{"kind", "api"},
                     {"method", method},
                     {"path", path},
                     {"headers", headers},
                     {"ids", Json::object()},
                     {"settings_unreadable", settings_unreadable},
                     {"body", 1}},
                    std::move(body));
  }
  std::string greet(std::string_view id = request_id) {
    return call("/api/workspaces/northwind-dental/greet", R"({"name":"Ada"})", "POST", id);
  }
  std::string state(std::string_view id = request_id) { return host.database.actions[std::string(id)]; }
  Json stored(std::string_view id = request_id) {
    return host.database.rows["toy_greetings"][std::string(id)];
  }

  Host host;
  bool settings_unreadable = false;
};

Json no_reply(const char* reason) { return {{"failed", reason}, {"message", "test"}}; }

}  // namespace

TEST_CASE("the health check answers for the database and the schedule", "[api]") {
  Api api;
  api.call("/api/health", "", "GET");
  CHECK(status_of(api.host) == 200);
  api.host.database.health["ticked_secs_ago"] = 3600;
  api.call("/api/health", "", "GET");
  CHECK(status_of(api.host) == 503);
  CHECK(json(api.host.response_body)["type"] == "urn:webfluentia:schedule-late");
  api.host.database.health["ticked_secs_ago"] = nullptr;
  api.call("/api/health", "", "HEAD");
  CHECK(status_of(api.host) == 200);
  api.call("/api/health");
  CHECK(status_of(api.host) == 405);
  api.host.fault = [](const Json&) { return no_reply("network"); };
  api.call("/api/health", "", "GET");
  CHECK(status_of(api.host) == 503);
  CHECK(json(api.host.response_body)["type"] == "urn:webfluentia:database-away");
}

TEST_CASE("what is no endpoint is 404 before anybody is asked who they are", "[api]") {
  Api api;
  for (const char* path : {"/api/secrets", "/api/workspaces", "/api/workspaces/northwind-dental",
                           "/api/workspaces/northwind-dental/dance", "/api/workspaces/northwind-dental/sync",
                           "/api/workspaces/northwind-dental/greet/now",
                           "/api/workspaces/northwind-dental/sync/stripe/charges"}) {
    INFO(path);
    api.call(path);
    CHECK(status_of(api.host) == 404);
  }
  CHECK(api.host.effects == 0);
  api.call("/api/workspaces/northwind-dental/greet", "", "GET");
  CHECK(status_of(api.host) == 405);
}

TEST_CASE("only a member may ask, and only a manager may start something", "[api]") {
  Api api;
  int expected = 0;
  SECTION("nobody is signed in") {
    api.host.fault = [](const Json&) {
      Json result = no_reply("secret_missing");
      result["name"] = "session.access_token";
      return result;
    };
    expected = 401;
  }
  SECTION("a token that has expired") {
    api.host.fault = [](const Json&) { return json(R"({"status":401,"headers":[]})"); };
    expected = 401;
  }
  SECTION("no member of it, or no such workspace") {
    api.host.database.session = nullptr;
    expected = 404;
  }
  SECTION("a viewer") {
    api.host.database.session["role"] = "viewer";
    expected = 403;
  }
  SECTION("the database is away") {
    api.host.fault = [](const Json&) { return json(R"({"status":503,"headers":[]})"); };
    expected = 503;
  }
  for (const char* path :
       {"/api/workspaces/northwind-dental/greet", "/api/workspaces/northwind-dental/sync/stripe"}) {
    api.call(path, R"({"name":"Ada"})");
    CHECK(status_of(api.host) == expected);
  }
  CHECK(api.host.effects == 2);
  CHECK(api.host.database.actions.empty());
}

TEST_CASE("sync now starts runs and queues them, one at a time", "[api]") {
  Api api;
  const std::string path = "/api/workspaces/northwind-dental/sync/stripe";
  api.host.database.start_run = {{"jobs",
                                  {{{"job", "sync"}, {"run_id", "r1"}, {"stream", "charges"}},
                                   {{"job", "sync"}, {"run_id", "r2"}, {"stream", "events"}}}}};
  api.call(path);
  CHECK(status_of(api.host) == 202);
  CHECK(api.host.queue.size() == 2);
  api.call(path, R"({"stream":"charges","partition":7})");
  CHECK(status_of(api.host) == 400);
  api.call(path, "[1]");
  CHECK(status_of(api.host) == 400);
  // A name that is wrong must not start everything, nor be called busy.
  for (const char* wrong : {R"({"stream":"nope"})", R"({"stream":""})", R"({"strem":"charges"})"}) {
    api.call(path, wrong);
    CHECK(status_of(api.host) == 400);
  }
  api.host.database.start_run = {{"busy", true}};
  api.call(path, R"({"stream":"charges"})");
  CHECK(status_of(api.host) == 409);
  api.host.database.start_run = {{"jobs", Json::array()}};
  api.call(path);
  CHECK(status_of(api.host) == 409);
  api.call("/api/workspaces/northwind-dental/sync/nothing");
  CHECK(status_of(api.host) == 404);
  CHECK(api.host.queue.size() == 2);
}

TEST_CASE("any member may read what is unusual", "[api]") {
  Api api;
  const std::string path = "/api/workspaces/northwind-dental/anomalies";
  Json values = Json::array();
  for (int i = 0; i < 60; ++i) values.push_back(i == 58 ? 380 : 1000);
  api.host.database.daily_series = {{"series", Json::array({{{"id", "search_console.clicks"},
                                                             {"unit", "count"},
                                                             {"first_day", "2026-09-25"},
                                                             {"values", values}}})}};
  for (const char* role : {"viewer", "manager", "agency"}) {
    api.host.database.session["role"] = role;
    CHECK(api.call(path, "", "GET") == "ok");
    CHECK(status_of(api.host) == 200);
    const Json body = json(api.host.response_body);
    CHECK(body["found"] == 1);
    CHECK(body["series"][0]["anomalies"][0]["words"] == "62 % below usual on 22 Nov");
  }
  api.call(path);
  CHECK(status_of(api.host) == 405);
  api.call(path + "/search_console", "", "GET");
  CHECK(status_of(api.host) == 404);
  api.host.database.session = nullptr;
  api.call(path, "", "GET");
  CHECK(status_of(api.host) == 404);
}

TEST_CASE("a database without series answers nothing unusual, one that is away 503, one not understood 500",
          "[api]") {
  Api api;
  const std::string path = "/api/workspaces/northwind-dental/anomalies";
  api.host.database.daily_series = {{"series", Json::array()}};
  api.call(path, "", "GET");
  CHECK(status_of(api.host) == 200);
  CHECK(json(api.host.response_body)["as_of"].is_null());
  api.host.database.daily_series = Json::object();
  api.call(path, "", "GET");
  CHECK(status_of(api.host) == 500);
  CHECK(json(api.host.response_body)["type"] == "urn:webfluentia:internal");
  api.host.fault = [](const Json& effect) {
    return has(text_of(effect, "url"), "daily_series") ? no_reply("network") : Json();
  };
  api.call(path, "", "GET");
  CHECK(status_of(api.host) == 503);
}

TEST_CASE("an action keeps its intent, calls once, archives the reply and stores the rows", "[action]") {
  Api api;
  CHECK(api.greet() == "ok");
  CHECK(status_of(api.host) == 202);
  CHECK(api.state() == "succeeded");
  CHECK(api.stored()["state"] == "sent");
  CHECK(api.host.provider_urls.size() == 1);
  CHECK(api.host.objects.size() == 1);
  CHECK(api.host.database.facts["requests"]["last_success_at"].is_string());
  // The same request again is not carried out again.
  api.greet();
  CHECK(status_of(api.host) == 409);
  CHECK(api.host.provider_urls.size() == 1);
}

TEST_CASE("what cannot be asked is refused before anything is written", "[action]") {
  Api api;
  const std::string path = "/api/workspaces/northwind-dental/greet";
  for (const char* body : {"", "{", "[]", R"({"name":7})"}) {
    INFO(body);
    api.call(path, body);
    CHECK(status_of(api.host) == 400);
  }
  api.call(path, R"({"name":"Ada"})", "POST", "not-a-uuid");
  CHECK(status_of(api.host) == 400);
  api.host.database.action_facts = nullptr;
  api.greet();
  CHECK(status_of(api.host) == 422);
  CHECK(api.host.database.actions.empty());
}

TEST_CASE("a success that says of itself that it failed may pass, one that is not understood may not",
          "[action]") {
  for (const auto& [said, final] : {std::pair{"busy", false}, std::pair{"?", true}}) {
    INFO(said);
    Api api;
    api.host.provider = [said = said](const std::string&) { return Reply{200, said, {}, ""}; };
    api.greet();
    CHECK(status_of(api.host) == 502);
    CHECK(api.host.database.facts["requests"]["failure_final"] == final);
  }
}

TEST_CASE("where others began meanwhile, the facts are read again before anything is asked", "[action]") {
  Api api;
  api.host.database.others_begin = 4;
  api.greet();
  CHECK(status_of(api.host) == 202);
  CHECK(api.host.provider_urls.size() == 1);
  api.host.database.others_begin = 5;
  api.greet("33333333-3333-4333-8333-333333333333");
  CHECK(api.host.provider_urls.size() == 1);
  CHECK(status_of(api.host) == 503);
  CHECK(json(api.host.response_body)["type"] == "urn:webfluentia:rate-limited");
}

TEST_CASE("where the settings of the workspace cannot be read, nothing is asked that needs them",
          "[action]") {
  Api api;
  api.settings_unreadable = true;
  api.call("/api/workspaces/northwind-dental/mail", R"({"name":"Ada"})");
  CHECK(status_of(api.host) == 409);
  CHECK(json(api.host.response_body)["type"] == "urn:webfluentia:not-configured");
  CHECK(json(api.host.response_body)["detail"] == "the settings of this workspace cannot be read");
  CHECK(api.host.provider_urls.empty());
  CHECK(api.host.database.actions.empty());
  api.host.database.daily_series = {{"series", Json::array()}};
  api.call("/api/workspaces/northwind-dental/anomalies", "", "GET");
  CHECK(status_of(api.host) == 200);
  // All keys of this one are the agency's.
  api.greet();
  CHECK(status_of(api.host) == 202);
  api.settings_unreadable = false;
  api.call("/api/workspaces/northwind-dental/mail", R"({"name":"Ada"})");
  CHECK(status_of(api.host) == 202);
}

TEST_CASE("a service that is switched off says so", "[action]") {
  Api api;
  api.host.database.disabled = true;
  api.greet();
  CHECK(status_of(api.host) == 409);
  CHECK(json(api.host.response_body)["type"] == "urn:webfluentia:not-configured");
  CHECK(api.host.provider_urls.empty());
}

TEST_CASE("a provider that fails is told with the rows, and never asked twice", "[action]") {
  Api api;
  int expected = 0;
  std::string state = "failed";
  SECTION("it asks to wait") {
    api.host.provider = [](const std::string&) { return Reply{429, "", {{"retry-after", "7"}}, ""}; };
    expected = 503;
  }
  SECTION("it refuses the key") {
    api.host.provider = [](const std::string&) { return Reply{401, "", {}, ""}; };
    expected = 502;
  }
  SECTION("it does not answer: what it did is not known") {
    api.host.provider = [](const std::string&) { return Reply{0, "", {}, "timeout"}; };
    expected = 502;
    state = "unknown";
  }
  SECTION("a gateway answers in its place: it may have done it all the same") {
    const int status = GENERATE(502, 504);
    api.host.provider = [status](const std::string&) { return Reply{status, "<html>", {}, ""}; };
    expected = 502;
    state = "unknown";
  }
  SECTION("it says itself that it could not") {
    const int status = GENERATE(500, 503);
    api.host.provider = [status](const std::string&) { return Reply{status, "", {}, ""}; };
    expected = 502;
  }
  SECTION("its answer is not understood") {
    api.host.provider = [](const std::string&) { return Reply{200, "?", {}, ""}; };
    expected = 502;
  }
  CHECK(api.greet() == "ok");
  CHECK(status_of(api.host) == expected);
  CHECK(api.state() == state);
  CHECK(api.stored()["state"] == state);
  CHECK(api.host.provider_urls.size() == 1);
  CHECK(api.host.database.facts["requests"]["failure_kind"].is_string());
}

TEST_CASE("an outcome that the database does not take is queued, and answered all the same", "[action]") {
  Api api;
  api.host.fault = [](const Json& effect) {
    return has(text_of(effect, "url"), "end_action") ? no_reply("network") : Json();
  };
  CHECK(api.greet() == "ok");
  CHECK(status_of(api.host) == 202);
  CHECK(api.state() == "running");
  REQUIRE(api.host.queue.size() == 1);
  // However long the mail was, the message fits into the queue: it only says where the outcome is.
  CHECK(api.host.queue.front().size() == 3);
  CHECK(api.host.run_job(api.host.queue.front()) == "retry");
  api.host.fault = [](const Json& effect) {
    return text_of(effect, "kind") == "get_object" ? no_reply("network") : Json();
  };
  CHECK(api.host.run_job(api.host.queue.front()) == "retry");
  api.host.fault = nullptr;
  SECTION("the queue tries again") { CHECK(api.host.run_job(api.host.queue.front()) == "ok"); }
  SECTION("the queue gave up on it") {
    CHECK(api.host.run({{"kind", "dead_letter"}, {"message", api.host.queue.front()}}) == "ok");
  }
  CHECK(api.state() == "succeeded");
  CHECK(api.stored()["state"] == "sent");
}

TEST_CASE("an intent that was kept, and only the answer lost, is gone on with", "[action]") {
  Api api;
  int lost = 1;
  SECTION("once") {}
  SECTION("and again: the database is away") { lost = 2; }
  const int all = lost;
  api.host.lose = [&](const Json& effect) {
    return has(text_of(effect, "url"), "begin_action") && lost-- > 0;
  };
  CHECK(api.greet() == "ok");
  CHECK(status_of(api.host) == (all == 1 ? 202 : 503));
  CHECK(api.host.provider_urls.size() == (all == 1 ? 1 : 0));
  CHECK(api.state() == (all == 1 ? "succeeded" : "running"));
}

TEST_CASE("an outcome that neither the database nor the queue or the object store takes is logged",
          "[action]") {
  Api api;
  const std::string lost = GENERATE("enqueue", "put_object");
  api.host.fault = [&](const Json& effect) {
    if (text_of(effect, "kind") == lost) return no_reply("network");
    return has(text_of(effect, "url"), "end_action") ? no_reply("network") : Json();
  };
  CHECK(api.greet() == "ok");
  CHECK(status_of(api.host) == 202);
  CHECK(has(wf::dump(api.host.logs), "outcome lost"));
}

TEST_CASE("an action that is killed anywhere is never carried out twice", "[action]") {
  Api whole;
  whole.greet();
  for (int at = 1; at <= whole.host.effects; ++at)
    for (const bool before : {true, false}) {
      Api api;
      api.host.death = Death{at, before};
      INFO(at << (before ? " before" : " after"));
      api.greet();
      api.greet();
      CHECK(api.host.provider_urls.size() <= 1);
    }
}
