#include "shared/connectors/stripe/objects.hpp"

#include <array>

#include "shared/connectors/row_reader.hpp"

namespace wf::stripe {
namespace {

// https://docs.stripe.com/api/charges/object
Result<Json> charge_row(const Json& object, UnixSeconds source_at) {
  return RowReader(object, charge.who)
      .required_text("id")
      .required_integer("amount")
      .integer("amount_captured")
      .integer("amount_refunded")
      .required_text("currency")
      .required_text("status")
      .flag("paid")
      .flag("captured")
      .flag("refunded")
      .flag("disputed")
      .text("description")
      .reference("balance_transaction")
      .reference("payment_intent")
      .reference("customer")
      .text("failure_code")
      .text("failure_message")
      .text("outcome_type", {"outcome", "type"})
      .text("payment_method_type", {"payment_method_details", "type"})
      .text("billing_name", {"billing_details", "name"})
      .text("billing_email", {"billing_details", "email"})
      .text("billing_country", {"billing_details", "address", "country"})
      .text("receipt_url")
      .flag("livemode")
      .object("metadata")
      .required_unix_time("created")
      .set_time("source_at", source_at)
      .take();
}

// Versions before 2022-11-15 list the charges inside, newest first, and have no latest_charge.
// https://docs.stripe.com/upgrades#2022-11-15
Json latest_charge_of_old_shape(const Json& object) {
  const Json* charges = find_object(object, "charges");
  const Json* data = charges ? find_array(*charges, "data") : nullptr;
  if (!data || data->empty()) return nullptr;
  const auto id = find_string(data->front(), "id");
  return id ? Json(*id) : Json();
}

// https://docs.stripe.com/api/payment_intents/object (client_secret is left where it is)
Result<Json> payment_intent_row(const Json& object, UnixSeconds source_at) {
  RowReader reader(object, payment_intent.who);
  reader.required_text("id")
      .required_integer("amount")
      .integer("amount_received")
      .integer("amount_capturable")
      .required_text("currency")
      .required_text("status")
      .text("description")
      .reference("latest_charge")
      .reference("customer")
      .text("error_code", {"last_payment_error", "code"})
      .text("error_decline_code", {"last_payment_error", "decline_code"})
      .text("error_message", {"last_payment_error", "message"})
      .unix_time("canceled_at")
      .text("cancellation_reason")
      .flag("livemode")
      .object("metadata")
      .required_unix_time("created")
      .set_time("source_at", source_at);
  if (!find(object, "latest_charge")) reader.set("latest_charge", latest_charge_of_old_shape(object));
  return reader.take();
}

// https://docs.stripe.com/api/payment-link/object
Result<Json> payment_link_row(const Json& object, UnixSeconds source_at) {
  return RowReader(object, payment_link.who)
      .required_text("id")
      .required_flag("active")
      .required_text("url")
      .text("currency")
      .integer("completed_sessions_count", {"restrictions", "completed_sessions", "count"})
      .integer("completed_sessions_limit", {"restrictions", "completed_sessions", "limit"})
      .flag("livemode")
      .object("metadata")
      .set_time("source_at", source_at)
      .take();
}

// https://docs.stripe.com/api/balance_transactions/object
Result<Json> balance_transaction_row(const Json& object, UnixSeconds source_at) {
  return RowReader(object, balance_transaction.who)
      .required_text("id")
      .required_integer("amount")
      .required_integer("fee")
      .required_integer("net")
      .required_text("currency")
      .number("exchange_rate")
      .required_text("type")
      .text("reporting_category")
      .required_text("status")
      .text("description")
      .reference("source")
      .array("fee_details")
      .text("balance_type")
      .unix_time("available_on")
      .required_unix_time("created")
      .set_time("source_at", source_at)
      .take();
}

constexpr std::array kinds{&charge, &payment_intent, &payment_link, &balance_transaction};

}  // namespace

constinit const ObjectKind charge{"charge", "stripe_charges", "/v1/charges", "stripe charges", charge_row};
constinit const ObjectKind payment_intent{"payment_intent", "stripe_payment_intents", "/v1/payment_intents",
                                          "stripe payment_intents", payment_intent_row};
constinit const ObjectKind payment_link{"payment_link", "stripe_payment_links", "/v1/payment_links",
                                        "stripe payment_links", payment_link_row};
constinit const ObjectKind balance_transaction{"balance_transaction", "stripe_balance_transactions",
                                               "/v1/balance_transactions", "stripe balance_transactions",
                                               balance_transaction_row};

const ObjectKind* find_kind_of_object(std::string_view object) {
  for (const ObjectKind* kind : kinds)
    if (kind->object == object) return kind;
  return nullptr;
}

const ObjectKind* find_kind_of_table(std::string_view table) {
  for (const ObjectKind* kind : kinds)
    if (kind->table == table) return kind;
  return nullptr;
}

}  // namespace wf::stripe
