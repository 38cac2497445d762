#pragma once
// A bookshop's orders, daily: as small as a service can be.

#include "shared/sync/connector.hpp"

namespace wf::toy {

extern const Connector connector;

}  // namespace wf::toy
