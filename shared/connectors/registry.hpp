#pragma once
// The explicit lists of connectors. A new one is a folder, a line in registry.cpp and a migration.

#include "shared/sync/connector.hpp"

namespace wf {

Registry connectors();      // every service: what is synced and received of it
Registry api_connectors();  // those with actions: what a person asks for, in a module of its own

}  // namespace wf
