#include "shared/connectors/pagespeed/run.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "shared/base/text.hpp"
#include "shared/connectors/pagespeed/audits.hpp"
#include "shared/connectors/row_reader.hpp"

namespace wf::pagespeed {
namespace {

constexpr std::string_view who = "pagespeed runs";
constexpr std::size_t longest_message = 500;

// Of Lighthouse's result, also when it failed.
constexpr RowTable head_columns(R"(
final_url text finalDisplayedUrl|finalUrl
lighthouse_version text lighthouseVersion
fetched_at date_time fetchTime
run_warnings array runWarnings
)");

// https://github.com/GoogleChrome/lighthouse/blob/main/docs/understanding-results.md
constexpr RowTable lab_columns(R"(
lab_fcp_ms number audits.first-contentful-paint.numericValue
lab_lcp_ms number audits.largest-contentful-paint.numericValue
lab_tbt_ms number audits.total-blocking-time.numericValue
lab_cls number audits.cumulative-layout-shift.numericValue
lab_speed_index_ms number audits.speed-index.numericValue
lab_interactive_ms number audits.interactive.numericValue
lab_server_response_ms number audits.server-response-time.numericValue
lab_total_bytes count audits.total-byte-weight.numericValue
)");

// The 75th percentiles of real visits. https://developer.chrome.com/docs/crux/methodology/metrics
// INP stands under its present or its former name.
constexpr RowTable page_columns(R"(
field_lcp_ms integer LARGEST_CONTENTFUL_PAINT_MS.percentile
field_inp_ms integer INTERACTION_TO_NEXT_PAINT.percentile|EXPERIMENTAL_INTERACTION_TO_NEXT_PAINT.percentile
field_cls number CUMULATIVE_LAYOUT_SHIFT_SCORE.percentile
field_fcp_ms integer FIRST_CONTENTFUL_PAINT_MS.percentile
field_ttfb_ms integer EXPERIMENTAL_TIME_TO_FIRST_BYTE.percentile
)");
constexpr RowTable origin_columns(R"(
origin_lcp_ms integer LARGEST_CONTENTFUL_PAINT_MS.percentile
origin_inp_ms integer INTERACTION_TO_NEXT_PAINT.percentile|EXPERIMENTAL_INTERACTION_TO_NEXT_PAINT.percentile
origin_cls number CUMULATIVE_LAYOUT_SHIFT_SCORE.percentile
origin_fcp_ms integer FIRST_CONTENTFUL_PAINT_MS.percentile
origin_ttfb_ms integer EXPERIMENTAL_TIME_TO_FIRST_BYTE.percentile
)");

// Null until they are known.
constexpr RowTable blank_columns(R"(
performance_score number
accessibility_score number
best_practices_score number
seo_score number
other_scores object
failure_code text
failure_message text
)");
constexpr std::string_view scored = "performance accessibility best-practices seo";

const Json& object_or_empty(const Json& parent, std::string_view key) {
  static const Json empty = empty_object();
  const Json* found = find_object(parent, key);
  return found ? *found : empty;
}

void read_field_block(RowReader& row, const RowTable& columns, std::string_view category, const Json& block) {
  const Json& metrics = object_or_empty(block, "metrics");
  row.columns(columns, metrics);
  const std::string_view judged = metrics.empty() ? "" : find_text(block, "overall_category");
  row.set(category, judged.empty() ? Json() : Json(judged));
}

// A page with few visits is answered with its origin's numbers: those are not the page's.
void read_field_data(RowReader& row, const Json& body) {
  const Json& page = object_or_empty(body, "loadingExperience");
  const Json& origin = object_or_empty(body, "originLoadingExperience");
  const bool lent = is_true(page, "origin_fallback");
  read_field_block(row, page_columns, "field_category", lent ? empty_object() : page);
  read_field_block(row, origin_columns, "origin_category",
                   lent && !find_object(origin, "metrics") ? page : origin);
}

// The only percentile that is sent multiplied: 4 means 0.04.
void divide_by_hundred(Json& value) {
  if (const auto hundredfold = as_double(value)) value = *hundredfold / 100;
}

// Null and absent are not 0: a category that was not judged has no score. False: one is none.
bool add_scores(Json& row, const Json& lighthouse) {
  Json others = empty_object();
  for (const auto& [id, category] : members(object_or_empty(lighthouse, "categories"))) {
    if (!category.is_object()) return false;
    const Json* score = find(category, "score");
    const auto value = score ? as_double(*score) : std::nullopt;
    if (score && !(value && *value >= 0 && *value <= 1)) return false;
    std::string name = id;
    const bool has_column = is_one_of(id, scored);
    if (has_column) {
      std::replace(name.begin(), name.end(), '-', '_');
      name += "_score";
    }
    slot(has_column ? row : others, name) = value ? Json(*value) : Json();
  }
  if (!others.empty()) slot(row, "other_scores") = std::move(others);
  return true;
}

// "Lighthouse answered, but": older versions write NO_ERROR into every run.
std::optional<Failure> failure_of(const Json& lighthouse) {
  const Json& error = object_or_empty(lighthouse, "runtimeError");
  const auto code = find_string(error, "code");
  if (code && *code != "NO_ERROR") return Failure{*code, text_in(error, "message")};
  const Json* performance = find_object(object_or_empty(lighthouse, "categories"), "performance");
  if (performance && !find(*performance, "score"))
    return Failure{"NO_SCORE", "Lighthouse could not score the page's performance"};
  return std::nullopt;
}

// With a failure, nothing that was measured counts.
Result<Json> read_row(const Json& body, const Target& target, UnixSeconds run_at, UnixSeconds source_at,
                      const Failure* failure) {
  const Json nothing = empty_object();
  const Json& lighthouse = object_or_empty(body, "lighthouseResult");
  RowReader row(nothing, who);
  row.set("url", std::string_view(target.url))
      .set("strategy", std::string_view(target.strategy))
      .set("result", std::string_view(failure ? "failed" : "ok"))
      .set_time("run_at", run_at)
      .set_time("source_at", source_at)
      .columns(blank_columns)
      .columns(head_columns, lighthouse)
      .columns(lab_columns, failure ? nothing : lighthouse);
  read_field_data(row, body);
  if (failure) {
    row.set("failure_code", std::string_view(failure->code));
    row.set("failure_message", shorten(without_secrets(failure->message), longest_message));
  }
  auto read = row.take();
  if (!read) return read;
  divide_by_hundred(slot(*read, "field_cls"));
  divide_by_hundred(slot(*read, "origin_cls"));
  if (!failure && !add_scores(*read, lighthouse))
    return fail(ErrorKind::data, {who, ": a category's score is not between 0 and 1"});
  return read;
}

}  // namespace

Target read_target(std::string_view partition) {
  const std::size_t space = partition.find(' ');
  if (space == std::string_view::npos) return {"mobile", std::string(partition)};
  return {std::string(partition.substr(0, space)), std::string(partition.substr(space + 1))};
}

Result<Run> read_run(const Json& body, const Target& target, UnixSeconds source_at) {
  const Json* lighthouse = find_object(body, "lighthouseResult");
  if (!lighthouse) return fail(ErrorKind::data, {who, ": missing lighthouseResult"});
  for (const auto& [parent, member] : {std::pair(&body, "loadingExperience"),
                                       {&body, "originLoadingExperience"},
                                       {lighthouse, "categories"}})
    if (const auto found = allow_object(*parent, member, who); !found)
      return tl::unexpected<Error>(found.error());
  const Json* analysed = find(body, "analysisUTCTimestamp");
  const auto told_at = analysed ? parse_time(text_of(*analysed)) : source_at;
  if (!told_at) return fail(ErrorKind::data, {who, ": analysisUTCTimestamp is not a time"});
  const UnixSeconds at = *told_at;
  const auto failure = failure_of(*lighthouse);
  auto row = read_row(body, target, at, source_at, failure ? &*failure : nullptr);
  if (!row) return tl::unexpected<Error>(std::move(row.error()));
  Run run{*std::move(row), {}, at, failure.has_value()};
  if (failure) return run;
  auto audits = failed_audits(*lighthouse, run.row);
  if (!audits) return tl::unexpected<Error>(std::move(audits.error()));
  run.audits = *std::move(audits);
  return run;
}

Run failed_run(const Failure& failure, const Target& target, UnixSeconds source_at) {
  return {*read_row(empty_object(), target, source_at, source_at, &failure), {}, source_at, true};
}

}  // namespace wf::pagespeed
