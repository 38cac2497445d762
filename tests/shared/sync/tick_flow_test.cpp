#include <algorithm>
#include <catch_amalgamated.hpp>

#include "shared/domain/catalogue.hpp"
#include "stripe_account.hpp"

using namespace fake;

namespace {

Json tick() {
  return {{"kind", "tick"},
          {"configured",
           {{"agency", {"supabase.secret_key"}},
            {"workspaces",
             {{"northwind-dental",
               {{"present", {"stripe.secret_key", "stripe.webhook_secret"}}, {"problem", nullptr}}},
              {"nobody", {{"present", Json::array()}, {"problem", nullptr}}}}}}}};
}

Json failed() { return json(R"({"failed":"network","message":""})"); }

}  // namespace

TEST_CASE("a tick records what is configured and queues what is due", "[tick]") {
  Host host;
  host.database.claimable = {{{"job", "sync"}, {"run_id", "a"}}, {{"job", "sync"}, {"run_id", "b"}}};
  CHECK(host.run(tick()) == "ok");
  CHECK(host.queue.size() == 2);
  CHECK(wf::dump(host.database.detection).find("11111111-1111-4111-8111-111111111111") != std::string::npos);
  CHECK(wf::dump(host.database.detection).find("charges") != std::string::npos);
  CHECK(wf::dump(host.logs).find("nobody") != std::string::npos);
}

TEST_CASE("what requests left behind is looked for, once a tick", "[tick]") {
  Host host;
  for (int i = 0; i < 60; ++i)
    host.database.left_ends.push_back({{"job", "action_end"}, {"object_key", std::to_string(i)}});
  CHECK(host.run(tick()) == "ok");
  CHECK(host.queue.size() == 60);
  for (int i = 0; i < 50; ++i)
    host.database.claimable.push_back({{"job", "sync"}, {"run_id", std::to_string(i)}});
  CHECK(host.run(tick()) == "ok");
  CHECK(host.queue.size() == 60 + 50 + 60);
}

TEST_CASE("the database is told by a digest whether the settings are others", "[tick]") {
  Host host;
  Json event = tick();
  event["configured"]["settings"] = "0011223344556677";
  event["configured"]["service_settings"] = {{" openai", "8899aabbccddeeff"}};
  CHECK(host.run(event) == "ok");
  CHECK(host.database.claimed_with["settings"] == "0011223344556677");
  CHECK(host.database.claimed_with["service_settings"] == Json{{" openai", "8899aabbccddeeff"}});
}

TEST_CASE("a tick with nothing due is over", "[tick]") {
  Host host;
  CHECK(host.run(tick()) == "ok");
  CHECK(host.queue.empty());
}

TEST_CASE("a full round is followed by another", "[tick]") {
  Host host;
  for (int i = 0; i < 50; ++i)
    host.database.claimable.push_back({{"job", "sync"}, {"run_id", std::to_string(i)}});
  CHECK(host.run(tick()) == "ok");
  CHECK(host.queue.size() == 50);
  CHECK(host.count("http") == 4);
}

TEST_CASE("a tick queues no more of a service than its key's rate limit bears", "[tick]") {
  Host host;
  const std::int64_t most = wf::find_service("pagespeed")->jobs_per_tick;
  REQUIRE(most > 0);
  // More than one round: what the first took is not given to the second again.
  for (int i = 0; i < 60; ++i) host.database.claimable.push_back({{"job", "sync"}, {"service", "pagespeed"}});
  for (int i = 0; i < 60; ++i) host.database.claimable.push_back({{"job", "sync"}, {"service", "stripe"}});
  CHECK(host.run(tick()) == "ok");
  const auto queued = [&](const std::string& service) {
    return std::count_if(host.queue.begin(), host.queue.end(),
                         [&](const auto& sent) { return has(wf::dump(sent), service); });
  };
  CHECK(queued("pagespeed") == most);
  CHECK(queued("stripe") == 60);
}

TEST_CASE("a tick survives whatever fails, and says so", "[tick]") {
  Host host;
  host.database.claimable = {{{"job", "sync"}, {"run_id", "a"}}};
  Json event = tick();
  std::size_t queued = 0;
  SECTION("the database is away") {
    host.fault = [](const Json& effect) { return effect["kind"] == "http" ? failed() : Json(); };
  }
  SECTION("detection is refused") {
    queued = 1;
    host.fault = [](const Json& effect) {
      return has(text_in(effect, "url"), "record_detection") ? json(R"({"status":400,"headers":[]})")
                                                             : Json();
    };
  }
  SECTION("the queue fails") {
    host.fault = [](const Json& effect) { return effect["kind"] == "enqueue" ? failed() : Json(); };
  }
  SECTION("the host sends something else") {
    queued = 1;
    event["configured"] = 7;
  }
  CHECK(host.run(event) == "ok");
  CHECK(host.queue.size() == queued);
  CHECK_FALSE(host.logs.empty());
}

TEST_CASE("a dead letter is recorded", "[dead letter]") {
  Host host;
  const Json event = {{"kind", "dead_letter"}, {"message", {{"job", "sync"}, {"run_id", "a"}}}};
  CHECK(host.run(event) == "ok");
  CHECK(host.database.dead_letters.size() == 1);
  CHECK(host.logs.back()["what"] == "the queue gave up a message");
  CHECK(host.logs.back()["of"] == event["message"]);
  host.fault = [](const Json&) { return failed(); };
  CHECK(host.run(event) == "retry");
}
