#include <catch_amalgamated.hpp>

#include "stripe_account.hpp"
#include "toy_service.hpp"

using namespace fake;

namespace {

const std::string client = "11111111-1111-4111-8111-111111111111";
const std::string first_page = "raw/" + client + "/stripe/charges/run-1/1.json";

// What the replay of one object responds, its status among it.
Json replay(Host& host, const std::string& object_key, bool apply = false) {
  const auto before = host.responses.size();
  if (!host.rows) host.rows = [](const std::string&) { return Reply{200, "[]"}; };
  CHECK(host.run({{"kind", "replay"},
                  {"workspace", "northwind-dental"},
                  {"client_id", client},
                  {"object_key", object_key},
                  {"apply", apply}}) == "ok");
  REQUIRE(host.responses.size() == before + 1);
  Json answer = json(host.response_body);
  answer["status"] = host.responses.back()["status"];
  return answer;
}

Json counts(const std::string& table, int added, int changed, int same, int refused) {
  return Json::array(
      {{{"table", table}, {"new", added}, {"changed", changed}, {"same", same}, {"refused", refused}}});
}

Host synced_host() {
  Host host = stripe_host();
  host.sync("charges");
  return host;
}

void deliver(Host& host, const std::string& body) {
  host.run(webhook_event(host), body);
  host.work_until_quiet();
}

const std::string delivery = "webhooks/northwind-dental/stripe/evt_3KtQThJDPojXS6LN0E06aNxq";

}  // namespace

TEST_CASE("a page read again by the same parser changes nothing", "[replay]") {
  Host host = synced_host();
  const Json answer = replay(host, first_page);
  CHECK(answer["status"] == 200);
  CHECK(answer["object_key"] == first_page);
  CHECK(answer["tables"] == counts("stripe_charges", 0, 0, 3, 0));
  CHECK_FALSE(answer.contains("applied"));
}

TEST_CASE("rows that differ are shown, and written only when told to", "[replay]") {
  Host host = synced_host();
  auto& rows = host.database.rows["stripe_charges"];
  const auto good = rows;
  const auto cursors = host.database.cursors;
  const auto facts = host.database.facts;
  const auto newer = std::next(rows.begin());
  rows.begin()->second["amount"] = -1;
  newer->second["amount"] = -2;
  newer->second["source_at"] = "2099-01-01T00:00:00Z";
  const auto corrupted = rows;
  const std::string page =
      "raw/" + client + "/stripe/charges/run-1/" +
      (host.objects[first_page].find(rows.begin()->first) == std::string::npos ? "2.json" : "1.json");

  const Json shown = replay(host, page);
  CHECK(shown["tables"][0]["changed"] == 1);
  CHECK(rows == corrupted);

  const Json applied = replay(host, page, true);
  CHECK(applied["applied"]["written"] == 1);
  CHECK(rows.begin()->second == good.begin()->second);
  CHECK(newer->second["amount"] == -2);
  CHECK(host.database.cursors == cursors);
  CHECK(host.database.facts == facts);
  CHECK(host.last_run().pages == 2);
}

TEST_CASE("every page that a stream archived can be read again", "[replay]") {
  for (const char* stream :
       {"charges", "payment_intents", "payment_links", "balance_transactions", "events"}) {
    Host host = stripe_host();
    host.sync(stream);
    const auto rows = host.database.rows;
    host.database.rows.clear();
    for (const auto& [key, bytes] : std::map(host.objects)) CHECK(replay(host, key, true)["status"] == 200);
    INFO(stream);
    CHECK(host.database.rows == rows);
  }
}

TEST_CASE("a replay asks no provider and sends nothing", "[replay]") {
  Host host = synced_host();
  const auto asked = host.provider_urls;
  host.seen.clear();
  replay(host, first_page, true);
  CHECK(host.provider_urls == asked);
  std::vector<std::string> kinds;
  for (const Json& effect : host.seen) kinds.push_back(text_in(effect, "kind"));
  CHECK(kinds == std::vector<std::string>{"get_object", "http", "http", "respond", "done"});
}

TEST_CASE("the query of the page is the one that it was asked with", "[replay]") {
  Host host = toy::host([](const std::string&) { return Reply{200, toy::page("2025-11-22", false)}; });
  host.sync("rows");
  const auto rows = host.database.rows;
  host.database.rows.clear();
  host.ids = Json::object();
  const Json answer = replay(host, "raw/" + client + "/toy/rows/run-1/1.json", true);
  CHECK(answer["applied"]["written"] == 1);
  CHECK(host.database.rows == rows);
}

