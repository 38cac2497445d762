#include "shared/connectors/stripe/stripe.hpp"

#include <array>

#include "shared/connectors/stripe/objects.hpp"
#include "shared/connectors/stripe/requests.hpp"
#include "shared/connectors/stripe/webhook.hpp"

namespace wf::stripe {
namespace {

constexpr std::chrono::seconds backfill = std::chrono::hours(24 * 90);
constexpr std::chrono::seconds overlap = std::chrono::hours(24);
// Stripe lists the events of 30 days; the rest of the last one is left for the scan itself.
constexpr std::chrono::seconds listed_events = std::chrono::hours(24 * 29);

// https://docs.stripe.com/api/charges/list
HttpRequest charges_request(const Query& query) { return get(windowed_list_url(charge.path, query).take()); }
Result<Page> parse_charges(const HttpReply& reply, const Query&, UnixSeconds source_at) {
  return parse_objects(reply, charge, source_at);
}

// https://docs.stripe.com/api/payment_intents/list
HttpRequest payment_intents_request(const Query& query) {
  return get(windowed_list_url(payment_intent.path, query).take());
}
Result<Page> parse_payment_intents(const HttpReply& reply, const Query&, UnixSeconds source_at) {
  return parse_objects(reply, payment_intent, source_at);
}

// https://docs.stripe.com/api/payment-link/list: neither a filter by time nor a time of its own.
HttpRequest payment_links_request(const Query& query) {
  return get(list_url(payment_link.path, query).take());
}
Result<Page> parse_payment_links(const HttpReply& reply, const Query&, UnixSeconds source_at) {
  return parse_objects(reply, payment_link, source_at);
}

// https://docs.stripe.com/api/balance_transactions/list
HttpRequest balance_transactions_request(const Query& query) {
  return get(windowed_list_url(balance_transaction.path, query).take());
}
Result<Page> parse_balance_transactions(const HttpReply& reply, const Query&, UnixSeconds source_at) {
  return parse_objects(reply, balance_transaction, source_at);
}

constexpr std::array streams{
    Stream{.id = "charges",
           .first_sync = backfill,
           .overlap = overlap,
           .request = charges_request,
           .parse = parse_charges},
    Stream{.id = "payment_intents",
           .first_sync = backfill,
           .overlap = overlap,
           .request = payment_intents_request,
           .parse = parse_payment_intents},
    Stream{.id = "payment_links",
           .full_scan = true,
           .request = payment_links_request,
           .parse = parse_payment_links},
    Stream{.id = "balance_transactions",
           .first_sync = backfill,
           .overlap = overlap,
           .request = balance_transactions_request,
           .parse = parse_balance_transactions},
    Stream{.id = "events",
           .reconciles = true,
           .first_sync = listed_events,
           .overlap = overlap,
           .request = events_request,
           .parse = parse_events},
};

}  // namespace

constinit const Connector connector{.service = "stripe",
                                    .streams = streams,
                                    .webhook = &webhook,
                                    .fetch = fetch_object,
                                    .parse_object = parse_fetched_object,
                                    .explain = explain};

}  // namespace wf::stripe
