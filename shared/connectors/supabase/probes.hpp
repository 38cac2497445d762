#pragma once
// What is asked of each part of Supabase, and what its answer says about it.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/sync/connector.hpp"

namespace wf::supabase {

struct Probe {
  std::string_view name;  // the column `probe`
  HttpRequest (*request)(std::string_view client_id) = nullptr;
  // Rows of probe_results of a reply that succeeded.
  Result<std::vector<Json>> (*read)(const HttpReply&, UnixSeconds probed_at) = nullptr;
  bool may_be_absent = false;  // 404 says that it cannot be observed here, not that it is down
};

// In the order in which they are asked; `table_rows` is last.
std::span<const Probe> probes();

// A row of a part that answered, but not as one that works.
Json failed_row(const Probe& probe, const HttpReply& reply, UnixSeconds probed_at);

}  // namespace wf::supabase
