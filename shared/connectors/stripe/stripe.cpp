#include "shared/connectors/stripe/stripe.hpp"

#include <array>

#include "shared/connectors/stripe/objects.hpp"
#include "shared/connectors/stripe/requests.hpp"
#include "shared/connectors/stripe/webhook.hpp"

namespace wf::stripe {
namespace {

constexpr std::chrono::seconds backfill = std::chrono::hours(24 * 90);
constexpr std::chrono::seconds overlap = std::chrono::hours(24);
// A balance transaction becomes available up to 31 days after it was made, or after the weekend and holidays
// behind them, and no event tells. https://docs.stripe.com/payouts/payout-schedules
constexpr std::chrono::seconds settling = std::chrono::hours(24 * 36);
// Stripe lists the events of 30 days; the rest of the last one is left for the scan itself.
constexpr std::chrono::seconds listed_events = std::chrono::hours(24 * 29);

template <const ObjectKind& kind>
HttpRequest request_all(const Query& query) {
  return list_all(kind, query);
}
template <const ObjectKind& kind>
HttpRequest request_window(const Query& query) {
  return list_window(kind, query);
}
template <const ObjectKind& kind>
Result<Page> parse(const HttpReply& reply, const Query&, UnixSeconds source_at) {
  return parse_objects(reply, kind, source_at);
}

template <const ObjectKind& kind>
constexpr Stream windowed(std::string_view id, std::chrono::seconds look_back = overlap) {
  return {.id = id,
          .first_sync = backfill,
          .overlap = look_back,
          .changes_listed_for = listed_events,
          .dated_when_asked = true,
          .request = request_window<kind>,
          .parse = parse<kind>};
}

constexpr std::array streams{
    // https://docs.stripe.com/api/charges/list
    windowed<charge>("charges"),
    // https://docs.stripe.com/api/payment_intents/list
    windowed<payment_intent>("payment_intents"),
    // https://docs.stripe.com/api/payment-link/list: neither a filter by time nor a time of its own.
    Stream{.id = "payment_links",
           .full_scan = true,
           .dated_when_asked = true,
           .request = request_all<payment_link>,
           .parse = parse<payment_link>},
    // https://docs.stripe.com/api/balance_transactions/list
    windowed<balance_transaction>("balance_transactions", settling),
    // https://docs.stripe.com/api/payouts/list
    windowed<payout>("payouts"),
    // https://docs.stripe.com/api/refunds/list
    windowed<refund>("refunds"),
    // https://docs.stripe.com/api/disputes/list
    windowed<dispute>("disputes"),
    // https://docs.stripe.com/api/checkout/sessions/list
    windowed<checkout_session>("checkout_sessions"),
    // https://docs.stripe.com/api/invoices/list
    windowed<invoice>("invoices"),
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
                                    .explain = explain,
                                    .never_kept = "client_secret"};

}  // namespace wf::stripe
