#pragma once
// SendGrid's two kinds of delivery on one path: signed events and inbound mail. What proves each, and
// what each means, is in events.hpp and inbound.hpp.

#include "shared/sync/connector.hpp"

namespace wf::sendgrid {

extern const Webhook webhook;

}  // namespace wf::sendgrid
