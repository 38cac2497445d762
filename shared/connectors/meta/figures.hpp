#pragma once
// What a figure of Meta may be: an integer, a double, an object, or absent; in `values` with its day or
// in `total_value` without one.

#include <string_view>

#include "shared/base/json.hpp"
#include "shared/base/result.hpp"
#include "shared/base/time.hpp"

namespace wf::meta {

// The figures of one item of `data`, as a list; absent ones are left out:
// {"day":"2026-11-19","value":7,"parts":null}. `day` is null where the reply does not say it, `value` a
// number or null, `parts` an object by part or null. Errors: data.
Result<Json> read_figures(const Json& item, std::string_view who);

// Of a post's `insights`: {"post_media_view": 812}; null when there are none. Errors: data.
Result<Json> read_lifetime(const Json& post, std::string_view who);

// "2026-11-20T08:00:00+0000" is the end of a Pacific day: it is the day before that was measured.
Day measured_day(UnixSeconds end_time);

}  // namespace wf::meta
