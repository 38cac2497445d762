#pragma once
// The explicit list of connectors, made of shared/services.cmake.

#include "shared/sync/connector.hpp"

namespace wf {

Registry connectors();

}  // namespace wf
