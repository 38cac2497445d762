#include "web-ui/app/read_rows.hpp"

#include <algorithm>

#include "shared/analysis/daily_series.hpp"

namespace wf {
namespace {

Result<Workspace> read_workspace(const Json& row) {
  auto slug = require_string(row, "slug", "workspaces");
  if (!slug) return tl::unexpected(slug.error());
  const Json* members = find_array(row, "workspace_members");
  const std::string_view role = members && !members->empty() ? find_text(members->front(), "role") : "";
  return Workspace{.client_id = find_string(row, "client_id").value_or(""),
                   .slug = *slug,
                   .name = find_string(row, "name").value_or(*slug),
                   .configuration_problem = find_string(row, "configuration_problem").value_or(""),
                   .may_write = role == "manager" || role == "agency"};
}

}  // namespace

Result<std::vector<Workspace>> read_workspaces(const Json& rows) {
  if (!rows.is_array()) return fail(ErrorKind::data, "workspaces: the reply is not a list");
  std::vector<Workspace> workspaces;
  for (const auto& row : rows) {
    auto workspace = read_workspace(row);
    if (!workspace) return tl::unexpected(workspace.error());
    workspaces.push_back(std::move(*workspace));
  }
  return workspaces;
}

Result<std::map<std::string, std::vector<ServiceDay>>> read_activity(const Json& rows) {
  if (!rows.is_array()) return fail(ErrorKind::data, "service_daily: the reply is not a list");
  std::map<std::string, std::vector<ServiceDay>> activity;
  for (const auto& row : rows) {
    const auto service = find_string(row, "service");
    const auto day = parse_day(find_string(row, "day").value_or(""));
    if (!service || !day) return fail(ErrorKind::data, "service_daily: a row without service or day");
    activity[*service].push_back({.day = *day,
                                  .rows = find_int64(row, "rows").value_or(0),
                                  .succeeded = find_int64(row, "succeeded").value_or(0),
                                  .failed = find_int64(row, "failed").value_or(0)});
  }
  for (auto& [service, days] : activity) {
    std::sort(days.begin(), days.end(),
              [](const ServiceDay& a, const ServiceDay& b) { return a.day < b.day; });
  }
  return activity;
}

Result<std::map<std::string, std::vector<ServiceAnomaly>>> read_anomalies(const Json& answer) {
  const auto all = read_daily_series(answer);
  if (!all) return tl::unexpected(all.error());
  std::map<std::string, std::vector<ServiceAnomaly>> anomalies;
  for (const DailySeries& series : *all) {
    for (const Anomaly& one : analyse(series).anomalies) {
      anomalies[series.service].push_back({.label = series.label, .unit = series.unit, .anomaly = one});
    }
  }
  return anomalies;
}

}  // namespace wf