TEST_CASE("a position that lists very much survives in the object beside the page", "[replay]") {
  const std::string far(4000, 'z');
  Host host = toy::host([&](const std::string& url) {
    return Reply{200, has(url, "after=") ? toy::page("2025-11-21", false)
                                         : R"({"days":["2025-11-22"],"next":")" + far + R"("})"};
  });
  host.sync("rows");
  CHECK(host.last_run().state == "succeeded");
  const std::string second = "raw/" + client + "/toy/rows/run-1/2.json";
  REQUIRE(host.objects.contains(second + ".meta.json"));
  CHECK(replay(host, second)["tables"] == counts("toy_rows", 0, 0, 1, 0));
  SECTION("the object beside it is gone") {
    host.objects.erase(second + ".meta.json");
    CHECK(replay(host, second)["status"] == 503);
  }
  SECTION("the object beside it is no JSON") {
    host.objects[second + ".meta.json"] = "{";
    CHECK(replay(host, second)["status"] == 422);
  }
}

TEST_CASE("a page is not applied when what is beside it could not be kept", "[replay]") {
  Host host = toy::host([&](const std::string& url) {
    return Reply{200, has(url, "after=")
                          ? toy::page("2025-11-21", false)
                          : R"({"days":["2025-11-22"],"next":")" + std::string(4000, 'z') + R"("})"};
  });
  std::string broken;
  SECTION("the sidecar") { broken = "2.json.meta.json"; }
  SECTION("the page") { broken = "2.json"; }
  host.fault = [&](const Json& effect) {
    const std::string key = text_in(effect, "key");
    const bool fails = effect["kind"] == "put_object" && key.size() > broken.size() &&
                       key.substr(key.rfind('/') + 1) == broken;
    return fails ? json(R"({"failed":"network","message":""})") : Json();
  };
  host.sync("rows");
  CHECK(host.last_run().pages == 1);
  CHECK(host.last_run().error_kind == "ours");
  host.fault = nullptr;
  host.work_until_quiet();
  CHECK(host.last_run().state == "succeeded");
}

TEST_CASE("a refusal that was an answer is read again as one", "[replay]") {
  Host host = toy::host([](const std::string& url) {
    return has(url, "after=") ? Reply{200, toy::page("2025-11-21", false)} : Reply{410, "gone"};
  });
  host.sync("rows");
  const Json answer = replay(host, "raw/" + client + "/toy/rows/run-1/1.json");
  CHECK(answer["status"] == 200);
  CHECK(answer["tables"].empty());
}

TEST_CASE("a delivery is read again; one that was unreadable becomes applied", "[replay]") {
  Host host = stripe_host();
  Json broken = json(fixture("events/charge_succeeded.json"));
  broken["data"]["object"]["currency"] = 978;
  deliver(host, wf::dump(broken));
  Json& receipt = host.database.receipts.begin()->second;
  REQUIRE(receipt["state"] == "unreadable");
  const Json unread = replay(host, delivery, true);
  CHECK(unread["status"] == 422);
  CHECK(unread["kind"] == "data");
  CHECK(has(text_in(unread, "message"), "currency"));
  CHECK(receipt["state"] == "unreadable");

  // What a parser that is corrected makes of the same bytes.
  host.objects[delivery] = fixture("events/charge_succeeded.json");
  CHECK(replay(host, delivery)["tables"] == counts("stripe_charges", 1, 0, 0, 0));
  CHECK(receipt["state"] == "unreadable");
  const Json applied = replay(host, delivery, true);
  CHECK(applied["applied"] == json(R"({"written":1,"receipt":"applied"})"));
  CHECK(receipt["state"] == "applied");
  CHECK(host.database.facts["webhook"]["last_event_at"] == "2021-04-29T12:58:31Z");
}

TEST_CASE("a mail is dated by when it came, however late it is read again", "[replay]") {
  Host host;
  const std::string part = "\r\n--b\r\nContent-Disposition: form-data; name=";
  host.objects["webhooks/northwind-dental/sendgrid/mail/1"] =
      part.substr(2) +
      "\"headers\"\r\n\r\nMessage-ID: <a@b.example>\r\nDate: Thu, 20 Nov 2025 10:00:00 +0000" + part +
      "\"from\"\r\n\r\njo@b.example" + part + "\"to\"\r\n\r\nhello@in.example" + part +
      "\"envelope\"\r\n\r\n{\"to\":[\"hello@in.example\"],\"from\":\"jo@b.example\"}\r\n--b--\r\n";
  std::vector<std::string> asked;
  host.rows = [&](const std::string& path) {
    asked.push_back(path);
    return Reply{200,
                 has(path, "webhook_receipts?") ? R"([{"received_at":"2025-11-20T10:00:05+00:00"}])" : "[]"};
  };
  host.now_ms += std::int64_t{30} * 86'400'000;
  CHECK(replay(host, "webhooks/northwind-dental/sendgrid/mail/1", true)["status"] == 200);
  CHECK(asked.front() == "webhook_receipts?select=received_at,object_key&client_id=eq." + client +
                             "&service=eq.sendgrid&delivery_key=eq.mail%2F1");
  const auto& messages = host.database.rows["email_messages"];
  REQUIRE(messages.size() == 1);
  CHECK(messages.begin()->second["sent_at"] == "2025-11-20T10:00:00Z");
}

