#pragma once
// Stripe's events: what their signature header claims, what they are, and which rows they carry.

#include "shared/sync/connector.hpp"

namespace wf::stripe {

// https://docs.stripe.com/webhooks#verify-manually
inline constexpr std::string_view webhook_secret = "stripe.webhook_secret";
Result<SignatureClaim> read_signature(const Headers& headers, std::string_view body, UnixSeconds now);

Result<Identity> identify_event(std::string_view body);

// https://docs.stripe.com/api/events/object
Result<Delivery> parse_event(std::string_view body, UnixSeconds now);

// GET /v1/events, https://docs.stripe.com/api/events/list
HttpRequest events_request(const Query& query);
Result<Page> parse_events(const HttpReply& reply, const Query& query, UnixSeconds source_at);

extern const Webhook webhook;

}  // namespace wf::stripe
