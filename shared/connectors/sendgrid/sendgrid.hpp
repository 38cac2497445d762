#pragma once
// SendGrid: events and replies by webhook, daily totals, and mail that a person sends.
// README.md in this folder lists endpoints, keys and columns.

#include "shared/sync/connector.hpp"

namespace wf::sendgrid {

extern const Connector connector;

}  // namespace wf::sendgrid
