#include <catch_amalgamated.hpp>

#include "greeting_api.hpp"
#include "stripe_account.hpp"

using namespace fake;

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
  api.host.database.health["first_workspace_secs_ago"] = 3600;
  api.call("/api/health", "", "GET");
  CHECK(json(api.host.response_body)["type"] == "urn:webfluentia:schedule-late");
  api.host.database.health["ticked_secs_ago"] = 60;
  api.host.database.health["detected_secs_ago"] = 3600;
  api.call("/api/health", "", "GET");
  CHECK(status_of(api.host) == 503);
  CHECK(json(api.host.response_body)["type"] == "urn:webfluentia:detection-late");
  api.host.database.health["detected_secs_ago"] = 60;
  api.host.database.health["schedules_failing"] = 7;
  api.call("/api/health", "", "GET");
  CHECK(status_of(api.host) == 200);
  CHECK(json(api.host.response_body)["schedules_failing"] == 7);
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
    const int status = GENERATE(408, 429, 500, 503);
    api.host.fault = [status](const Json&) { return Json{{"status", status}, {"headers", Json::array()}}; };
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

TEST_CASE("a database that answers with a refusal is a mistake of ours, and not away", "[api]") {
  Api api;
  std::string refused =
      GENERATE("session_workspace", "start_run", "toy_facts", "begin_action", "daily_series");
  api.host.fault = [&](const Json& effect) {
    return has(text_in(effect, "url"), refused.c_str())
               ? Json{{"status", 403},
                      {"headers", Json::array()},
                      {"body", 1},
                      {"text", R"({"code":"42501","message":"permission denied for function x"})"}}
               : Json();
  };
  INFO(refused);
  if (refused == "daily_series")
    api.call("/api/workspaces/northwind-dental/anomalies", "", "GET");
  else if (refused == "start_run")
    api.call("/api/workspaces/northwind-dental/sync/stripe");
  else
    api.greet();
  CHECK(status_of(api.host) == 500);
  const Json body = json(api.host.response_body);
  CHECK(body["type"] == "urn:webfluentia:internal");
  CHECK(body["detail"] == "database: 403 42501: permission denied for function x");
}

TEST_CASE("a sync that cannot begin says the one cause", "[api]") {
  Api api;
  const auto told = [&](const std::string& service, Json answer, const std::string& body = "") {
    answer["jobs"] = Json::array();
    api.host.database.start_run = std::move(answer);
    api.call("/api/workspaces/northwind-dental/sync/" + service, body);
    CHECK(status_of(api.host) == 409);
    const Json said = json(api.host.response_body);
    return text_in(said, "type").substr(16) + ": " + said.value("detail", text_in(said, "title"));
  };
  CHECK(told("stripe", {{"why", "disabled"}}) == "not-configured: This service is switched off");
  CHECK(told("stripe", {{"why", "disabled"}}, R"({"stream":"charges"})") ==
        "nothing-to-sync: it is switched off");
  CHECK(told("stripe", {{"why", "not_set_up"}}) == "not-configured: it is not set up in this workspace");
  CHECK(told("stripe", {{"why", "missing"}, {"missing", {"stripe.secret_key", "stripe.x"}}}) ==
        "not-configured: missing: stripe.secret_key, stripe.x");
  CHECK(told("stripe", {{"why", "no_part"}}) == "nothing-to-sync: there is no such partition");
  CHECK(told("stripe", {{"why", "unreadable"}}) ==
        "not-configured: the settings of this workspace cannot be read");
  CHECK(told("openai", {}) == "nothing-to-sync: it is used on demand only");
  api.settings_unreadable = true;
  CHECK(told("stripe", {}) == "not-configured: the settings of this workspace cannot be read");
  CHECK(told("openai", {}) == "nothing-to-sync: it is used on demand only");
  // All its keys are the agency's.
  api.host.database.start_run = {{"jobs", {{{"job", "sync"}, {"run_id", "r1"}, {"stream", "probe"}}}}};
  api.call("/api/workspaces/northwind-dental/sync/supabase");
  CHECK(status_of(api.host) == 202);
}

TEST_CASE("what has just been synced by hand may be asked for again, and the title says when", "[api]") {
  Api api;
  const auto told = [&](std::int64_t secs) {
    api.host.database.start_run = {{"jobs", Json::array()}, {"why", "just_synced"}, {"again_in_secs", secs}};
    api.call("/api/workspaces/northwind-dental/sync/stripe");
    CHECK(status_of(api.host) == 429);
    CHECK(has(api.host.responses.back()["headers"].dump(), R"(["retry-after",")" + std::to_string(secs)));
    const Json said = json(api.host.response_body);
    CHECK(said["type"] == "urn:webfluentia:just-synced");
    return text_in(said, "title");
  };
  CHECK(told(241) == "Just synced: ask again in 5 min");
  CHECK(told(60) == "Just synced: ask again in 1 min");
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
    return has(text_in(effect, "url"), "daily_series") ? no_reply("network") : Json();
  };
  api.call(path, "", "GET");
  CHECK(status_of(api.host) == 503);
}
