#include <algorithm>
#include <catch_amalgamated.hpp>
#include <vector>

#include "shared/base/text.hpp"
#include "shared/connectors/stripe/objects.hpp"
#include "shared/connectors/stripe/requests.hpp"
#include "tests/shared/connectors/columns.hpp"
#include "tests/shared/connectors/fixtures.hpp"

using namespace wf;
using fixtures::json;

namespace {

constexpr std::int64_t at = 1'763'900'000;

Json row_of(const stripe::ObjectKind& kind, const Json& object) {
  const auto row = stripe::read_row(kind, object, from_unix(at));
  INFO((row ? "" : row.error().message));
  REQUIRE(row.has_value());
  return *row;
}

std::string refusal(const stripe::ObjectKind& kind, const Json& object) {
  const auto row = stripe::read_row(kind, object, from_unix(at));
  return row ? "read" : row.error().message;
}

Json object(const std::string& name) { return json(fixtures::read("objects/" + name)); }
Json event_object(const std::string& name) {
  return json(fixtures::read("events/" + name))["data"]["object"];
}

void check_columns(const stripe::ObjectKind& kind, const Json& row) {
  CHECK(columns::of_row(row) == columns::of_table("0003_stripe.sql", std::string(kind.table)));
}

}  // namespace

TEST_CASE("every row carries exactly the columns of its table", "[stripe][objects]") {
  check_columns(stripe::charge, row_of(stripe::charge, object("charge.json")));
  check_columns(stripe::payment_intent, row_of(stripe::payment_intent, object("payment_intent.json")));
  check_columns(stripe::payment_link, row_of(stripe::payment_link, object("payment_link.json")));
  check_columns(stripe::balance_transaction,
                row_of(stripe::balance_transaction, object("balance_transaction.json")));
  check_columns(stripe::payout, row_of(stripe::payout, object("payout.json")));
  check_columns(stripe::refund, row_of(stripe::refund, object("refund.json")));
  check_columns(stripe::dispute, row_of(stripe::dispute, object("dispute.json")));
  check_columns(stripe::checkout_session, row_of(stripe::checkout_session, object("checkout.session.json")));
  check_columns(stripe::invoice, row_of(stripe::invoice, object("invoice.json")));
}

TEST_CASE("every listed object becomes a row, in the smallest unit of its currency", "[stripe][objects]") {
  const std::pair<const stripe::ObjectKind*, const char*> lists[] = {
      {&stripe::payout, "payouts_page1"},
      {&stripe::payout, "payouts_page2"},
      {&stripe::refund, "refunds_page1"},
      {&stripe::dispute, "disputes_page1"},
      {&stripe::checkout_session, "checkout_sessions_page1"},
      {&stripe::invoice, "invoices_page1"}};
  for (const auto& [kind, name] : lists) {
    INFO(name);
    const HttpReply reply{200, {}, fixtures::read("lists/" + std::string(name) + ".built.json")};
    const auto page = stripe::parse_objects(reply, *kind, from_unix(at));
    REQUIRE(page.has_value());
    REQUIRE(page->batches.size() == 1);
    CHECK(page->batches[0].table == kind->table);
    const Json data = json(reply.body)["data"];
    REQUIRE(page->batches[0].rows.size() == data.size());
    std::vector<std::int64_t> created;
    for (const Json& listed : data) created.push_back(listed["created"].get<std::int64_t>());
    CHECK(page->newest == from_unix(*std::max_element(created.begin(), created.end())));
    CHECK(page->oldest == from_unix(*std::min_element(created.begin(), created.end())));
    for (std::size_t i = 0; i < data.size(); ++i) {
      const Json& row = page->batches[0].rows[i];
      for (const char* member : {"id", "amount", "amount_total", "amount_due", "total", "currency"})
        if (row.contains(member)) CHECK(row[member] == data[i][member]);
    }
  }
}

TEST_CASE("an invoice's subscription and payment are found in both shapes", "[stripe][objects]") {
  Json invoice = json(fixtures::read("lists/invoices_page1.built.json"))["data"][0];
  const Json row = row_of(stripe::invoice, invoice);
  CHECK(row["subscription"] == "sub_3Q0000000000000000000001");
  CHECK(row["payment_intent"] == "pi_3Q0000000000000000000001");
  CHECK(row["paid_at"] == "2025-11-23T12:04:00Z");
  CHECK(stripe::is_whole(stripe::invoice, invoice));
  invoice.erase("payments");
  CHECK_FALSE(stripe::is_whole(stripe::invoice, invoice));
  invoice.erase("parent");
  invoice["subscription"] = {{"id", "sub_old"}, {"object", "subscription"}};
  invoice["payment_intent"] = "pi_old";
  const Json old_shape = row_of(stripe::invoice, invoice);
  CHECK(old_shape["subscription"] == "sub_old");
  CHECK(old_shape["payment_intent"] == "pi_old");
  CHECK(stripe::is_whole(stripe::invoice, invoice));
  check_columns(stripe::invoice, row_of(stripe::invoice, event_object("invoice_paid.json")));
}

