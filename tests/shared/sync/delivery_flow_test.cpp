#include <catch_amalgamated.hpp>

#include "shared/base/time.hpp"
#include "stripe_account.hpp"

using namespace fake;

namespace {

// Delivers an event and works it off.
void deliver(Host& host, const Json& event) {
  host.run(webhook_event(host), wf::dump(event));
  host.work_until_quiet();
}

Json charge_event(const std::string& id, std::int64_t created, const std::string& status) {
  Json event = json(fixture("events/charge_succeeded.json"));
  event["id"] = id;
  event["created"] = created;
  event["data"]["object"]["status"] = status;
  return event;
}

Json& charge(Host& host) { return host.database.rows["stripe_charges"]["ch_3KtQThJDPojXS6LN0YmgbxGj"]; }

constexpr std::int64_t at = 1'763'800'000;

}  // namespace

TEST_CASE("deliveries in any order end in the newest state", "[delivery]") {
  Host host = stripe_host();
  deliver(host, charge_event("evt_2", at + 10, "succeeded"));
  deliver(host, charge_event("evt_1", at, "pending"));
  CHECK(charge(host)["status"] == "succeeded");
  CHECK(host.database.receipts["evt_1"]["state"] == "applied");
}

TEST_CASE("two events of one second are settled by asking for the object", "[delivery]") {
  Host host = stripe_host();
  host.provider = [](const std::string& url) -> Reply {
    REQUIRE(url == "https://api.stripe.com/v1/charges/ch_3KtQThJDPojXS6LN0YmgbxGj");
    Json object = json(fixture("events/charge_succeeded.json"))["data"]["object"];
    object["status"] = "the truth";
    return {200, wf::dump(object)};
  };
  deliver(host, charge_event("evt_1", at, "pending"));
  deliver(host, charge_event("evt_2", at, "succeeded"));
  CHECK(charge(host)["status"] == "the truth");
  CHECK(host.provider_urls.size() == 1);
  CHECK(host.database.receipts["evt_2"]["state"] == "applied");
}

TEST_CASE("a tie is settled although the provider fails at first", "[delivery]") {
  Host host = stripe_host();
  int calls = 0;
  host.provider = [&](const std::string&) -> Reply {
    if (++calls == 1) return {429, "", {{"retry-after", "7"}}};
    if (calls == 2) return {200, "<html>busy</html>"};
    return {200, wf::dump(json(fixture("events/charge_succeeded.json"))["data"]["object"])};
  };
  deliver(host, charge_event("evt_1", at, "pending"));
  deliver(host, charge_event("evt_2", at, "failed"));
  CHECK(charge(host)["status"] == "succeeded");
}

TEST_CASE("events that are not stored are ignored, and still move the webhook's clock", "[delivery]") {
  Host host = stripe_host();
  std::string name;
  SECTION("a type without a table") { name = "customer_updated.json"; }
  SECTION("an object that is gone") { name = "customer_deleted.json"; }
  SECTION("a thin event of v2") { name = "v2_thin_event.json"; }
  deliver(host, json(fixture("events/" + name)));
  CHECK(host.database.receipts.begin()->second["state"] == "ignored");
  CHECK(host.database.facts["webhook"].contains("last_event_at"));
  CHECK(host.database.rows.empty());
}

TEST_CASE("an unknown type of event is ignored", "[delivery]") {
  Host host = stripe_host();
  deliver(host, {{"id", "evt_9"},
                 {"object", "event"},
                 {"type", "moon.landed"},
                 {"created", at},
                 {"data", {{"object", {{"object", "moon"}, {"id", "m_1"}}}}}});
  CHECK(host.database.receipts["evt_9"]["state"] == "ignored");
}

TEST_CASE("a dispute makes its charge stale", "[delivery]") {
  Host host = stripe_host();
  Json event = json(fixture("events/charge_dispute_created.json"));
  const std::string id = text_in(event["data"]["object"], "charge");
  host.provider = [&](const std::string& url) -> Reply {
    CHECK(has(url, "/v1/charges/" + id));
    Json object = json(fixture("objects/charge.json"));
    object["id"] = id;
    object["disputed"] = true;
    return {200, wf::dump(object)};
  };
  deliver(host, event);
  CHECK(host.database.rows["stripe_charges"][id]["disputed"] == true);
}

TEST_CASE("of a delivery whose other object the key may not fetch its own is written, and the receipt fails",
          "[delivery]") {
  Host host = stripe_host();
  host.provider = [](const std::string&) { return Reply{403, R"({"error":{"type":"x"}})"}; };
  const Json event = json(fixture("events/charge_dispute_created.json"));
  deliver(host, event);
  const Json receipt = host.database.receipts.begin()->second;
  CHECK(receipt["state"] == "failed");
  CHECK(receipt["error_kind"] == "credentials");
  CHECK(host.database.rows["stripe_disputes"].contains(text_in(event["data"]["object"], "id")));
  CHECK(host.database.rows["stripe_charges"].empty());
}

