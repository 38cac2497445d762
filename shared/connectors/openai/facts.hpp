#pragma once
// The few facts that a model is told about a workspace's daily series: totals, never rows.

#include <string_view>

#include "shared/base/json.hpp"
#include "shared/base/time.hpp"

namespace wf::openai {

// `daily`: the answer of public.daily_series. Days from `today` on are left out: they are not over.
// [{"id","label","what","unit","value","before"?,"change_percent"?,"days","from","to"}]: for each series its
// last 28 days, against the 28 before them where these are known. Values are in whole units of `unit`
// ("count", "percent", "EUR", "MB", "ms", "of 100"), as people read them. Series without values are left out.
// After each series its unusual days in those 28, the latest first, at most five: [{"id":
// "<series>@<day>","label","what","unit","value","usual", "change_percent"?,"day"}].
Json period_facts(const Json& daily, Day today);

// [{"id","label","what","unit","value","usual"?,"change_percent"?,"usual_is"?,"day"}]: first the series asked
// about as the detector found it on that day, then each other against its median of that weekday in the four
// weeks before. Empty: the detector found nothing in the series on that day.
Json day_facts(const Json& daily, std::string_view series, Day day);

}  // namespace wf::openai
