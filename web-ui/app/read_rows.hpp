// REST rows into the model's types. Errors: data, the row was not understood.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "shared/base/json.hpp"
#include "web-ui/app/model.hpp"

namespace wf {

/// Rows of `workspaces`, in the order of their names.
Result<std::vector<Workspace>> read_workspaces(const Json& rows);

/// Rows of the function `service_daily`, by service, in the order of the days.
Result<std::map<std::string, std::vector<ServiceDay>>> read_activity(const Json& rows);

/// The answer of the function `daily_series`: what is unusual in it, by service.
Result<std::map<std::string, std::vector<ServiceAnomaly>>> read_anomalies(const Json& answer);

}  // namespace wf
