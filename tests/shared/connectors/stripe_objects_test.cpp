#include <algorithm>
#include <catch_amalgamated.hpp>
#include <set>

#include "fixtures.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/stripe/objects.hpp"
#include "shared/connectors/stripe/requests.hpp"

using namespace wf;
using fixtures::json;

namespace {

constexpr std::int64_t at = 1'763'900'000;

Json row_of(const stripe::ObjectKind& kind, const Json& object) {
  const auto row = kind.row(object, from_unix(at));
  INFO((row ? "" : row.error().message));
  REQUIRE(row.has_value());
  return *row;
}

std::string refusal(const stripe::ObjectKind& kind, const Json& object) {
  const auto row = kind.row(object, from_unix(at));
  return row ? "read" : row.error().message;
}

Json object(const std::string& name) { return json(fixtures::read("objects/" + name)); }
Json event_object(const std::string& name) {
  return json(fixtures::read("events/" + name))["data"]["object"];
}

// The columns of a table as its migration creates it, but those that the database fills in.
std::set<std::string> columns_of(const std::string& table) {
  std::ifstream in(WF_PROJECT_DIR "/supabase/migrations/0003_stripe.sql");
  REQUIRE(in.good());
  std::set<std::string> columns;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("create table public." + table + " ", 0) == 0)
      inside = true;
    else if (inside && line.rfind(")", 0) == 0)
      break;
    else if (inside && line.rfind("  ", 0) == 0)
      columns.insert(line.substr(2, line.find(' ', 2) - 2));
  }
  for (const char* filled_in : {"client_id", "updated_at", "primary", "check", "--"})
    columns.erase(filled_in);
  return columns;
}

void check_columns(const stripe::ObjectKind& kind, const Json& row) {
  std::set<std::string> emitted;
  for (const auto& [column, value] : row.items()) emitted.insert(column);
  CHECK(emitted == columns_of(std::string(kind.table)));
}

}  // namespace

TEST_CASE("every row carries exactly the columns of its table", "[stripe][objects]") {
  check_columns(stripe::charge, row_of(stripe::charge, object("charge.json")));
  check_columns(stripe::payment_intent, row_of(stripe::payment_intent, object("payment_intent.json")));
  check_columns(stripe::payment_link, row_of(stripe::payment_link, object("payment_link.json")));
  check_columns(stripe::balance_transaction,
                row_of(stripe::balance_transaction, object("balance_transaction.json")));
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
