#pragma once
// The audits of a run that did not pass, as Lighthouse's own report sorts them.

#include <vector>

#include "shared/base/json.hpp"
#include "shared/base/result.hpp"

namespace wf::pagespeed {

// Rows of pagespeed_audits without their key's first columns, which the caller adds.
Result<std::vector<Json>> failed_audits(const Json& lighthouse);

}  // namespace wf::pagespeed
