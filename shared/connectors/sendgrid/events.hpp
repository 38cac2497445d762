#pragma once
// The batches of SendGrid's event webhook as rows.
// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event

#include "shared/sync/connector.hpp"

namespace wf::sendgrid {

inline constexpr std::string_view public_key = "sendgrid.webhook_public_key";

// The custom argument that carries email_messages.id. Custom arguments come back at the top level of
// each event: no member of SendGrid's own has this name.
inline constexpr std::string_view own_id_argument = "wf_message_id";

// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
Result<SignatureClaim> claim_events(const Headers& headers, UnixSeconds now);

// The signature is malleable and sg_event_id changes from copy to copy: the bytes name the delivery.
Result<Identity> identify_events(std::string_view body);

// Every event that has a name and a time becomes a row, of whatever type it is; what has no column of
// its own is kept in `custom_args`. Items that are not events are left out, and said.
Result<Delivery> parse_events(const Received& received);

// "14c5d75ce93.dfd.64b469" of "14c5d75ce93.dfd..." is its part before the first dot: what a send was
// answered with as X-Message-Id.
std::string_view message_id_of(std::string_view sg_message_id);

}  // namespace wf::sendgrid
