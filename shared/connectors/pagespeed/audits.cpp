#include "shared/connectors/pagespeed/audits.hpp"

#include <map>
#include <string>
#include <utility>

#include "shared/connectors/row_reader.hpp"

namespace wf::pagespeed {
namespace {

constexpr std::string_view who = "pagespeed audits";

// Lighthouse's Util.PASS_THRESHOLD.
constexpr double passes_from = 0.9;

// Metrics have columns of the run, and hidden audits are in no report.
bool is_reported(const Json& audit_ref) {
  const auto group = find_string(audit_ref, "group");
  return group != "metrics" && group != "hidden";
}

// Audit id -> the categories that show it.
std::map<std::string, Json> categories_of_audits(const Json& lighthouse) {
  std::map<std::string, Json> shown_in;
  const Json* categories = find_object(lighthouse, "categories");
  if (!categories) return shown_in;
  for (const auto& [category, content] : categories->items()) {
    const Json* refs = find_array(content, "auditRefs");
    if (!refs) continue;
    for (const Json& ref : *refs) {
      const auto id = find_string(ref, "id");
      if (!id || !is_reported(ref)) continue;
      Json& list = shown_in[*id];
      if (list.is_null()) list = Json::array();
      list.push_back(Json(category));
    }
  }
  return shown_in;
}

// https://github.com/GoogleChrome/lighthouse/blob/main/docs/scoring.md: informative, manual and not
// applicable audits have no verdict; one that broke has none either, but is worth a look.
bool is_failed(const Json& audit) {
  const auto mode = find_string(audit, "scoreDisplayMode");
  if (mode == "error") return true;
  if (mode != "numeric" && mode != "binary" && mode != "metricSavings") return false;
  const Json* score = find(audit, "score");
  return score && as_double(*score).value_or(1) < passes_from;
}

Result<Json> audit_row(const Json& audit, const std::string& id, Json categories) {
  return RowReader(audit, who)
      .set("audit_id", id)
      .set("categories", std::move(categories))
      .text("title")
      .number("score")
      .text("score_display_mode", {"scoreDisplayMode"})
      .text("display_value", {"displayValue"})
      .number("numeric_value", {"numericValue"})
      .text("numeric_unit", {"numericUnit"})
      .number("savings_ms", {"details", "overallSavingsMs"})
      .rounded("savings_bytes", {"details", "overallSavingsBytes"})
      .object("metric_savings", {"metricSavings"})
      .take();
}

}  // namespace

Result<std::vector<Json>> failed_audits(const Json& lighthouse) {
  std::vector<Json> rows;
  const Json* audits = find_object(lighthouse, "audits");
  if (!audits) return rows;
  for (auto& [id, categories] : categories_of_audits(lighthouse)) {
    const Json* audit = find_object(*audits, id);
    if (!audit || !is_failed(*audit)) continue;
    auto row = audit_row(*audit, id, std::move(categories));
    if (!row) return tl::unexpected<Error>(std::move(row.error()));
    rows.push_back(*std::move(row));
  }
  return rows;
}

}  // namespace wf::pagespeed
