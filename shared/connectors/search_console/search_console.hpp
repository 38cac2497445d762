#pragma once
// Google Search Console: how a property does in Google Search, day by day. README.md in this folder
// lists queries and columns.

#include "shared/sync/connector.hpp"

namespace wf::search_console {

extern const Connector connector;

}  // namespace wf::search_console
