#include "shared/connectors/sendgrid/webhook.hpp"

#include <array>

#include "shared/base/text.hpp"
#include "shared/connectors/sendgrid/events.hpp"
#include "shared/connectors/sendgrid/inbound.hpp"
#include "shared/connectors/sendgrid/thread.hpp"

namespace wf::sendgrid {
namespace {

// A form begins with its boundary, which no JSON does: so the later steps can tell the two apart by the
// bytes alone. Of one that is too large there are none.
Result<SignatureClaim> claim(const Headers& headers, std::string_view body, UnixSeconds now) {
  const bool has_form = body.empty() && starts_with(header(headers, "content-type"), "multipart/");
  if (has_form || is_inbound(body)) return claim_inbound(headers);
  return claim_events(headers, now);
}

Result<Identity> identify(std::string_view body) {
  return is_inbound(body) ? identify_inbound(body) : identify_events(body);
}

std::vector<Question> questions(const Received& received) {
  return is_inbound(received.body) ? inbound_questions(received) : std::vector<Question>{};
}

Result<Delivery> parse(const Received& received) {
  return is_inbound(received.body) ? parse_inbound(received) : parse_events(received);
}

}  // namespace

constinit const Webhook webhook{.claim = claim, .identify = identify, .questions = questions, .parse = parse};

}  // namespace wf::sendgrid