TEST_CASE("a delivery waits as long as the provider asks, and says what for", "[delivery]") {
  struct Case {
    Reply reply;
    const char* kind;
    std::int64_t secs;
    const char* outcome;
  };
  const Case cases[] = {
      {{429, "", {{"retry-after", "7"}}}, "rate_limit", 7, "retry"},
      {{429, "", {{"retry-after", "900"}}}, "rate_limit", 900, "ok"},  // a tick queues it again
      {{500, "oops"}, "provider", 30, "retry"},
      {{200, "{}"}, "data", 30, "retry"}};
  for (const Case& one : cases) {
    INFO(one.kind << one.secs);
    Host host = stripe_host();
    host.provider = [&](const std::string&) { return one.reply; };
    host.run(webhook_event(host), json(fixture("events/charge_dispute_created.json")).dump());
    CHECK(host.run_job(host.queue.front()) == one.outcome);
    const Json receipt = host.database.receipts.begin()->second;
    CHECK(receipt["state"] == "received");
    CHECK(receipt["error_kind"] == one.kind);
    CHECK(receipt["retry_at"] == wf::format_time(wf::from_millis(host.now_ms + one.secs * 1000)));
    CHECK_FALSE(receipt["error"].is_null());
    CHECK(host.provider_urls.size() == 1);
  }
}

TEST_CASE("an object that cannot be read marks the receipt, with a reason", "[delivery]") {
  Host host = stripe_host();
  Json event = charge_event("evt_1", at, "succeeded");
  SECTION("a number where a string belongs") { event["data"]["object"]["currency"] = 978; }
  SECTION("a string where a number belongs") { event["data"]["object"]["amount"] = "12"; }
  SECTION("a time that no calendar has") { event["data"]["object"]["created"] = 9'223'372'036'854'775'807; }
  deliver(host, event);
  CHECK(host.database.receipts["evt_1"]["state"] == "unreadable");
  CHECK(host.database.receipts["evt_1"]["error"].dump().find("stripe charges") != std::string::npos);
  CHECK(host.database.rows.empty());
}

TEST_CASE("a row that the database refuses fails its receipt and nothing else", "[delivery]") {
  Host host = stripe_host();
  host.database.refused_ids = {"ch_3KtQThJDPojXS6LN0YmgbxGj"};
  deliver(host, charge_event("evt_1", at, "succeeded"));
  CHECK(host.database.receipts["evt_1"]["state"] == "failed");
  CHECK(host.database.receipts["evt_1"]["error"].dump().find("Failing row") == std::string::npos);
}

TEST_CASE("a delivery waits while the object store or the database is away", "[delivery]") {
  Host host = stripe_host();
  host.run(webhook_event(host), wf::dump(charge_event("evt_1", at, "succeeded")));
  std::string kind;
  SECTION("object store") { kind = "get_object"; }
  SECTION("database") { kind = "http"; }
  host.fault = [&](const Json& effect) {
    return effect["kind"] == kind ? json(R"({"failed":"network","message":""})") : Json();
  };
  CHECK(host.run_job(host.queue.front()) == "retry");
  CHECK(host.seen.back()["delay_secs"] == 30);
  CHECK(host.logs.back()["what"] == "delivery waits");
  host.fault = nullptr;
  host.work_until_quiet();
  CHECK(charge(host)["status"] == "succeeded");
}

TEST_CASE("bytes that are gone fail the receipt", "[delivery]") {
  Host host = stripe_host();
  host.run(webhook_event(host), wf::dump(charge_event("evt_1", at, "succeeded")));
  host.objects.clear();
  host.work_until_quiet();
  CHECK(host.database.receipts["evt_1"]["state"] == "failed");
}

TEST_CASE("a delivery with a tie killed at any effect ends in the fetched state", "[delivery]") {
  for (const bool before : {true, false})
    for (int cut = 1; cut <= 4; ++cut) {
      Host host = stripe_host();
      host.provider = [](const std::string&) -> Reply {
        Json object = json(fixture("events/charge_succeeded.json"))["data"]["object"];
        object["status"] = "the truth";
        return {200, wf::dump(object)};
      };
      deliver(host, charge_event("evt_1", at, "pending"));
      host.run(webhook_event(host), wf::dump(charge_event("evt_2", at, "succeeded")));
      host.death = Death{host.effects + cut, before};
      host.run_job(host.queue.front());
      host.queue.clear();
      CHECK(host.died);
      host.work_until_quiet();
      INFO("cut " << cut << (before ? " before" : " after"));
      CHECK(charge(host)["status"] == "the truth");
    }
}
