// Objects whose newest state is not in the list: asked for by themselves before a run is over.
#include <catch_amalgamated.hpp>

#include "stripe_account.hpp"

using namespace fake;

namespace {

std::size_t rows(Host& host, const std::string& table) { return host.database.rows[table].size(); }

// Events that cannot be read, about a hundred charges that no other page has.
std::string unreadable_events(int page, bool has_more) {
  Json event = json(fixture("events/charge_refunded.json"));
  event["data"]["object"]["amount"] = "a lot";
  Json list = {{"object", "list"}, {"data", Json::array()}, {"has_more", has_more}};
  for (int i = 0; i < 100; ++i) {
    const std::string number = std::to_string(page * 100 + i);
    event["id"] = "evt_" + number;
    event["data"]["object"]["id"] = "ch_" + number;
    list["data"].push_back(event);
  }
  return wf::dump(list);
}

}  // namespace

TEST_CASE("objects of which events tell are as old as the question: what changed meanwhile is newer",
          "[settling]") {
  const auto [elapsed_ms, expected] = GENERATE(table<int, const char*>({
      {0, "2025-11-23T12:00:10Z"},
      {1, "2025-11-23T12:00:09Z"},
      {2000, "2025-11-23T12:00:08Z"},
      {2001, "2025-11-23T12:00:07Z"},
  }));
  Host host = stripe_host();
  const wf::Headers answered{{"date", "Sun, 23 Nov 2025 12:00:10 GMT"}};
  host.provider = [&, took = elapsed_ms](const std::string&) -> Reply {
    return {200, fixture("lists/charges_page2.built.json"), answered, {}, took};
  };
  CHECK(host.sync("charges") == "ok");
  const auto& stored = host.database.rows["stripe_charges"];
  REQUIRE_FALSE(stored.empty());
  for (const auto& [id, row] : stored) CHECK(text_in(row, "source_at") == expected);
}

TEST_CASE("a list and a webhook of the same second are settled by asking again", "[settling]") {
  Host host = stripe_host();
  host.database.rows["stripe_charges"]["ch_3Q0000000000000000000002"] = {
      {"id", "ch_3Q0000000000000000000002"},
      {"status", "from a webhook"},
      {"source_at", "2025-11-23T12:13:20Z"}};
  host.provider = [&](const std::string& url) -> Reply {
    if (!has(url, "/v1/charges/ch_3Q0000000000000000000002")) return stripe_reply(url);
    host.now_ms += 1000;
    Json object = json(fixture("objects/charge.json"));
    object["id"] = "ch_3Q0000000000000000000002";
    object["status"] = "the truth";
    return {200, wf::dump(object)};
  };
  host.sync("charges");
  CHECK(host.last_run().state == "succeeded");
  CHECK(host.database.rows["stripe_charges"]["ch_3Q0000000000000000000002"]["status"] == "the truth");
  CHECK(host.database.facts["charges"]["last_rows"] == 5);
}

TEST_CASE("a tie that lasts is asked again after a rest", "[settling]") {
  Host host = stripe_host();
  host.database.rows["stripe_charges"]["ch_3Q0000000000000000000005"] = {
      {"id", "ch_3Q0000000000000000000005"},
      {"status", "from a webhook"},
      {"source_at", "2025-11-23T12:13:20Z"}};
  host.provider = [&](const std::string& url) -> Reply {
    if (!has(url, "/v1/charges/ch_")) return stripe_reply(url);
    Json object = json(fixture("objects/charge.json"));
    object["id"] = "ch_3Q0000000000000000000005";
    return {200, wf::dump(object)};
  };
  host.sync("charges");
  CHECK(host.last_run().state == "queued");
  CHECK_FALSE(host.database.facts["charges"].contains("last_success_at"));
  host.work_until_quiet();
  CHECK(host.last_run().state == "succeeded");
  CHECK(host.database.facts["charges"]["last_rows"] == 5);
}

