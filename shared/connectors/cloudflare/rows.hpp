#pragma once
// Groups of GraphQL analytics as rows. `tag` is the account's or the zone's id.

#include <string_view>
#include <vector>

#include "shared/base/json.hpp"
#include "shared/base/result.hpp"
#include "shared/base/time.hpp"

namespace wf::cloudflare {

using Rows = Result<std::vector<Json>>;

Rows worker_rows(const Json& groups, std::string_view tag, UnixSeconds source_at);
Rows r2_operation_rows(const Json& groups, std::string_view tag, UnixSeconds source_at);
// The latest reading of each bucket and day: readings are states and cannot be added up.
Rows r2_storage_rows(const Json& groups, std::string_view tag, UnixSeconds source_at);
Rows zone_rows(const Json& groups, std::string_view tag, UnixSeconds source_at);

// "A", "B", "free", or "other" for an action that is not known yet.
// https://developers.cloudflare.com/r2/pricing/
std::string_view r2_operation_class(std::string_view action);

}  // namespace wf::cloudflare
