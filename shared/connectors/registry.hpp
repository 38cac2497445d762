#pragma once
// The explicit lists of connectors, made of shared/services.cmake.

#include "shared/sync/connector.hpp"

namespace wf {

Registry connectors();      // every service: what is synced and received of it
Registry api_connectors();  // those with actions: what a person asks for, in a module of its own

}  // namespace wf
