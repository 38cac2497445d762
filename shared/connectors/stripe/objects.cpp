#include "shared/connectors/stripe/objects.hpp"

#include <array>

namespace wf::stripe {
namespace {

// https://docs.stripe.com/api/charges/object
constexpr RowTable charge_columns(R"(
id text!
amount integer!
amount_captured integer
amount_refunded integer
currency text!
status text!
paid flag
captured flag
refunded flag
disputed flag
description text
balance_transaction reference
payment_intent reference
customer reference
failure_code text
failure_message text
outcome_type text outcome.type
payment_method_type text payment_method_details.type
billing_name text billing_details.name
billing_email text billing_details.email
billing_country text billing_details.address.country
receipt_url text
livemode flag
metadata object
created unix_time!
)");

// https://docs.stripe.com/api/payment_intents/object (client_secret is left where it is). Versions before
// 2022-11-15 list the charges inside, newest first: https://docs.stripe.com/upgrades#2022-11-15
constexpr RowTable payment_intent_columns(R"(
id text!
amount integer!
amount_received integer
amount_capturable integer
currency text!
status text!
description text
latest_charge reference latest_charge|charges.data.0.id
customer reference
error_code text last_payment_error.code
error_decline_code text last_payment_error.decline_code
error_message text last_payment_error.message
canceled_at unix_time
cancellation_reason text
livemode flag
metadata object
created unix_time!
)");

// https://docs.stripe.com/api/payment-link/object
constexpr RowTable payment_link_columns(R"(
id text!
active flag!
url text!
currency text
completed_sessions_count integer restrictions.completed_sessions.count
completed_sessions_limit integer restrictions.completed_sessions.limit
livemode flag
metadata object
)");

// https://docs.stripe.com/api/balance_transactions/object
constexpr RowTable balance_transaction_columns(R"(
id text!
amount integer!
fee integer!
net integer!
currency text!
exchange_rate number
type text!
reporting_category text
status text!
description text
source reference
fee_details array
balance_type text
available_on unix_time
created unix_time!
)");

// https://docs.stripe.com/api/payouts/object
constexpr RowTable payout_columns(R"(
id text!
amount integer!
currency text!
status text!
arrival_date unix_time
automatic flag
balance_transaction reference
description text
destination reference
failure_code text
failure_message text
method text
reconciliation_status text
source_type text
statement_descriptor text
type text
livemode flag
metadata object
created unix_time!
)");

// https://docs.stripe.com/api/refunds/object
constexpr RowTable refund_columns(R"(
id text!
amount integer!
currency text!
status text
charge reference
payment_intent reference
balance_transaction reference
reason text
failure_reason text
description text
destination_type text destination_details.type
metadata object
created unix_time!
)");

// https://docs.stripe.com/api/disputes/object (the evidence is left where it is)
constexpr RowTable dispute_columns(R"(
id text!
amount integer!
currency text!
status text!
reason text
charge reference
payment_intent reference
is_charge_refundable flag
evidence_due_by unix_time evidence_details.due_by
has_evidence flag evidence_details.has_evidence
past_due flag evidence_details.past_due
submission_count integer evidence_details.submission_count
card_brand text payment_method_details.card.brand
network_reason_code text payment_method_details.card.network_reason_code|network_reason_code
livemode flag
metadata object
created unix_time!
)");

// https://docs.stripe.com/api/checkout/sessions/object (url and client_secret are left where they are)
constexpr RowTable checkout_session_columns(R"(
id text!
amount_subtotal integer
amount_total integer
amount_discount integer total_details.amount_discount
amount_tax integer total_details.amount_tax
currency text
status text
payment_status text!
mode text
payment_intent reference
payment_link reference
customer reference
subscription reference
invoice reference
client_reference_id text
customer_name text customer_details.name
customer_email text customer_details.email|customer_email
customer_country text customer_details.address.country
expires_at unix_time
livemode flag
metadata object
created unix_time!
)");

// https://docs.stripe.com/api/invoices/object. Its subscription and payment_intent moved on 2025-03-31:
// https://docs.stripe.com/changelog/basil
constexpr RowTable invoice_columns(R"(
id text!
number text
status text
amount_due integer!
amount_paid integer
amount_remaining integer
amount_overpaid integer
subtotal integer
total integer
currency text!
customer reference
customer_name text
customer_email text
subscription reference parent.subscription_details.subscription|subscription
payment_intent reference payments.data.0.payment.payment_intent|payment_intent
billing_reason text
collection_method text
description text
attempt_count integer
attempted flag
period_start unix_time
period_end unix_time
due_date unix_time
next_payment_attempt unix_time
finalized_at unix_time status_transitions.finalized_at
paid_at unix_time status_transitions.paid_at
voided_at unix_time status_transitions.voided_at
livemode flag
metadata object
created unix_time!
)");

constexpr std::array kinds{&charge,  &payment_intent,   &payment_link, &balance_transaction, &payout, &refund,
                           &dispute, &checkout_session, &invoice};

}  // namespace

constinit const ObjectKind charge{"charge", "stripe_charges", "/v1/charges", "stripe charges",
                                  charge_columns};
constinit const ObjectKind payment_intent{"payment_intent", "stripe_payment_intents", "/v1/payment_intents",
                                          "stripe payment_intents", payment_intent_columns};
constinit const ObjectKind payment_link{"payment_link", "stripe_payment_links", "/v1/payment_links",
                                        "stripe payment_links", payment_link_columns};
constinit const ObjectKind balance_transaction{"balance_transaction", "stripe_balance_transactions",
                                               "/v1/balance_transactions", "stripe balance_transactions",
                                               balance_transaction_columns};
constinit const ObjectKind payout{"payout", "stripe_payouts", "/v1/payouts", "stripe payouts",
                                  payout_columns};
constinit const ObjectKind refund{"refund", "stripe_refunds", "/v1/refunds", "stripe refunds",
                                  refund_columns};
constinit const ObjectKind dispute{"dispute", "stripe_disputes", "/v1/disputes", "stripe disputes",
                                   dispute_columns};
constinit const ObjectKind checkout_session{"checkout.session", "stripe_checkout_sessions",
                                            "/v1/checkout/sessions", "stripe checkout_sessions",
                                            checkout_session_columns};
constinit const ObjectKind invoice{"invoice",       "stripe_invoices", "/v1/invoices",  "stripe invoices",
                                   invoice_columns, "payments",        "payment_intent"};

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

Result<Json> read_row(const ObjectKind& kind, const Json& object, UnixSeconds source_at) {
  return RowReader(object, kind.who).columns(kind.columns).set_time("source_at", source_at).take();
}

bool is_whole(const ObjectKind& kind, const Json& object) {
  // Also null says so: an invoice of an old version that nobody paid.
  return kind.expand.empty() || object.contains(kind.expand) || object.contains(kind.before_expand);
}

}  // namespace wf::stripe
