#include "shared/connectors/pagespeed/audits.hpp"

#include <string>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/row_reader.hpp"

namespace wf::pagespeed {
namespace {

constexpr std::string_view who = "pagespeed audits";

// Lighthouse's Util.PASS_THRESHOLD.
constexpr double passes_from = 0.9;

// Metrics have columns of the run, and hidden audits are in no report.
bool is_reported(const Json& audit_ref) {
  return !is_one_of(find_text(audit_ref, "group"), "metrics hidden");
}

// Audit id -> the categories that show it.
Json categories_of_audits(const Json& lighthouse) {
  Json shown_in = empty_object();
  const Json* categories = find_object(lighthouse, "categories");
  if (!categories) return shown_in;
  for (const auto& [category, content] : members(*categories)) {
    for (const Json& ref : list_in(content, "auditRefs")) {
      const std::string_view id = find_text(ref, "id");
      if (!id.empty() && is_reported(ref)) slot(shown_in, id).push_back(Json(category));
    }
  }
  return shown_in;
}

// https://github.com/GoogleChrome/lighthouse/blob/main/docs/scoring.md: informative, manual and not
// applicable audits have no verdict; one that broke has none either, but is worth a look.
bool is_failed(const Json& audit) {
  const std::string_view mode = find_text(audit, "scoreDisplayMode");
  if (mode == "error") return true;
  if (!is_one_of(mode, "numeric binary metricSavings")) return false;
  const Json* score = find(audit, "score");
  return score && as_double(*score).value_or(1) < passes_from;
}

constexpr RowTable columns(R"(
title text
score number
score_display_mode text scoreDisplayMode
display_value text displayValue
numeric_value number numericValue
numeric_unit text numericUnit
savings_ms number details.overallSavingsMs
savings_bytes count details.overallSavingsBytes
metric_savings object metricSavings
)");

}  // namespace

Result<std::vector<Json>> failed_audits(const Json& lighthouse, const Json& run) {
  std::vector<Json> rows;
  const Json* audits = find_object(lighthouse, "audits");
  if (!audits) return rows;
  Json shown_in = categories_of_audits(lighthouse);
  for (auto& [id, categories] : *shown_in.get_ptr<Json::object_t*>()) {
    const Json* audit = find_object(*audits, id);
    if (!audit || !is_failed(*audit)) continue;
    RowReader reader(*audit, who);
    reader.columns(columns).set("audit_id", id).set("categories", std::move(categories));
    for (const std::string_view key : {"url", "strategy", "run_at", "source_at"})
      reader.set(key, *find(run, key));
    auto row = reader.take();
    if (!row) return tl::unexpected<Error>(std::move(row.error()));
    rows.push_back(*std::move(row));
  }
  return rows;
}

}  // namespace wf::pagespeed
