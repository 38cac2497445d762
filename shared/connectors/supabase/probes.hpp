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
  // Completes the row of a reply that succeeded, or makes several of it.
  Result<std::vector<Json>> (*read)(const Json& body, std::string_view who, Json row) = nullptr;
  bool may_be_absent = false;  // 404 says that it cannot be observed here, not that it is down
  bool is_count = false;
};

// In the order in which they are asked; the count is last.
std::span<const Probe> probes();

// Rows of probe_results of a reply that succeeded.
Result<std::vector<Json>> rows_of(const Probe& probe, const HttpReply& reply, UnixSeconds probed_at);
// A row of a part that answered, but not as one that works.
Json failed_row(const Probe& probe, const HttpReply& reply, UnixSeconds probed_at);

}  // namespace wf::supabase
