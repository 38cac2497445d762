#pragma once
// Facebook Pages and Instagram accounts, every day (README.md in this folder).

#include "shared/sync/connector.hpp"

namespace wf::meta {

extern const Connector connector;

}  // namespace wf::meta
