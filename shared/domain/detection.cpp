#include "shared/domain/detection.hpp"

#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"

namespace wf {

namespace {

Json object_of(const Json& object, std::string_view key) {
  const Json* found = find_object(object, key);
  return found != nullptr ? *found : empty_object();
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
  Json schedules = empty_list();
  for (const StreamDescriptor& stream : service.streams) {
    for (const std::string& partition : partitions_of(stream, ids)) {
      schedules.push_back(JsonObject()
                              .text("stream", stream.name)
                              .text("partition", partition)
                              .text("cadence", name(stream.cadence))
                              .number("every_secs", stream.every_secs)
                              .take());
    }
  }
  return schedules;
}

// {"service","present","missing"}
JsonObject keys_of(const Descriptor& service, std::span<const std::string> agency,
                   std::span<const std::string> own) {
  std::vector<std::string> present;
  Json present_names = empty_list();
  for (const Key& key : service.keys) {
    if (!is_present(key, agency, own)) continue;
    present.emplace_back(key.name);
    present_names.push_back(Json(key.name));
  }
  Json missing = empty_list();
  for (const Key& key : service.keys)
    if (is_missing(key, present)) missing.push_back(Json(key.name));
  JsonObject out;
  out.text("service", service.id)
      .json("present", std::move(present_names))
      .json("missing", std::move(missing));
  return out;
}

// What a workspace has of the services that its bundle does not name.
Json keys_of_agency(std::span<const std::string> agency) {
  Json services = empty_list();
  for (const Descriptor& service : catalogue())
    if (JsonObject keys = keys_of(service, agency, {}); !list_in(keys, "present").empty())
      services.push_back(keys.take());
  return services;
}

const ConfiguredWorkspace* bundle_of(const Configured& configured, std::string_view slug) {
  for (const ConfiguredWorkspace& workspace : configured.workspaces)
    if (workspace.slug == slug) return &workspace;
  return nullptr;
}

Json detect_workspace(const Configured& configured, const KnownWorkspace& workspace) {
  const ConfiguredWorkspace none;
  const ConfiguredWorkspace* found = bundle_of(configured, workspace.slug);
  const ConfiguredWorkspace& bundle = found != nullptr ? *found : none;
  Json ids = configured.agency_ids;
  for (const auto& [key, value] : members(bundle.ids)) slot(ids, key) = value;
  // An unreadable bundle has no keys: what only the agency sets up is listed, all else is left as it was.
  Json services = empty_list();
  for (const Descriptor& service : catalogue()) {
    if (!is_relevant(service, configured.agency, bundle.present)) continue;
    services.push_back(keys_of(service, configured.agency, bundle.present)
                           .json("schedules", schedules_of(service, ids))
                           .take());
  }
  return JsonObject()
      .text("client_id", workspace.client_id)
      .text_or_null("problem", bundle.problem)
      .json("services", std::move(services))
      .take();
}

}  // namespace

Result<Configured> read_configured(const Json& configured) {
  const Json* workspaces = find_object(configured, "workspaces");
  if (find_array(configured, "agency") == nullptr || workspaces == nullptr) {
    return fail(ErrorKind::ours, {"tick: `configured` has no agency list or no workspaces"});
  }
  Configured out{.agency = texts_in(configured, "agency")};
  out.agency_ids = object_of(configured, "agency_ids");
  out.workspaces = std::vector<ConfiguredWorkspace>(workspaces->size());
  auto workspace = out.workspaces.begin();
  for (const auto& [slug, bundle] : members(*workspaces)) {
    workspace->slug = slug;
    workspace->problem = find_text(bundle, "problem");
    if (workspace->problem.empty()) {
      workspace->present = texts_in(bundle, "present");
      workspace->ids = object_of(bundle, "ids");
    }
    ++workspace;
  }
  return out;
}

Result<std::vector<KnownWorkspace>> read_workspaces(const Json& rows) {
  if (!rows.is_array()) return fail(ErrorKind::data, {"workspaces: the reply is not a list"});
  std::vector<KnownWorkspace> out(rows.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].client_id = find_text(rows[i], "client_id");
    out[i].slug = find_text(rows[i], "slug");
    if (out[i].client_id.empty() || out[i].slug.empty())
      return fail(ErrorKind::data, {"workspaces: a row without client_id or slug"});
  }
  return out;
}

std::vector<std::string> partitions_of(const StreamDescriptor& stream, const Json& ids) {
  std::vector<std::string> values = texts_in(ids, stream.partitioned_by);
  if (auto single = find_string(ids, stream.partitioned_by)) values.push_back(*std::move(single));
  std::vector<std::string> partitions;
  if (stream.partitioned_by.empty()) partitions.emplace_back();
  for (const std::string& value : values) {
    if (stream.variants.empty()) add_partition(partitions, value);
    for (const std::string_view variant : stream.variants)
      add_partition(partitions, concat({variant, " ", value}));
  }
  return partitions;
}

Json detect(const Configured& configured, std::span<const KnownWorkspace> workspaces) {
  Json all = empty_list();
  for (const KnownWorkspace& workspace : workspaces) all.push_back(detect_workspace(configured, workspace));
  return JsonObject()
      .json("workspaces", std::move(all))
      .json("agency", keys_of_agency(configured.agency))
      .take();
}

std::vector<std::string> unknown_bundles(const Configured& configured,
                                         std::span<const KnownWorkspace> workspaces) {
  std::vector<std::string> out;
  for (const ConfiguredWorkspace& bundle : configured.workspaces) {
    bool known = false;
    for (const KnownWorkspace& workspace : workspaces) known = known || workspace.slug == bundle.slug;
    if (!known) out.push_back(bundle.slug);
  }
  return out;
}

}  // namespace wf
