#pragma once
// Mail that came in through Inbound Parse, as a message of its thread.
// https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook

#include "shared/sync/connector.hpp"

namespace wf::sendgrid {

inline constexpr std::string_view inbound_password = "sendgrid.inbound_password";

// SendGrid does not sign these: the URL that it posts to carries a password.
Result<SignatureClaim> claim_inbound(const Headers& headers);
bool is_inbound(std::string_view body);

Result<Identity> identify_inbound(std::string_view body);

// Whether the thread named by the address is genuine, and which threads the mails belong to that it says it
// answers, or itself.
std::vector<Question> inbound_questions(const Received& received);

Result<Delivery> parse_inbound(const Received& received);

}  // namespace wf::sendgrid
