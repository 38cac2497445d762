#include <algorithm>
#include <catch_amalgamated.hpp>
#include <set>

#include "shared/base/text.hpp"
#include "shared/connectors/registry.hpp"
#include "shared/connectors/stripe/webhook.hpp"
#include "shared/domain/catalogue.hpp"
#include "tests/shared/connectors/fixtures.hpp"

using namespace wf;
using fixtures::json;
using fixtures::read;

namespace {

const UnixSeconds now = *parse_time("2026-11-24T12:00:00Z");

constexpr const char* charges[] = {"charge_captured", "charge_refunded", "charge_succeeded",
                                   "charge_updated"};
constexpr const char* intents[] = {"payment_intent_canceled",        "payment_intent_created",
                                   "payment_intent_payment_failed",  "payment_intent_processing",
                                   "payment_intent_requires_action", "payment_intent_succeeded"};
constexpr const char* not_stored[] = {"credit_note_created",  "customer_deleted",     "customer_updated",
                                      "price_created",        "product_created",      "subscription_created",
                                      "subscription_deleted", "subscription_updated", "v2_thin_event"};

Delivery parsed(const std::string& name) {
  const auto delivery = stripe::parse_event(read("events/" + name + ".json"), now);
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
  CHECK(parsed("payout_paid.built").batches.at(0).table == "stripe_payouts");
  for (const char* name : {"refund_created", "refund_updated"})
    CHECK(parsed(name).batches.at(0).table == "stripe_refunds");
  CHECK(parsed("checkout_session_completed").batches.at(0).table == "stripe_checkout_sessions");
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

TEST_CASE("a dispute is a row and changes its charge", "[stripe][events]") {
  for (const char* name : {"charge_dispute_created", "charge_dispute_closed"}) {
    const Delivery delivery = parsed(name);
    CHECK(delivery.batches.at(0).table == "stripe_disputes");
    REQUIRE(delivery.stale.size() == 1);
    CHECK(delivery.stale[0].table == "stripe_charges");
    CHECK(delivery.stale[0].id == "ch_1IqtGAJDPojXS6LNstgEfUji");
  }
}

TEST_CASE("a refund that did not succeed changes its charge", "[stripe][events]") {
  Json event = json(read("events/refund_updated.json"));
  const auto stale = [&](const char* status) {
    event["data"]["object"]["status"] = status;
    event["data"]["object"]["charge"] = "ch_1";
    const auto delivery = stripe::parse_event(dump(event), now);
    REQUIRE(delivery.has_value());
    std::string ids;
    for (const ObjectRef& ref : delivery->stale) ids += ref.table + " " + ref.id + ";";
    return ids;
  };
  CHECK(stale("failed") == "stripe_charges ch_1;");
  CHECK(stale("canceled") == "stripe_charges ch_1;");
  CHECK(stale("succeeded").empty());
}

TEST_CASE("an invoice of an old version is a row; one that leaves out its payments is fetched",
          "[stripe][events]") {
  for (const char* name : {"invoice_finalized", "invoice_paid", "invoice_updated"}) {
    CHECK(parsed(name).batches.at(0).table == "stripe_invoices");
    CHECK(parsed(name).stale.empty());
  }
  Json event = json(read("events/invoice_paid.json"));
  event["data"]["object"] = json(read("objects/invoice.json"));
  const auto of_today = stripe::parse_event(dump(event), now);
  REQUIRE(of_today.has_value());
  CHECK(of_today->batches.empty());
  REQUIRE(of_today->stale.size() == 1);
  CHECK(of_today->stale[0].table == "stripe_invoices");
  CHECK(of_today->stale[0].id == "in_1Pgc6tB7WZ01zgkWu9fdqL6I");
  const Delivery payment = parsed("invoice_payment_paid");
  CHECK(payment.batches.empty());
  REQUIRE(payment.stale.size() == 1);
  CHECK(payment.stale[0].id == "in_103Q0w2eZvKYlo2C5PYwf6Wf");
  event["type"] = "invoice.upcoming";
  event["data"]["object"].erase("id");
  const auto upcoming = stripe::parse_event(dump(event), now);
  REQUIRE(upcoming.has_value());
  CHECK((upcoming->batches.empty() && upcoming->stale.empty()));
}

TEST_CASE("what happened in a connected account is another merchant's", "[stripe][events]") {
  Json event = json(read("events/charge_succeeded.json"));
  event["account"] = "acct_1032D82eZvKYlo2C";
  const auto connected = stripe::parse_event(dump(event), now);
  REQUIRE(connected.has_value());
  CHECK((connected->batches.empty() && connected->stale.empty()));
  event["account"] = nullptr;
  CHECK_FALSE(stripe::parse_event(dump(event), now)->batches.empty());
}

TEST_CASE("the state of an event's object is as old as the event", "[stripe][events]") {
  const Delivery delivery = parsed("charge_refunded");
  CHECK(delivery.event_at == from_unix(1'619'701'111));
  CHECK(delivery.batches[0].rows[0]["source_at"] == "2021-04-29T12:58:31Z");
}

TEST_CASE("an event from the future is refused: nothing later would count", "[stripe][events]") {
  Json event = json(read("events/charge_succeeded.json"));
  for (const Json& created : {Json(9'223'372'036'854'775'807), Json(INT64_MIN), Json(-1),
                              Json("9999-01-01T00:00:00Z"), Json(to_unix(now + std::chrono::hours(25)))}) {
    event["created"] = created;
    CHECK_FALSE(stripe::parse_event(dump(event), now).has_value());
  }
  event["created"] = to_unix(now + std::chrono::hours(23));
  CHECK(stripe::parse_event(dump(event), now).has_value());
}

TEST_CASE("what is not an event is refused", "[stripe][events]") {
  for (const char* body :
       {"", "null", "7", "[]", "{}", "{\"id\":\"evt_1\"}", "{\"object\":\"event\"}",
        R"({"object":"event","id":7,"type":"a"})", R"({"object":"event","id":"evt_1","type":null})",
        R"({"object":"charge","id":"ch_1","type":"a"})", R"({"object":"event","id":"a/b","type":"a"})"}) {
    INFO(body);
    CHECK_FALSE(stripe::identify_event(body).has_value());
  }
  CHECK_FALSE(stripe::parse_event(R"({"object":"event","id":"evt_1","type":"a"})", now).has_value());
  CHECK(stripe::parse_event(R"({"object":"event","id":"evt_1","type":"a","created":1,"data":null})", now)
            .has_value());
  const auto named = stripe::identify_event(R"({"object":"event","id":"evt_1-A_b","type":"a"})");
  REQUIRE(named.has_value());
  CHECK(named->delivery_key == "evt_1-A_b");
}

TEST_CASE("a page of events gives rows, deliveries and its place", "[stripe][events]") {
  Json refunded = json(read("events/charge_refunded.json"));
  Json customer = json(read("events/customer_updated.json"));
  refunded["id"] = "evt_a";
  customer["id"] = "evt_b";
  const auto listed = list_of({refunded, customer}, true);
  const UnixSeconds old_enough = from_unix(refunded["created"].get<std::int64_t>() + 15 * 60);
  const auto page = stripe::parse_events(listed, {}, old_enough);
  REQUIRE(page.has_value());
  CHECK(page->items == 2);
  CHECK(page->batches.size() == 1);
  REQUIRE(page->deliveries.size() == 1);
  CHECK(page->deliveries[0].key == "evt_a");
  CHECK(page->next == json(R"({"group":0,"after":"evt_b"})"));

  // Its delivery may be on its way.
  const auto younger = stripe::parse_events(listed, {}, old_enough - std::chrono::seconds(1));
  CHECK(younger->deliveries.empty());
  CHECK(younger->batches.size() == 1);
}

TEST_CASE("an event that cannot be read does not stop the reconciliation", "[stripe][events]") {
  Json broken = json(read("events/charge_refunded.json"));
  broken["data"]["object"]["amount"] = "a lot";
  const auto page =
      stripe::parse_events(list_of({broken, 7, json(read("events/payment_intent_succeeded.json"))}), {}, now);
  REQUIRE(page.has_value());
  CHECK(page->batches.size() == 1);
  REQUIRE(page->stale.size() == 1);
  CHECK(page->stale[0].table == "stripe_charges");
  CHECK(page->stale[0].id == "ch_3Kl36gJDPojXS6LN0DCM4A8l");
  CHECK(page->deliveries.size() == 2);
  CHECK(page->unavailable == std::vector<std::string>{"events that cannot be read"});  // the 7

  // With nothing to fetch either, its delivery must not count as settled.
  broken["data"]["object"].erase("id");
  const auto lost = stripe::parse_events(list_of(Json::array({broken})), {}, now);
  REQUIRE(lost.has_value());
  CHECK(lost->stale.empty());
  CHECK(lost->deliveries.empty());
  // It is told at the end of the scan, on whatever page it was.
  REQUIRE(lost->next);
  const auto told = [](Json position, std::initializer_list<Json> events) {
    return stripe::parse_events(list_of(events), {{}, "", {}, std::move(position)}, now)->unavailable.size();
  };
  const Json good = json(read("events/payment_intent_succeeded.json"));
  CHECK(told(*lost->next, {good}) == 1);
  CHECK(told({}, {good}) == 0);
  Json nameless = good;
  nameless["id"] = 12345;
  CHECK(told({}, {nameless}) == 1);
  Json typeless = good;
  typeless["type"] = 7;
  CHECK(told({}, {typeless}) == 1);
  Json of_others = good;
  of_others["type"] = "customer.created";
  CHECK(told({}, {of_others}) == 0);
}

TEST_CASE("data that hold no object are no matter where the type is not stored", "[stripe][events]") {
  Json event = json(read("events/v2_thin_event.json"));
  event["data"] = {{"developer_message_summary", "x"}};
  const auto thin = stripe::parse_event(dump(event), now);
  REQUIRE(thin.has_value());
  CHECK(thin->batches.empty());
  event = json(read("events/charge_refunded.json"));
  for (const Json& data :
       {Json(), Json(7), Json::array(), Json({{"object", 7}}), Json({{"object", {{"id", "ch_1"}}}})}) {
    event["data"] = data;
    const auto refused = stripe::parse_event(dump(event), now);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message == "stripe events: its object cannot be read");
  }
}

TEST_CASE("events are asked for by window and by the types that are stored", "[stripe][events]") {
  const Window window{from_unix(1), from_unix(2)};
  const HttpRequest request = stripe::events_request({window, "", {}, "evt_9"});
  CHECK(starts_with(request.url,
                    "https://api.stripe.com/v1/"
                    "events?limit=100&starting_after=evt_9&created[gte]=1&created[lte]=2&types[]="));
  CHECK(header(request.headers, "authorization") == "Bearer {{secret:stripe.secret_key}}");
  CHECK_FALSE(header(request.headers, "stripe-version").empty());
}

TEST_CASE("a scan of events asks for each type once, at most twenty at a time", "[stripe][events]") {
  std::multiset<std::string> asked;
  Query query{{from_unix(1), from_unix(2)}, "", {}, nullptr};
  int requests = 0;
  for (bool more = true; more; ++requests) {
    REQUIRE(requests < 10);
    const HttpRequest request = stripe::events_request(query);
    std::size_t types = 0;
    for (const std::string_view part : split(request.url, '&'))
      if (starts_with(part, "types[]=")) asked.emplace(part.substr(8)), ++types;
    CHECK((types > 0 && types <= 20));
    const auto page = stripe::parse_events(list_of(Json::array()), query, from_unix(0));
    REQUIRE(page.has_value());
    more = page->next.has_value();
    if (more) query.position = *page->next;
  }
  CHECK(requests == 3);
  CHECK(asked.size() == std::set<std::string>(asked.begin(), asked.end()).size());
  for (const char* type :
       {"charge.refunded", "charge.dispute.funds_withdrawn", "payout.paid", "refund.failed",
        "checkout.session.completed", "invoice.paid", "invoice_payment.paid", "payment_link.updated"})
    CHECK(asked.count(type) == 1);
  CHECK(asked.count("invoice.upcoming") == 0);
}

TEST_CASE("a position of events that makes no sense begins at a place that exists", "[stripe][events]") {
  for (const char* position : {R"({"group":-1})", R"({"group":99,"after":7})", R"({"group":"x"})", "[]"}) {
    INFO(position);
    const Query query{{from_unix(1), from_unix(2)}, "", {}, json(position)};
    CHECK(contains(stripe::events_request(query).url, "types[]="));
  }
}
