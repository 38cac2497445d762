#pragma once
// What public.daily_series told, as the API answers it.

#include "shared/base/json.hpp"
#include "shared/base/result.hpp"

namespace wf {

// The body of GET /api/workspaces/{slug}/anomalies:
// {"series":[{"id","service","label","unit","of"?,"anomalies":[{"day","until"?,"kind","value","expected","low",
// "high","score","words"}],"last_28","previous_28"}],"found": anomalies,"as_of": the last day with a value}.
// Errors: data.
Result<Json> anomalies_answer(const Json& daily_series_answer);

}  // namespace wf
