#pragma once
// What is configured is detected, from the names of the keys that are present and the values of
// account ids. No value of a secret ever reaches this code.

#include <span>
#include <string>
#include <vector>

#include "shared/base/json.hpp"
#include "shared/domain/catalogue.hpp"

namespace wf {

struct ConfiguredWorkspace {
  std::string slug;
  std::vector<std::string> present;  // key names; of one that could not be read none
  std::string problem;               // the bundle could not be read; empty: it could
  Json ids = empty_object();         // its own account ids by full name: a text, or a list of texts
};

struct Configured {
  std::vector<std::string> agency;  // key names
  std::vector<ConfiguredWorkspace> workspaces;
  Json agency_ids = empty_object();
};

struct KnownWorkspace {
  std::string client_id;
  std::string slug;
};

// The `configured` member of a tick event. Errors: ours (the host sent something else).
Result<Configured> read_configured(const Json& configured);
// Rows of the table workspaces, at least client_id and slug. Errors: data.
Result<std::vector<KnownWorkspace>> read_workspaces(const Json& rows);

// The argument of record_detection: the whole truth about every known workspace. Bundles
// of workspaces that the database does not know are left out (see unknown_bundles).
Json detect(const Configured& configured, std::span<const KnownWorkspace> workspaces);

// What a stream is split into for these ids: each value of its key once per variant, [""] when it
// is not split, nothing when the key has no value.
std::vector<std::string> partitions_of(const StreamDescriptor& stream, const Json& ids);

// Slugs of bundles that belong to no known workspace: a typing error worth a log line.
std::vector<std::string> unknown_bundles(const Configured& configured,
                                         std::span<const KnownWorkspace> workspaces);

}  // namespace wf
