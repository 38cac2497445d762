#pragma once
// Cloudflare's GraphQL analytics, every 15 minutes (README.md in this folder).

#include "shared/sync/connector.hpp"

namespace wf::cloudflare {

extern const Connector connector;

}  // namespace wf::cloudflare
