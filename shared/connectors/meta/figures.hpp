#pragma once
// What a figure of Meta may be: an integer, a double, an object, or absent; in `values` with its day or
// in `total_value` without one.

#include <optional>
#include <vector>

#include "shared/base/json.hpp"
#include "shared/base/result.hpp"
#include "shared/base/time.hpp"

namespace wf::meta {

struct Figure {
  std::optional<UnixSeconds> end_time;
  Json value;  // a number, or null
  Json parts;  // an object by part, or null
};

// The figures of one item of `data`; absent ones are left out. Errors: data.
Result<std::vector<Figure>> read_figures(const Json& item, std::string_view who);

// Of a post's `insights`: {"post_media_view": 812}; null when there are none. Errors: data.
Result<Json> read_lifetime(const Json& post, std::string_view who);

}  // namespace wf::meta