TEST_CASE("a delivery says whether it is stored, ignored or needs its objects", "[replay]") {
  Host host = stripe_host();
  std::string name;
  std::string state;
  int stale = 0;
  SECTION("stored") {
    name = "charge_succeeded";
    state = "applied";
  }
  SECTION("ignored") {
    name = "customer_updated";
    state = "ignored";
  }
  SECTION("its charge must be asked for") {
    name = "charge_dispute_created";
    state = "received";
    stale = 1;
  }
  const Json event = json(fixture("events/" + name + ".json"));
  const std::string key = "webhooks/northwind-dental/stripe/" + text_in(event, "id");
  host.objects[key] = wf::dump(event);
  host.database.receipts[text_in(event, "id")] = {{"state", "unreadable"}};
  const Json answer = replay(host, key, true);
  CHECK(answer["stale"] == stale);
  CHECK(answer["applied"]["receipt"] == state);
}

TEST_CASE("a delivery that came when the workspace had another name is known by its receipt", "[replay]") {
  Host host = synced_host();
  const std::string key = "webhooks/northwind/stripe/evt_1";
  host.objects[key] = fixture("events/charge_succeeded.json");
  host.rows = [&](const std::string& path) {
    return Reply{
        200,
        has(path, "webhook_receipts?")
            ? wf::dump(Json::array({{{"received_at", "2025-11-20T10:00:05+00:00"}, {"object_key", key}}}))
            : "[]"};
  };
  CHECK(replay(host, key, true).contains("applied"));
  host.rows = [](const std::string& path) {
    return Reply{200, has(path, "webhook_receipts?")
                          ? R"([{"object_key":"webhooks/northwind-dental/stripe/evt_1"}])"
                          : "[]"};
  };
  CHECK(replay(host, key, true)["status"] == 404);
}

TEST_CASE("what cannot be read again says why", "[replay]") {
  Host host = synced_host();
  const auto problem = [&](const std::string& key) {
    const Json answer = replay(host, key, true);
    CHECK_FALSE(answer.contains("applied"));
    return answer["status"].dump() + " " + text_in(answer, "message");
  };
  const std::string other = "raw/22222222-2222-4222-8222-222222222222/stripe/charges/run-1/1.json";
  host.objects[other] = host.objects[first_page];
  CHECK(problem(other) == "404 not an archived page or delivery of this workspace");
  host.objects["webhooks/harbor-yoga/stripe/evt_1"] = R"({"object":"event","id":"evt_1","type":"x"})";
  CHECK(problem("webhooks/harbor-yoga/stripe/evt_1") ==
        "404 not an archived page or delivery of this workspace");
  CHECK(problem("anything") == "404 not an archived page or delivery of this workspace");
  CHECK(problem("raw/" + client + "/stripe/charges/run-1/9.json") == "404 there is no such object");
  CHECK(problem("raw/" + client + "/stripe/gone/run-1/1.json") == "422 no connector reads this object");
  CHECK(problem("raw/" + client + "/nobody/charges/run-1/1.json") == "422 no connector reads this object");
  CHECK(problem("webhooks/northwind-dental/pagespeed/x") == "422 no connector reads this object");
  // As when it came in: an event without a name that can be kept.
  Json event = json(fixture("events/charge_succeeded.json"));
  event["id"] = "../evt";
  host.objects["webhooks/northwind-dental/stripe/x"] = wf::dump(event);
  CHECK(has(problem("webhooks/northwind-dental/stripe/x"), "422 stripe"));
  host.objects[first_page] = "<html>";
  CHECK(has(problem(first_page), "422 stripe charges"));
  host.metadata.clear();
  CHECK(problem(first_page) == "422 it was archived without what parse needs");
}

TEST_CASE("a database that refuses or is away is told apart", "[replay]") {
  Host host = synced_host();
  SECTION("refused") {
    host.database.refused_ids = {host.database.rows["stripe_charges"].begin()->first,
                                 host.database.rows["stripe_charges"].rbegin()->first};
    const Json answer = replay(host, first_page, true);
    CHECK(answer["status"] == 422);
    CHECK(has(text_in(answer, "message"), "23514"));
  }
  SECTION("away") {
    host.fault = [](const Json& effect) {
      return effect["kind"] == "http" ? json(R"({"failed":"network","message":""})") : Json();
    };
    CHECK(replay(host, first_page)["status"] == 503);
  }
  SECTION("the object store is away") {
    host.fault = [](const Json& effect) {
      return effect["kind"] == "get_object" ? json(R"({"failed":"network","message":""})") : Json();
    };
    CHECK(replay(host, first_page)["status"] == 503);
  }
}
