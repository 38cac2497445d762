#include "shared/connectors/cloudflare/rows.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/cloudflare/windows.hpp"

namespace wf::cloudflare {
namespace {

constexpr std::string_view class_a =
    "ListBuckets PutBucket ListObjects PutObject CopyObject CompleteMultipartUpload CreateMultipartUpload "
    "LifecycleStorageTierTransition ListMultipartUploads UploadPart UploadPartCopy ListParts "
    "PutBucketEncryption PutBucketCors PutBucketLifecycleConfiguration";
constexpr std::string_view class_b =
    "HeadBucket HeadObject GetObject UsageSummary GetBucketEncryption GetBucketLocation GetBucketCors "
    "GetBucketLifecycleConfiguration";
constexpr std::string_view free_of_charge = "DeleteObject DeleteBucket AbortMultipartUpload";

constexpr std::array worker_dimensions{Dimension{"script_name", "scriptName"}, Dimension{"status", "status"}};
constexpr RowTable worker_columns(R"(
requests integer! sum.requests
errors integer! sum.errors
subrequests integer sum.subrequests
cpu_p50_us number quantiles.cpuTimeP50
cpu_p99_us number quantiles.cpuTimeP99
)");
constexpr std::array<std::string_view, 3> worker_counts{"requests", "errors", "subrequests"};
constexpr std::array<std::string_view, 2> worker_percentiles{"cpu_p50_us", "cpu_p99_us"};

// Operations and readings are rows of one table: what the other kind has is null or empty.
constexpr std::array r2_dimensions{Dimension{"bucket_name", "bucketName"},
                                   Dimension{"action_type", "actionType"},
                                   Dimension{"action_status", "actionStatus"}};
constexpr RowTable r2_operation_columns(R"(
action_type text! dimensions.actionType
requests integer! sum.requests
object_count integer
upload_count integer
payload_bytes integer
metadata_bytes integer
measured_at integer
)");
constexpr std::array<std::string_view, 1> r2_counts{"requests"};
constexpr RowTable r2_storage_columns(R"(
requests integer
object_count integer max.objectCount
upload_count integer max.uploadCount
payload_bytes integer max.payloadSize
metadata_bytes integer max.metadataSize
)");

constexpr RowTable zone_columns(R"(
requests integer! sum.requests
cached_requests integer sum.cachedRequests
bytes integer sum.bytes
cached_bytes integer sum.cachedBytes
page_views integer sum.pageViews
threats integer sum.threats
unique_visitors integer uniq.uniques
)");

// A dimension that a group does not carry is part of the key all the same.
std::string_view dimension(const Json& group, std::string_view name) {
  const Json* dimensions = find_object(group, "dimensions");
  return dimensions ? find_text(*dimensions, name) : std::string_view();
}

std::optional<UnixSeconds> time_of(const Json& group, Moment moment) {
  if (moment == Moment::day) return parse_day(dimension(group, "date"));
  const std::string_view hour = dimension(group, "datetimeHour");
  return parse_time(hour.empty() ? dimension(group, "datetime") : hour);
}

void add_operation_class(RowReader& row, const Json& group) {
  const std::string_view action = dimension(group, "actionType");
  row.set("operation_class", action.empty() ? action : r2_operation_class(action));
}

// A value of another type, which would count as absent, must not become another group's key.
bool has_texts(const Json& group) {
  const Json* dimensions = find_object(group, "dimensions");
  if (!dimensions) return true;
  const auto& all = members(*dimensions);
  return std::all_of(all.begin(), all.end(),
                     [](const auto& one) { return one.second.is_string() || one.second.is_null(); });
}

// [{clientCountryName: "DE", requests: 5, ...}] as {"DE": {"requests": 5, ...}}
Json countries_of(std::span<const Json> entries) {
  JsonObject countries;
  for (const Json& entry : entries) {
    JsonObject country;
    for (const std::string_view column : {"requests", "bytes", "threats"})
      if (const auto count = find_int64(entry, column)) country.number(column, *count);
    if (const auto name = find_string(entry, "clientCountryName")) countries.json(*name, country.take());
  }
  return countries.take();
}

Json statuses_of(std::span<const Json> entries) {
  JsonObject statuses;
  for (const Json& entry : entries) {
    const auto status = find_int64(entry, "edgeResponseStatus");
    const auto requests = find_int64(entry, "requests");
    if (status && requests) statuses.number(decimal(*status), *requests);
  }
  return statuses.take();
}

void add_maps(RowReader& row, const Json& group) {
  const Json* sum = find_object(group, "sum");
  const Json* countries = sum ? find_array(*sum, "countryMap") : nullptr;
  const Json* statuses = sum ? find_array(*sum, "responseStatusMap") : nullptr;
  row.set("countries", countries ? countries_of(list_in(*sum, "countryMap")) : Json());
  row.set("statuses", statuses ? statuses_of(list_in(*sum, "responseStatusMap")) : Json());
}

Result<Json> row_of(const RowKind& kind, const Json& group, std::string_view tag, UnixSeconds source_at) {
  if (!has_texts(group)) return fail(ErrorKind::data, {kind.who, ": a dimension is not a text"});
  const auto at = time_of(group, kind.moment);
  if (!at)
    return fail(ErrorKind::data,
                {kind.who, kind.moment == Moment::day ? ": missing day" : ": a group has no time"});
  RowReader row(group, kind.who);
  row.set(kind.tag_column, tag).columns(kind.columns).set_time("source_at", source_at);
  for (const auto& [column, name] : kind.dimensions) row.set(column, dimension(group, name));
  if (kind.moment == Moment::hour)
    row.set_time("hour", round_down(*at, std::chrono::hours(1)));
  else
    row.set("day", format_day(day_of(*at)));
  if (kind.moment == Moment::reading) row.set_time("measured_at", *at);
  if (kind.add_more) kind.add_more(row, group);
  return row.take();
}

// Joins another row of the same key. False: a sum is too large to be one.
bool join(const RowKind& kind, Json& row, Json& more) {
  for (const std::string_view column : kind.counts) {
    const auto a = find_int64(row, column);
    const auto b = find_int64(more, column);
    std::int64_t sum = 0;
    if (a && b && __builtin_add_overflow(*a, *b, &sum)) return false;
    slot(row, column) = a && b ? exact_integer(sum) : Json();
  }
  for (const std::string_view column : kind.percentiles) slot(row, column) = nullptr;
  // ISO times of one form compare as text; a day has no other time than itself.
  if (kind.counts.empty() && find_text(row, "measured_at") <= find_text(more, "measured_at"))
    row = std::move(more);
  return true;
}

}  // namespace

constinit const RowKind worker_rows{.who = "cloudflare workers",
                                    .tag_column = "account_id",
                                    .moment = Moment::hour,
                                    .dimensions = worker_dimensions,
                                    .columns = worker_columns,
                                    .counts = worker_counts,
                                    .percentiles = worker_percentiles};
constinit const RowKind r2_operation_rows{.who = "cloudflare r2",
                                          .tag_column = "account_id",
                                          .moment = Moment::day,
                                          .dimensions = r2_dimensions,
                                          .columns = r2_operation_columns,
                                          .counts = r2_counts,
                                          .percentiles = {},
                                          .add_more = add_operation_class};
constinit const RowKind r2_storage_rows{.who = "cloudflare r2",
                                        .tag_column = "account_id",
                                        .moment = Moment::reading,
                                        .dimensions = r2_dimensions,
                                        .columns = r2_storage_columns,
                                        .counts = {},
                                        .percentiles = {},
                                        .add_more = add_operation_class};
constinit const RowKind zone_rows{.who = "cloudflare zone",
                                  .tag_column = "zone_id",
                                  .moment = Moment::day,
                                  .dimensions = {},
                                  .columns = zone_columns,
                                  .counts = {},
                                  .percentiles = {},
                                  .add_more = add_maps};

std::string_view r2_operation_class(std::string_view action) {
  if (is_one_of(action, class_a)) return "A";
  if (is_one_of(action, class_b)) return "B";
  return is_one_of(action, free_of_charge) ? "free" : "other";
}

Result<void> read_rows(const RowKind& kind, std::span<const Json> groups, std::string_view tag,
                       UnixSeconds source_at, std::vector<Json>& rows) {
  Json::object_t by_key;
  for (const Json& group : groups) {
    auto row = row_of(kind, group, tag, source_at);
    if (!row) return tl::unexpected<Error>(std::move(row.error()));
    std::string key = dump(slot(*row, kind.moment == Moment::hour ? "hour" : "day"));
    for (const Dimension& part : kind.dimensions) key += dump(slot(*row, part.column));
    Json& joined = by_key[std::move(key)];
    if (joined.is_null())
      joined = *std::move(row);
    else if (!join(kind, joined, *row))
      return fail(ErrorKind::data, {kind.who, ": a sum is larger than 64 bits"});
  }
  for (auto& [key, row] : by_key) rows.push_back(std::move(row));
  return {};
}

}  // namespace wf::cloudflare
