#include <catch_amalgamated.hpp>

#include "greeting_api.hpp"
#include "stripe_account.hpp"

using namespace fake;

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

TEST_CASE("settings with which nothing can be asked are on the card, and end no request that was carried out",
          "[action]") {
  Api api;
  api.greet();
  Json& facts = api.host.database.facts["requests"];
  CHECK_FALSE(facts["failed_at"].is_string());
  // What the asker got wrong says nothing of the service, nor does asking for one that nobody set up.
  api.host.database.action_facts = nullptr;
  api.greet();
  CHECK(status_of(api.host) == 422);
  api.host.database.action_facts = {{"people", 2}};
  api.call("/api/workspaces/northwind-dental/greet", R"({"name":"nobody"})");
  CHECK(status_of(api.host) == 409);
  CHECK_FALSE(facts["failed_at"].is_string());
  api.ids = {{"openai.model", ""}};
  api.greet();
  CHECK(status_of(api.host) == 409);
  CHECK(facts["failure_kind"] == "configuration");
  CHECK(facts["failure_message"] == "toy greet: the model is no model");
  CHECK(facts["failure_final"] == true);
  CHECK(api.state() == "succeeded");
  CHECK(api.host.database.actions.size() == 1);
  CHECK(api.host.provider_urls.size() == 1);
}

TEST_CASE("a success that says of itself that it failed may pass, one that is not understood may not",
          "[action]") {
  for (const auto& [said, final] : {std::pair{"busy", false}, std::pair{"?", true}}) {
    INFO(said);
    Api api;
    api.host.provider = [answer = said](const std::string&) { return Reply{200, answer, {}, ""}; };
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

TEST_CASE("of more requests than an hour has nothing is asked, and it is said when to come again",
          "[action]") {
  Api api;
  api.host.database.begins_none = "too_many";
  api.greet();
  CHECK(status_of(api.host) == 503);
  CHECK(json(api.host.response_body)["type"] == "urn:webfluentia:rate-limited");
  CHECK(api.host.responses.back()["headers"].dump().find(R"(["retry-after","600"])") != std::string::npos);
  CHECK(api.host.provider_urls.empty());
}

TEST_CASE("a service that is switched off says so", "[action]") {
  Api api;
  api.host.database.begins_none = "disabled";
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
    const int status = GENERATE(502, 504, 520, 524);
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
  // Whoever reads that it failed does it again.
  const Json told = json(api.host.response_body);
  CHECK((told["type"] == "urn:webfluentia:outcome-unknown") == (state == "unknown"));
  CHECK(has(text_in(told, "detail"), "; look who was greeted") == (state == "unknown"));
  CHECK(api.host.provider_urls.size() == 1);
  CHECK(api.host.database.facts["requests"]["failure_kind"].is_string());
}

TEST_CASE("whoever asked is told to wait for a day at most", "[action]") {
  Api api;
  const std::string asked = GENERATE("7", "99999999");
  const std::string told = asked == "7" ? "7" : "86400";
  api.host.provider = [asked](const std::string&) { return Reply{429, "", {{"retry-after", asked}}, ""}; };
  CHECK(api.greet() == "ok");
  CHECK(has(api.host.responses.back()["headers"].dump(), R"(["retry-after",")" + told + "\""));
}

TEST_CASE("an outcome that the database does not take is queued, and answered all the same", "[action]") {
  Api api;
  api.host.fault = [](const Json& effect) {
    return has(text_in(effect, "url"), "end_action") ? no_reply("network") : Json();
  };
  CHECK(api.greet() == "ok");
  CHECK(status_of(api.host) == 202);
  CHECK(api.state() == "running");
  REQUIRE(api.host.queue.size() == 1);
  // However long the mail was, the message fits into the queue: it only says where the outcome is.
  CHECK(api.host.queue.front().size() == 3);
  CHECK(api.host.run_job(api.host.queue.front()) == "retry");
  api.host.fault = [](const Json& effect) {
    return text_in(effect, "kind") == "get_object" ? no_reply("network") : Json();
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
    return has(text_in(effect, "url"), "begin_action") && lost-- > 0;
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
    if (text_in(effect, "kind") == lost) return no_reply("network");
    return has(text_in(effect, "url"), "end_action") ? no_reply("network") : Json();
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
