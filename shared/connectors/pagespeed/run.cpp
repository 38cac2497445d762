#include "shared/connectors/pagespeed/run.hpp"

#include <optional>
#include <utility>

#include "shared/base/text.hpp"
#include "shared/connectors/pagespeed/audits.hpp"
#include "shared/connectors/row_reader.hpp"

namespace wf::pagespeed {
namespace {

constexpr std::string_view who = "pagespeed runs";
constexpr std::size_t longest_message = 500;

struct CategoryColumn {
  std::string_view id;
  std::string_view column;
};
constexpr CategoryColumn category_columns[]{{"performance", "performance_score"},
                                            {"accessibility", "accessibility_score"},
                                            {"best-practices", "best_practices_score"},
                                            {"seo", "seo_score"}};

struct LabColumn {
  std::string_view audit;
  std::string_view column;
};
// https://github.com/GoogleChrome/lighthouse/blob/main/docs/understanding-results.md
constexpr LabColumn lab_columns[]{{"first-contentful-paint", "lab_fcp_ms"},
                                  {"largest-contentful-paint", "lab_lcp_ms"},
                                  {"total-blocking-time", "lab_tbt_ms"},
                                  {"cumulative-layout-shift", "lab_cls"},
                                  {"speed-index", "lab_speed_index_ms"},
                                  {"interactive", "lab_interactive_ms"},
                                  {"server-response-time", "lab_server_response_ms"}};

// The columns of one block of field data, and the current and the former name of INP.
struct FieldColumns {
  std::string_view lcp, inp, cls, fcp, ttfb, category;
};
constexpr FieldColumns page_columns{"field_lcp_ms", "field_inp_ms",  "field_cls",
                                    "field_fcp_ms", "field_ttfb_ms", "field_category"};
constexpr FieldColumns origin_columns{"origin_lcp_ms", "origin_inp_ms",  "origin_cls",
                                      "origin_fcp_ms", "origin_ttfb_ms", "origin_category"};

const Json& object_or_empty(const Json& parent, std::string_view key) {
  static const Json empty = Json::object();
  const Json* found = find_object(parent, key);
  return found ? *found : empty;
}

void set_nulls(Json& row, std::initializer_list<std::string_view> columns) {
  for (const std::string_view column : columns) row[std::string(column)] = nullptr;
}

std::optional<Error> merge(Json& row, Result<Json> part) {
  if (!part) return std::move(part.error());
  row.update(*part);
  return std::nullopt;
}

// The 75th percentiles of real visits. https://developer.chrome.com/docs/crux/methodology/metrics
Result<Json> field_row(const Json& block, const FieldColumns& columns) {
  const Json& metrics = object_or_empty(block, "metrics");
  const bool renamed = find(metrics, "INTERACTION_TO_NEXT_PAINT") != nullptr;
  RowReader reader(metrics, who);
  reader.integer(columns.lcp, {"LARGEST_CONTENTFUL_PAINT_MS", "percentile"})
      .integer(columns.inp, {renamed ? "INTERACTION_TO_NEXT_PAINT" : "EXPERIMENTAL_INTERACTION_TO_NEXT_PAINT",
                             "percentile"})
      .number(columns.cls, {"CUMULATIVE_LAYOUT_SHIFT_SCORE", "percentile"})
      .integer(columns.fcp, {"FIRST_CONTENTFUL_PAINT_MS", "percentile"})
      .integer(columns.ttfb, {"EXPERIMENTAL_TIME_TO_FIRST_BYTE", "percentile"});
  auto row = reader.take();
  if (!row) return row;
  // The only percentile that is sent multiplied: 4 means 0.04.
  Json& cls = (*row)[std::string(columns.cls)];
  if (const auto hundredfold = as_double(cls)) cls = *hundredfold / 100;
  const auto category = metrics.empty() ? std::nullopt : find_string(block, "overall_category");
  (*row)[std::string(columns.category)] = category ? Json(*category) : Json();
  return row;
}

// A page with few visits is answered with its origin's numbers: those are not the page's.
std::optional<Error> add_field_data(Json& row, const Json& body) {
  const Json& page = object_or_empty(body, "loadingExperience");
  const Json& origin = object_or_empty(body, "originLoadingExperience");
  const bool lent = find_bool(page, "origin_fallback").value_or(false);
  if (auto error = merge(row, field_row(lent ? Json::object() : page, page_columns))) return error;
  const bool origin_known = find_object(origin, "metrics") != nullptr;
  return merge(row, field_row(lent && !origin_known ? page : origin, origin_columns));
}

// Null and absent are not 0: a category that was not judged has no score.
Result<Json> score_of(const Json& category) {
  const Json* score = find(category, "score");
  if (!score || score->is_null()) return Json();
  const auto value = as_double(*score);
  if (!value || *value < 0 || *value > 1)
    return fail(ErrorKind::data, std::string(who) + ": a category's score is not between 0 and 1");
  return Json(*value);
}

std::optional<Error> add_scores(Json& row, const Json& lighthouse) {
  Json others = Json::object();
  for (const auto& [id, category] : object_or_empty(lighthouse, "categories").items()) {
    auto score = score_of(category);
    if (!score) return std::move(score.error());
    Json* slot = nullptr;
    for (const auto& known : category_columns)
      if (id == known.id) slot = &row[std::string(known.column)];
    *(slot ? slot : &others[id]) = *std::move(score);
  }
  if (!others.empty()) row["other_scores"] = std::move(others);
  return std::nullopt;
}

std::optional<Error> add_lab_data(Json& row, const Json& lighthouse) {
  RowReader reader(object_or_empty(lighthouse, "audits"), who);
  for (const auto& [audit, column] : lab_columns) reader.number(column, {audit, "numericValue"});
  reader.rounded("lab_total_bytes", {"total-byte-weight", "numericValue"});
  return merge(row, reader.take());
}

// "Lighthouse answered, but": older versions write NO_ERROR into every run.
std::optional<Failure> failure_of(const Json& lighthouse) {
  const Json& error = object_or_empty(lighthouse, "runtimeError");
  const auto code = find_string(error, "code");
  if (code && *code != "NO_ERROR") return Failure{*code, find_string(error, "message").value_or("")};
  const Json* performance = find_object(object_or_empty(lighthouse, "categories"), "performance");
  const Json* score = performance ? find(*performance, "score") : nullptr;
  if (performance && (!score || score->is_null()))
    return Failure{"NO_SCORE", "Lighthouse could not score the page's performance"};
  return std::nullopt;
}

void add_failure(Json& row, const Failure& failure) {
  row["result"] = "failed";
  row["failure_code"] = failure.code;
  row["failure_message"] = shorten(without_secrets(failure.message), longest_message);
}

// Every column that a run may leave empty.
Json blank_row(const Target& target, UnixSeconds run_at, UnixSeconds source_at) {
  Json row = {{"url", target.url},
              {"strategy", target.strategy},
              {"run_at", format_time(run_at)},
              {"result", "ok"},
              {"source_at", format_time(source_at)}};
  set_nulls(row, {"failure_code", "failure_message", "final_url", "lighthouse_version", "fetched_at",
                  "other_scores", "run_warnings", "lab_total_bytes"});
  for (const auto& known : category_columns) set_nulls(row, {known.column});
  for (const auto& known : lab_columns) set_nulls(row, {known.column});
  for (const auto& block : {page_columns, origin_columns})
    set_nulls(row, {block.lcp, block.inp, block.cls, block.fcp, block.ttfb, block.category});
  return row;
}

std::optional<Error> add_head(Json& row, const Json& lighthouse) {
  const bool displayed = find_string(lighthouse, "finalDisplayedUrl").has_value();
  return merge(row, RowReader(lighthouse, who)
                        .text("final_url", {displayed ? "finalDisplayedUrl" : "finalUrl"})
                        .text("lighthouse_version", {"lighthouseVersion"})
                        .iso_time("fetched_at", {"fetchTime"})
                        .array("run_warnings", {"runWarnings"})
                        .take());
}

std::optional<Error> add_audits(Run& run, const Json& lighthouse, const Target& target) {
  auto audits = failed_audits(lighthouse);
  if (!audits) return std::move(audits.error());
  for (Json& audit : *audits) {
    audit.update({{"url", target.url},
                  {"strategy", target.strategy},
                  {"run_at", run.row["run_at"]},
                  {"source_at", run.row["source_at"]}});
  }
  run.audits = *std::move(audits);
  return std::nullopt;
}

std::optional<Error> add_measurements(Run& run, const Json& lighthouse, const Target& target) {
  if (auto error = add_scores(run.row, lighthouse)) return error;
  if (auto error = add_lab_data(run.row, lighthouse)) return error;
  return add_audits(run, lighthouse, target);
}

}  // namespace

Target read_target(std::string_view partition) {
  const std::size_t space = partition.find(' ');
  if (space == std::string_view::npos) return {"mobile", std::string(partition)};
  return {std::string(partition.substr(0, space)), std::string(partition.substr(space + 1))};
}

Result<Run> read_run(const Json& body, const Target& target, UnixSeconds source_at) {
  const Json* lighthouse = find_object(body, "lighthouseResult");
  if (!lighthouse) return fail(ErrorKind::data, std::string(who) + ": missing lighthouseResult");
  const auto told = find_string(body, "analysisUTCTimestamp");
  const UnixSeconds at = (told ? parse_time(*told) : std::nullopt).value_or(source_at);
  Run run{blank_row(target, at, source_at), {}, at};
  if (auto error = add_head(run.row, *lighthouse)) return tl::unexpected<Error>(*std::move(error));
  if (auto error = add_field_data(run.row, body)) return tl::unexpected<Error>(*std::move(error));
  if (const auto failure = failure_of(*lighthouse)) {
    run.failed = true;
    add_failure(run.row, *failure);
    return run;
  }
  if (auto error = add_measurements(run, *lighthouse, target))
    return tl::unexpected<Error>(*std::move(error));
  return run;
}

Run failed_run(const Failure& failure, const Target& target, UnixSeconds source_at) {
  Run run{blank_row(target, source_at, source_at), {}, source_at, true};
  add_failure(run.row, failure);
  return run;
}

}  // namespace wf::pagespeed