TEST_CASE("what lies deeper, or in one of two places, is found", "[stripe][objects]") {
  const Json data = json(fixtures::read("lists/checkout_sessions_page1.built.json"))["data"];
  CHECK(row_of(stripe::checkout_session, data[0])["customer_email"] == "example@example.com");
  CHECK(row_of(stripe::checkout_session, data[0])["customer_country"] == "DE");
  CHECK(row_of(stripe::checkout_session, data[2])["customer_email"] == "first@example.com");
  CHECK(row_of(stripe::checkout_session, data[2])["amount_tax"].is_null());
  Json dispute = object("dispute.json");
  CHECK(row_of(stripe::dispute, dispute)["network_reason_code"] == "10.4");
  CHECK(row_of(stripe::dispute, dispute)["evidence_due_by"] == "2024-08-14T23:59:59Z");
  dispute.erase("payment_method_details");
  dispute["network_reason_code"] = "83";
  CHECK(row_of(stripe::dispute, dispute)["network_reason_code"] == "83");
  CHECK(row_of(stripe::dispute, dispute)["card_brand"].is_null());
}

TEST_CASE("a way that leads nowhere is absent, one that something else stands in is refused",
          "[stripe][objects]") {
  Json invoice = object("invoice.json");
  for (const Json& payments : {Json(), Json::array(), Json::object(), Json{{"data", Json::array()}},
                               Json{{"data", {nullptr}}}, Json{{"data", {{{"payment", nullptr}}}}}}) {
    invoice["payments"] = payments;
    CHECK(row_of(stripe::invoice, invoice)["payment_intent"].is_null());
  }
  for (const Json& payments :
       {Json(7), Json{{"data", 7}}, Json{{"data", {7}}}, Json{{"data", {{{"payment", 7}}}}}}) {
    invoice["payments"] = payments;
    CHECK(refusal(stripe::invoice, invoice) == "stripe invoices: payment_intent is sought in a number");
  }
  invoice["payments"] = {{"data", {{{"payment", {{"payment_intent", 7}}}}}}};
  CHECK(contains(refusal(stripe::invoice, invoice), "payment_intent is"));
}

TEST_CASE("a page that lets others pay or see is in no row", "[stripe][objects]") {
  Json session = object("checkout.session.json");
  session["client_secret"] = "cs_secret_1";
  const std::string row = dump(row_of(stripe::checkout_session, session));
  CHECK_FALSE(contains(row, "secret"));
  CHECK_FALSE(contains(row, "https://"));
  CHECK_FALSE(contains(dump(row_of(stripe::invoice, event_object("invoice_paid.json"))), "https://"));
}

TEST_CASE("lists and objects are asked for with what they leave out", "[stripe][requests]") {
  const Query query{{from_unix(1), from_unix(2)}, "", {}, "in_9"};
  CHECK(stripe::list_window(stripe::invoice, query).url ==
        "https://api.stripe.com/v1/invoices?limit=100&starting_after=in_9&expand[]=data.payments"
        "&created[gte]=1&created[lte]=2");
  CHECK(stripe::list_window(stripe::checkout_session, {query.window, "", {}, nullptr}).url ==
        "https://api.stripe.com/v1/checkout/sessions?limit=100&created[gte]=1&created[lte]=2");
  CHECK(stripe::fetch_object({"stripe_invoices", "in_1"})->url ==
        "https://api.stripe.com/v1/invoices/in_1?expand[]=payments");
  CHECK(stripe::fetch_object({"stripe_payouts", "po_1"})->url == "https://api.stripe.com/v1/payouts/po_1");
}

TEST_CASE("charges of 2020 and of 2026 are the same row", "[stripe][objects]") {
  const Json old_shape = row_of(stripe::charge, event_object("charge_refunded.json"));
  check_columns(stripe::charge, old_shape);
  CHECK(old_shape["amount_refunded"] == 2500);
  CHECK(old_shape["refunded"] == true);
  CHECK(old_shape["billing_country"] == "CA");
  CHECK(old_shape["payment_method_type"] == "card");
  CHECK(old_shape["created"] == "2022-04-05T03:31:03Z");
  CHECK(old_shape["source_at"] == "2025-11-23T12:13:20Z");
}

