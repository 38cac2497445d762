#pragma once
// What public.daily_series told, as the API answers it and as an insight is written from it.

#include "shared/base/json.hpp"
#include "shared/base/result.hpp"

namespace wf {

// The body of GET /api/workspaces/{slug}/anomalies:
// {"series":[{"id","service","label","unit","of"?,"anomalies":[{"day","kind","value","expected","low",
// "high","score","words"}],"last_28","previous_28"}],"found": anomalies,"as_of": the last day with a value}.
// Errors: data.
Result<Json> anomalies_answer(const Json& daily_series_answer);

// Totals, changes and anomalies for a prompt: {"as_of","facts":[{"id","label","unit","last_28",
// "previous_28","change_percent","anomalies":[{"id","day","kind","value","usual","change_percent"}]}]}.
// Every number is rounded and in the unit that people speak of; no name, address or property is in it.
// Ids are stable: a series', and "<series>@<day>" of an anomaly. Series that tell nothing are left out,
// and of many anomalies the older ones. Errors: data.
Result<Json> insight_facts(const Json& daily_series_answer);

}  // namespace wf
