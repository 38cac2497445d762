#include "shared/connectors/stripe/objects.hpp"

#include <array>

namespace wf::stripe {
namespace {

using enum ColumnType;
using enum Need;

// https://docs.stripe.com/api/charges/object
constexpr std::array charge_columns{
    Column{"id", text, required},
    Column{"amount", integer, required},
    Column{"amount_captured", integer},
    Column{"amount_refunded", integer},
    Column{"currency", text, required},
    Column{"status", text, required},
    Column{"paid", flag},
    Column{"captured", flag},
    Column{"refunded", flag},
    Column{"disputed", flag},
    Column{"description", text},
    Column{"balance_transaction", reference},
    Column{"payment_intent", reference},
    Column{"customer", reference},
    Column{"failure_code", text},
    Column{"failure_message", text},
    Column{"outcome_type", text, optional, "outcome.type"},
    Column{"payment_method_type", text, optional, "payment_method_details.type"},
    Column{"billing_name", text, optional, "billing_details.name"},
    Column{"billing_email", text, optional, "billing_details.email"},
    Column{"billing_country", text, optional, "billing_details.address.country"},
    Column{"receipt_url", text},
    Column{"livemode", flag},
    Column{"metadata", object},
    Column{"created", unix_time, required},
};

// https://docs.stripe.com/api/payment_intents/object (client_secret is left where it is)
constexpr std::array payment_intent_columns{
    Column{"id", text, required},
    Column{"amount", integer, required},
    Column{"amount_received", integer},
    Column{"amount_capturable", integer},
    Column{"currency", text, required},
    Column{"status", text, required},
    Column{"description", text},
    // Versions before 2022-11-15 list the charges inside, newest first.
    // https://docs.stripe.com/upgrades#2022-11-15
    Column{"latest_charge", reference, optional, "latest_charge|charges.data.0.id"},
    Column{"customer", reference},
    Column{"error_code", text, optional, "last_payment_error.code"},
    Column{"error_decline_code", text, optional, "last_payment_error.decline_code"},
    Column{"error_message", text, optional, "last_payment_error.message"},
    Column{"canceled_at", unix_time},
    Column{"cancellation_reason", text},
    Column{"livemode", flag},
    Column{"metadata", object},
    Column{"created", unix_time, required},
};

// https://docs.stripe.com/api/payment-link/object
constexpr std::array payment_link_columns{
    Column{"id", text, required},
    Column{"active", flag, required},
    Column{"url", text, required},
    Column{"currency", text},
    Column{"completed_sessions_count", integer, optional, "restrictions.completed_sessions.count"},
    Column{"completed_sessions_limit", integer, optional, "restrictions.completed_sessions.limit"},
    Column{"livemode", flag},
    Column{"metadata", object},
};

// https://docs.stripe.com/api/balance_transactions/object
constexpr std::array balance_transaction_columns{
    Column{"id", text, required},
    Column{"amount", integer, required},
    Column{"fee", integer, required},
    Column{"net", integer, required},
    Column{"currency", text, required},
    Column{"exchange_rate", number},
    Column{"type", text, required},
    Column{"reporting_category", text},
    Column{"status", text, required},
    Column{"description", text},
    Column{"source", reference},
    Column{"fee_details", array},
    Column{"balance_type", text},
    Column{"available_on", unix_time},
    Column{"created", unix_time, required},
};

// https://docs.stripe.com/api/payouts/object
constexpr std::array payout_columns{
    Column{"id", text, required},
    Column{"amount", integer, required},
    Column{"currency", text, required},
    Column{"status", text, required},
    Column{"arrival_date", unix_time},
    Column{"automatic", flag},
    Column{"balance_transaction", reference},
    Column{"description", text},
    Column{"destination", reference},
    Column{"failure_code", text},
    Column{"failure_message", text},
    Column{"method", text},
    Column{"reconciliation_status", text},
    Column{"source_type", text},
    Column{"statement_descriptor", text},
    Column{"type", text},
    Column{"livemode", flag},
    Column{"metadata", object},
    Column{"created", unix_time, required},
};

// https://docs.stripe.com/api/refunds/object
constexpr std::array refund_columns{
    Column{"id", text, required},
    Column{"amount", integer, required},
    Column{"currency", text, required},
    Column{"status", text},
    Column{"charge", reference},
    Column{"payment_intent", reference},
    Column{"balance_transaction", reference},
    Column{"reason", text},
    Column{"failure_reason", text},
    Column{"description", text},
    Column{"destination_type", text, optional, "destination_details.type"},
    Column{"metadata", object},
    Column{"created", unix_time, required},
};

// https://docs.stripe.com/api/disputes/object (the evidence is left where it is)
constexpr std::array dispute_columns{
    Column{"id", text, required},
    Column{"amount", integer, required},
    Column{"currency", text, required},
    Column{"status", text, required},
    Column{"reason", text},
    Column{"charge", reference},
    Column{"payment_intent", reference},
    Column{"is_charge_refundable", flag},
    Column{"evidence_due_by", unix_time, optional, "evidence_details.due_by"},
    Column{"has_evidence", flag, optional, "evidence_details.has_evidence"},
    Column{"past_due", flag, optional, "evidence_details.past_due"},
    Column{"submission_count", integer, optional, "evidence_details.submission_count"},
    Column{"card_brand", text, optional, "payment_method_details.card.brand"},
    Column{"network_reason_code", text, optional,
           "payment_method_details.card.network_reason_code|network_reason_code"},
    Column{"livemode", flag},
    Column{"metadata", object},
    Column{"created", unix_time, required},
};

// https://docs.stripe.com/api/checkout/sessions/object (url and client_secret are left where they are)
constexpr std::array checkout_session_columns{
    Column{"id", text, required},
    Column{"amount_subtotal", integer},
    Column{"amount_total", integer},
    Column{"amount_discount", integer, optional, "total_details.amount_discount"},
    Column{"amount_tax", integer, optional, "total_details.amount_tax"},
    Column{"currency", text},
    Column{"status", text},
    Column{"payment_status", text, required},
    Column{"mode", text},
    Column{"payment_intent", reference},
    Column{"payment_link", reference},
    Column{"customer", reference},
    Column{"subscription", reference},
    Column{"invoice", reference},
    Column{"client_reference_id", text},
    Column{"customer_name", text, optional, "customer_details.name"},
    Column{"customer_email", text, optional, "customer_details.email|customer_email"},
    Column{"customer_country", text, optional, "customer_details.address.country"},
    Column{"expires_at", unix_time},
    Column{"livemode", flag},
    Column{"metadata", object},
    Column{"created", unix_time, required},
};

// https://docs.stripe.com/api/invoices/object
constexpr std::array invoice_columns{
    Column{"id", text, required},
    Column{"number", text},
    Column{"status", text},
    Column{"amount_due", integer, required},
    Column{"amount_paid", integer},
    Column{"amount_remaining", integer},
    Column{"amount_overpaid", integer},
    Column{"subtotal", integer},
    Column{"total", integer},
    Column{"currency", text, required},
    Column{"customer", reference},
    Column{"customer_name", text},
    Column{"customer_email", text},
    // Both moved on 2025-03-31. https://docs.stripe.com/changelog/basil
    Column{"subscription", reference, optional, "parent.subscription_details.subscription|subscription"},
    Column{"payment_intent", reference, optional, "payments.data.0.payment.payment_intent|payment_intent"},
    Column{"billing_reason", text},
    Column{"collection_method", text},
    Column{"description", text},
    Column{"attempt_count", integer},
    Column{"attempted", flag},
    Column{"period_start", unix_time},
    Column{"period_end", unix_time},
    Column{"due_date", unix_time},
    Column{"next_payment_attempt", unix_time},
    Column{"finalized_at", unix_time, optional, "status_transitions.finalized_at"},
    Column{"paid_at", unix_time, optional, "status_transitions.paid_at"},
    Column{"voided_at", unix_time, optional, "status_transitions.voided_at"},
    Column{"livemode", flag},
    Column{"metadata", object},
    Column{"created", unix_time, required},
};

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
