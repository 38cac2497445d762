#pragma once
// Google Ads: campaigns, search terms and conversions, day by day. README.md in this folder lists
// reports and columns.

#include "shared/sync/connector.hpp"

namespace wf::google_ads {

extern const Connector connector;

}  // namespace wf::google_ads