TEST_CASE("an expanded member becomes its id", "[stripe][objects]") {
  Json charge = object("charge.json");
  charge["customer"] = {{"id", "cus_1"}, {"object", "customer"}};
  charge["balance_transaction"] = {{"id", "txn_1"}, {"fee", 30}};
  const Json row = row_of(stripe::charge, charge);
  CHECK(row["customer"] == "cus_1");
  CHECK(row["balance_transaction"] == "txn_1");
}

TEST_CASE("the latest charge is found in both shapes", "[stripe][objects]") {
  Json intent = object("payment_intent.json");
  CHECK(row_of(stripe::payment_intent, intent)["latest_charge"] == intent["latest_charge"]);
  intent.erase("latest_charge");
  intent["charges"] = {{"object", "list"}, {"data", {{{"id", "ch_old"}}, {{"id", "ch_older"}}}}};
  CHECK(row_of(stripe::payment_intent, intent)["latest_charge"] == "ch_old");
  intent.erase("charges");
  CHECK(row_of(stripe::payment_intent, intent)["latest_charge"].is_null());
}

TEST_CASE("a client secret is in no row", "[stripe][objects]") {
  Json intent = object("payment_intent.json");
  intent["last_payment_error"] = {
      {"code", "card_declined"}, {"message", "no"}, {"payment_intent", {{"client_secret", "pi_1_secret_2"}}}};
  const Json row = row_of(stripe::payment_intent, intent);
  CHECK(row["error_code"] == "card_declined");
  CHECK_FALSE(contains(dump(row), "secret"));
}

TEST_CASE("64-bit amounts, negative ones and unknown enum values stay as they are", "[stripe][objects]") {
  Json transaction = object("balance_transaction.json");
  transaction["amount"] = json("-9223372036854775808");
  transaction["net"] = json("9223372036854775807");
  transaction["type"] = "a_type_of_2031";
  const Json row = row_of(stripe::balance_transaction, transaction);
  CHECK(dump(row["amount"]) == R"("-9223372036854775808")");
  CHECK(dump(row["net"]) == R"("9223372036854775807")");
  CHECK(row["type"] == "a_type_of_2031");
}

TEST_CASE("a member of a wrong type is named", "[stripe][objects]") {
  Json charge = object("charge.json");
  const auto with = [&](const char* key, Json value) {
    Json changed = charge;
    changed[key] = std::move(value);
    return refusal(stripe::charge, changed);
  };
  CHECK(contains(with("id", nullptr), "stripe charges: missing id"));
  CHECK(contains(with("id", ""), "stripe charges: missing id"));
  CHECK(contains(with("amount", "1001"), "stripe charges: amount is"));
  CHECK(contains(with("amount", 10.5), "stripe charges: amount is"));
  CHECK(contains(with("amount", json("9223372036854775808")), "stripe charges: amount is"));
  CHECK(contains(with("currency", 840), "stripe charges: currency is"));
  CHECK(contains(with("paid", "yes"), "stripe charges: paid is"));
  CHECK(contains(with("customer", 7), "stripe charges: customer is"));
  CHECK(contains(with("metadata", Json::array()), "stripe charges: metadata is"));
  CHECK(contains(with("created", -1), "stripe charges: created is"));
  CHECK(contains(with("created", json("253402300800")), "stripe charges: created is"));
  CHECK(contains(with("created", "2025-11-23"), "stripe charges: created is"));
  CHECK(refusal(stripe::charge, Json::array()) == "stripe charges: missing id");
  CHECK(with("outcome", nullptr) == "read");
  CHECK(with("outcome", "gone") == "stripe charges: outcome_type is sought in a string");
}

TEST_CASE("errors of Stripe add their code, never their text", "[stripe][errors]") {
  const auto explained = [](int status, const std::string& body, Headers headers = {}) {
    return stripe::explain({status, std::move(headers), body},
                           {{ErrorKind::ours, "stripe charges: answered"}, Remedy::give_up});
  };
  const std::string refused = fixtures::read("errors/401_invalid_key.built.json");
  const Problem problem = explained(401, dump(json(refused)["body"]));
  CHECK(problem.error.message == "stripe charges: answered (invalid_request_error)");
  CHECK(explained(400, R"({"error":{"code":"<b>"}})").error.message == "stripe charges: answered");
  CHECK(explained(500, "<html>").error.message == "stripe charges: answered");
  CHECK(explained(500, "", {{"stripe-should-retry", "true"}}).remedy == Remedy::retry);
  CHECK(explained(400, R"({"error":{"code":"resource_missing","param":"starting_after"}})").remedy ==
        Remedy::restart_scan);
  CHECK(explained(400, R"({"error":{"code":"resource_missing","param":"customer"}})").remedy ==
        Remedy::give_up);
}
