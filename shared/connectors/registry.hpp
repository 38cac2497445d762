#pragma once
// The explicit list of connectors. A new one is a folder, one line here and a migration.

#include "shared/sync/connector.hpp"

namespace wf {

Registry connectors();

}  // namespace wf
