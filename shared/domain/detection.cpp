#include "shared/domain/detection.hpp"

#include <algorithm>
#include <utility>

namespace wf {

namespace {

// Names of the list under `key`; anything but text is not a name.
std::vector<std::string> names_of(const Json& object, std::string_view key) {
  std::vector<std::string> names;
  const Json* list = find_array(object, key);
  if (list == nullptr) return names;
  for (const Json& item : *list) {
    if (auto text = as_string(item)) names.push_back(std::move(*text));
  }
  return names;
}

Json object_of(const Json& object, std::string_view key) {
  const Json* found = find_object(object, key);
  return found != nullptr ? *found : Json::object();
}

bool is_present(const Key& key, std::span<const std::string> agency, std::span<const std::string> own) {
  const bool in_bundle = key.scope != Scope::agency && holds(own, key.name);
  const bool in_agency = key.scope != Scope::workspace && holds(agency, key.name);
  return in_bundle || in_agency;
}

// A service that only the agency sets up belongs to every workspace. Any other belongs to
// a workspace whose own bundle names something of it: a token shared by the agency says
// nothing about which clients it is for.
bool is_relevant(const Descriptor& service, std::span<const std::string> agency,
                 std::span<const std::string> own) {
  bool agency_only = true;
  bool in_agency = false;
  for (const Key& key : service.keys) {
    if (key.scope != Scope::agency && holds(own, key.name)) return true;
    if (key.scope != Scope::agency && key.required) agency_only = false;
    if (key.scope == Scope::agency && holds(agency, key.name)) in_agency = true;
  }
  return agency_only && in_agency;
}

void add_partition(std::vector<std::string>& partitions, std::string partition) {
  if (!holds(partitions, partition)) partitions.push_back(std::move(partition));
}

Json schedules_of(const Descriptor& service, const Json& ids) {
  Json schedules = Json::array();
  for (const StreamDescriptor& stream : service.streams) {
    for (std::string& partition : partitions_of(stream, ids)) {
      Json schedule = Json::object();
      schedule["stream"] = std::string(stream.name);
      schedule["partition"] = std::move(partition);
      schedule["cadence"] = std::string(name(stream.cadence));
      schedule["every_secs"] = stream.every_secs;
      schedules.push_back(std::move(schedule));
    }
  }
  return schedules;
}

Json detect_service(const Descriptor& service, std::span<const std::string> agency,
                    std::span<const std::string> own, const Json& ids) {
  std::vector<std::string> present;
  for (const Key& key : service.keys)
    if (is_present(key, agency, own)) present.emplace_back(key.name);
  Json missing = Json::array();
  for (const Key& key : service.keys)
    if (is_missing(key, present)) missing.push_back(std::string(key.name));
  Json out = Json::object();
  out["service"] = std::string(service.id);
  out["present"] = present;
  out["missing"] = std::move(missing);
  out["schedules"] = schedules_of(service, ids);
  return out;
}

Json detect_workspace(const Configured& configured, const KnownWorkspace& workspace) {
  const auto bundle =
      std::find_if(configured.workspaces.begin(), configured.workspaces.end(),
                   [&](const ConfiguredWorkspace& candidate) { return candidate.slug == workspace.slug; });
  const bool has_bundle = bundle != configured.workspaces.end();
  const bool readable = !has_bundle || bundle->problem.empty();
  Json services = Json::array();
  // An unreadable bundle says nothing: its services are left as they were.
  if (readable) {
    const auto own =
        has_bundle ? std::span<const std::string>(bundle->present) : std::span<const std::string>();
    Json ids = configured.agency_ids;
    if (has_bundle) ids.update(bundle->ids);
    for (const Descriptor& service : catalogue()) {
      if (is_relevant(service, configured.agency, own)) {
        services.push_back(detect_service(service, configured.agency, own, ids));
      }
    }
  }
  Json out = Json::object();
  out["client_id"] = workspace.client_id;
  out["problem"] = readable ? Json() : Json(bundle->problem);
  out["services"] = std::move(services);
  return out;
}

}  // namespace

Result<Configured> read_configured(const Json& configured) {
  const Json* workspaces = find_object(configured, "workspaces");
  if (find_array(configured, "agency") == nullptr || workspaces == nullptr) {
    return fail(ErrorKind::ours, "tick: `configured` has no agency list or no workspaces");
  }
  Configured out{.agency = names_of(configured, "agency")};
  out.agency_ids = object_of(configured, "agency_ids");
  for (const auto& [slug, bundle] : workspaces->items()) {
    out.workspaces.push_back({.slug = slug,
                              .present = names_of(bundle, "present"),
                              .problem = find_string(bundle, "problem").value_or(""),
                              .ids = object_of(bundle, "ids")});
  }
  return out;
}

Result<std::vector<KnownWorkspace>> read_workspaces(const Json& rows) {
  if (!rows.is_array()) return fail(ErrorKind::data, "workspaces: the reply is not a list");
  std::vector<KnownWorkspace> out;
  for (const Json& row : rows) {
    auto client_id = require_string(row, "client_id", "workspaces");
    if (!client_id) return tl::unexpected<Error>(client_id.error());
    auto slug = require_string(row, "slug", "workspaces");
    if (!slug) return tl::unexpected<Error>(slug.error());
    out.push_back({std::move(*client_id), std::move(*slug)});
  }
  return out;
}

std::vector<std::string> partitions_of(const StreamDescriptor& stream, const Json& ids) {
  if (stream.partitioned_by.empty()) return {""};
  std::vector<std::string> values = names_of(ids, stream.partitioned_by);
  if (auto single = find_string(ids, stream.partitioned_by)) values.push_back(*std::move(single));
  std::vector<std::string> partitions;
  for (const std::string& value : values) {
    if (stream.variants.empty()) add_partition(partitions, value);
    for (const std::string_view variant : stream.variants)
      add_partition(partitions, std::string(variant) + ' ' + value);
  }
  return partitions;
}

Json detect(const Configured& configured, std::span<const KnownWorkspace> workspaces) {
  Json all = Json::array();
  for (const KnownWorkspace& workspace : workspaces) all.push_back(detect_workspace(configured, workspace));
  Json out = Json::object();
  out["workspaces"] = std::move(all);
  return out;
}

std::vector<std::string> unknown_bundles(const Configured& configured,
                                         std::span<const KnownWorkspace> workspaces) {
  std::vector<std::string> out;
  for (const ConfiguredWorkspace& bundle : configured.workspaces) {
    const bool known =
        std::any_of(workspaces.begin(), workspaces.end(),
                    [&](const KnownWorkspace& workspace) { return workspace.slug == bundle.slug; });
    if (!known) out.push_back(bundle.slug);
  }
  return out;
}

}  // namespace wf
