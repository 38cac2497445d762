#pragma once
// The audits of a run that did not pass, as Lighthouse's own report sorts them.

#include <vector>

#include "shared/base/json.hpp"
#include "shared/base/result.hpp"

namespace wf::pagespeed {

// Rows of pagespeed_audits; `run` is the row of pagespeed_runs that they belong to.
Result<std::vector<Json>> failed_audits(const Json& lighthouse, const Json& run);

}  // namespace wf::pagespeed
