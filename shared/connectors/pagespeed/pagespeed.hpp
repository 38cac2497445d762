#pragma once
// Google PageSpeed Insights v5, weekly, per URL and strategy (README.md in this folder).

#include "shared/sync/connector.hpp"

namespace wf::pagespeed {

extern const Connector connector;

}  // namespace wf::pagespeed
