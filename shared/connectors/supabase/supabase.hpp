#pragma once
// Probes of the agency's own Supabase, every 5 minutes (README.md in this folder, which also says
// what they cannot observe).

#include "shared/sync/connector.hpp"

namespace wf::supabase {

extern const Connector connector;

}  // namespace wf::supabase
