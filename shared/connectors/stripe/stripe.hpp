#pragma once
// Stripe: what was paid, asked for, paid out and taken back, by daily lists and by webhook. README.md in this
// folder lists endpoints and columns.

#include "shared/sync/connector.hpp"

namespace wf::stripe {

extern const Connector connector;

}  // namespace wf::stripe
