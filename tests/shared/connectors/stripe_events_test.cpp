#include <catch_amalgamated.hpp>

#include "fixtures.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/registry.hpp"
#include "shared/connectors/stripe/webhook.hpp"
#include "shared/domain/catalogue.hpp"

using namespace wf;
using fixtures::json;
using fixtures::read;

namespace {

constexpr const char* charges[] = {"charge_captured", "charge_refunded", "charge_succeeded",
                                   "charge_updated"};
constexpr const char* intents[] = {"payment_intent_canceled",        "payment_intent_created",
                                   "payment_intent_payment_failed",  "payment_intent_processing",
                                   "payment_intent_requires_action", "payment_intent_succeeded"};
constexpr const char* not_stored[] = {"checkout_session_completed",
                                      "credit_note_created",
                                      "customer_deleted",
                                      "customer_updated",
                                      "invoice_finalized",
                                      "invoice_paid",
                                      "invoice_payment_paid",
                                      "invoice_updated",
                                      "payout_paid.built",
                                      "price_created",
                                      "product_created",
                                      "refund_created",
                                      "refund_updated",
                                      "subscription_created",
                                      "subscription_deleted",
                                      "subscription_updated",
                                      "v2_thin_event"};

Delivery parsed(const std::string& name) {
  const auto delivery = stripe::parse_event(read("events/" + name + ".json"));
  INFO(name << (delivery ? "" : delivery.error().message));
  REQUIRE(delivery.has_value());
  return *delivery;
}

HttpReply list_of(Json events, bool has_more = false) {
  return {200, {}, dump({{"object", "list"}, {"data", std::move(events)}, {"has_more", has_more}})};
}

}  // namespace

TEST_CASE("recorded events carry one row of their table", "[stripe][events]") {
  for (const char* name : charges) CHECK(parsed(name).batches.at(0).table == "stripe_charges");
  for (const char* name : intents) CHECK(parsed(name).batches.at(0).table == "stripe_payment_intents");
  CHECK(parsed("payment_link_created.built").batches.at(0).table == "stripe_payment_links");
  for (const char* name : intents) CHECK_FALSE(contains(dump(parsed(name).batches[0].rows), "secret"));
}

TEST_CASE("events that are not stored are identified and empty", "[stripe][events]") {
  for (const char* name : not_stored) {
    INFO(name);
    CHECK(stripe::identify_event(read("events/" + std::string(name) + ".json")).has_value());
    CHECK(parsed(name).batches.empty());
    CHECK(parsed(name).stale.empty());
  }
}

TEST_CASE("the state of an event's object is as old as the event", "[stripe][events]") {
  const Delivery delivery = parsed("charge_refunded");
  CHECK(delivery.event_at == from_unix(1'619'701'111));
  CHECK(delivery.batches[0].rows[0]["source_at"] == "2021-04-29T12:58:31Z");
}

TEST_CASE("what is not an event is refused", "[stripe][events]") {
  for (const char* body :
       {"", "null", "7", "[]", "{}", "{\"id\":\"evt_1\"}", "{\"object\":\"event\"}",
        R"({"object":"event","id":7,"type":"a"})", R"({"object":"event","id":"evt_1","type":null})",
        R"({"object":"charge","id":"ch_1","type":"a"})", R"({"object":"event","id":"a/b","type":"a"})"}) {
    INFO(body);
    CHECK_FALSE(stripe::identify_event(body).has_value());
  }
  CHECK_FALSE(stripe::parse_event(R"({"object":"event","id":"evt_1","type":"a"})").has_value());
  CHECK(stripe::parse_event(R"({"object":"event","id":"evt_1","type":"a","created":1,"data":null})")
            .has_value());
}

TEST_CASE("a page of events gives rows, deliveries and its place", "[stripe][events]") {
  Json refunded = json(read("events/charge_refunded.json"));
  Json customer = json(read("events/customer_updated.json"));
  refunded["id"] = "evt_a";
  customer["id"] = "evt_b";
  const auto page = stripe::parse_events(list_of({refunded, customer}, true), {}, from_unix(0));
  REQUIRE(page.has_value());
  CHECK(page->items == 2);
  CHECK(page->batches.size() == 1);
  REQUIRE(page->deliveries.size() == 1);
  CHECK(page->deliveries[0].key == "evt_a");
  CHECK(page->next == Json("evt_b"));
}

TEST_CASE("an event that cannot be read does not stop the reconciliation", "[stripe][events]") {
  Json broken = json(read("events/charge_refunded.json"));
  broken["data"]["object"]["amount"] = "a lot";
  const auto page = stripe::parse_events(
      list_of({broken, 7, json(read("events/payment_intent_succeeded.json"))}), {}, from_unix(0));
  REQUIRE(page.has_value());
  CHECK(page->batches.size() == 1);
  REQUIRE(page->stale.size() == 1);
  CHECK(page->stale[0].table == "stripe_charges");
  CHECK(page->stale[0].id == "ch_3Kl36gJDPojXS6LN0DCM4A8l");
}

TEST_CASE("events are asked for by window and by the types that are stored", "[stripe][events]") {
  const HttpRequest request = stripe::events_request({{from_unix(1), from_unix(2)}, "", {}, "evt_9"});
  CHECK(starts_with(request.url,
                    "https://api.stripe.com/v1/"
                    "events?limit=100&starting_after=evt_9&created[gte]=1&created[lte]=2&types[]="));
  CHECK(header(request.headers, "authorization") == "Bearer {{secret:stripe.secret_key}}");
  CHECK_FALSE(header(request.headers, "stripe-version").empty());
}

TEST_CASE("every connector is complete and every scheduled stream has one", "[registry]") {
  for (const Connector* connector : connectors()) {
    CHECK(find_service(connector->service) != nullptr);
    for (const Stream& stream : connector->streams) {
      CHECK(stream.request != nullptr);
      CHECK(stream.parse != nullptr);
    }
    CHECK((connector->fetch == nullptr) == (connector->parse_object == nullptr));
    if (connector->webhook != nullptr) {
      CHECK_FALSE(connector->webhook->secrets.empty());
      for (const std::string_view secret : connector->webhook->secrets) CHECK(find_key(secret) != nullptr);
    }
    const auto kept = find_service(connector->service)->captured;
    for (const Grant& grant : connector->grants)
      CHECK(std::any_of(kept.begin(), kept.end(),
                        [&](const CapturedKey& key) { return key.name == grant.captured; }));
  }
  for (const Descriptor& service : catalogue())
    for (const StreamDescriptor& scheduled : service.streams) {
      const Connector* connector = find_connector(connectors(), service.id);
      REQUIRE(connector != nullptr);
      CHECK(find_stream(*connector, scheduled.name) != nullptr);
    }
}