TEST_CASE("the reconciliation applies what was never delivered", "[settling]") {
  Host host = stripe_host();
  Json missed = json(fixture("events/charge_refunded.json"));
  Json delivered = json(fixture("events/payment_intent_succeeded.json"));
  missed["id"] = "evt_missed";
  delivered["id"] = "evt_delivered";
  host.database.receipts["evt_delivered"] = {{"state", "applied"}, {"source", "delivered"}};
  host.provider = [&](const std::string&) -> Reply {
    return {200, wf::dump({{"object", "list"}, {"data", {missed, delivered}}, {"has_more", false}})};
  };
  host.sync("events");
  CHECK(host.last_run().state == "succeeded");
  CHECK(host.database.receipts["evt_missed"]["source"] == "reconciled");
  CHECK(host.database.receipts["evt_delivered"]["source"] == "delivered");
  CHECK(host.database.rows["stripe_charges"]["ch_3Kl36gJDPojXS6LN0DCM4A8l"]["refunded"] == true);
  CHECK(rows(host, "stripe_payment_intents") == 1);
}

TEST_CASE("however many objects have to be asked for, none is left out", "[settling]") {
  constexpr int pages = 6;
  Host host = stripe_host();
  int page = 0;
  host.provider = [&](const std::string& url) -> Reply {
    if (const auto at = url.find("/v1/charges/"); at != std::string::npos) {
      Json object = json(fixture("objects/charge.json"));
      object["id"] = url.substr(at + std::string("/v1/charges/").size());
      return {200, wf::dump(object)};
    }
    if (!has(url, "types[]=charge.refunded") || page == pages)
      return {200, fixture("lists/empty.built.json")};
    ++page;
    return {200, unreadable_events(page, page < pages)};
  };
  host.sync("events");
  host.work_until_quiet();
  CHECK(host.last_run().state == "succeeded");
  CHECK(rows(host, "stripe_charges") == pages * 100);
}

TEST_CASE("an object that may not be had keeps no other one waiting, and the run fails for it",
          "[settling]") {
  Host host = stripe_host();
  Json list = {{"object", "list"}, {"data", Json::array()}, {"has_more", false}};
  for (int i = 0; i < 3; ++i) {
    Json event = json(fixture("events/charge_refunded.json"));
    event["id"] = "evt_invoice_" + std::to_string(i);
    event["type"] = "invoice.paid";
    event["data"]["object"] = {{"id", "in_" + std::to_string(i)}, {"object", "invoice"}};
    list["data"].push_back(event);
  }
  Json event = json(fixture("events/charge_refunded.json"));
  event["data"]["object"]["amount"] = "a lot";  // unreadable, so it is asked for
  list["data"].push_back(event);
  bool allowed = false;
  int invoices_asked = 0;
  host.provider = [&](const std::string& url) -> Reply {
    if (has(url, "/v1/events?"))
      return {200, has(url, "types[]=charge.refunded") ? wf::dump(list) : fixture("lists/empty.built.json")};
    if (has(url, "/v1/charges/"))
      return {200, wf::dump(json(fixture("events/charge_refunded.json"))["data"]["object"])};
    ++invoices_asked;
    if (!allowed) return {403, R"({"error":{"type":"invalid_request_error","message":"no"}})"};
    Json invoice = json(fixture("objects/invoice.json"));
    invoice["id"] = url.substr(url.find("/in_") + 1, 4);
    return {200, wf::dump(invoice)};
  };
  host.sync("events");
  CHECK(host.last_run().state == "failed");
  CHECK(host.last_run().error_kind == "credentials");
  CHECK(invoices_asked == 1);
  CHECK(rows(host, "stripe_charges") == 1);
  CHECK(host.database.cursors["events"]["unsettled"].size() == 3);
  CHECK_FALSE(host.database.facts["events"].contains("last_success_at"));
  allowed = true;
  host.sync("events");
  CHECK(host.last_run().state == "succeeded");
  CHECK(rows(host, "stripe_invoices") == 3);
}
