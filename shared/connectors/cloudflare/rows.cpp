#include "shared/connectors/cloudflare/rows.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

#include "shared/connectors/cloudflare/windows.hpp"
#include "shared/connectors/row_reader.hpp"

namespace wf::cloudflare {
namespace {

constexpr std::string_view workers = "cloudflare workers";
constexpr std::string_view r2 = "cloudflare r2";
constexpr std::string_view zone = "cloudflare zone";

constexpr std::array<std::string_view, 15> class_a{"ListBuckets",
                                                   "PutBucket",
                                                   "ListObjects",
                                                   "PutObject",
                                                   "CopyObject",
                                                   "CompleteMultipartUpload",
                                                   "CreateMultipartUpload",
                                                   "LifecycleStorageTierTransition",
                                                   "ListMultipartUploads",
                                                   "UploadPart",
                                                   "UploadPartCopy",
                                                   "ListParts",
                                                   "PutBucketEncryption",
                                                   "PutBucketCors",
                                                   "PutBucketLifecycleConfiguration"};
constexpr std::array<std::string_view, 8> class_b{
    "HeadBucket",          "HeadObject",        "GetObject",     "UsageSummary",
    "GetBucketEncryption", "GetBucketLocation", "GetBucketCors", "GetBucketLifecycleConfiguration"};
constexpr std::array<std::string_view, 3> free_of_charge{"DeleteObject", "DeleteBucket",
                                                         "AbortMultipartUpload"};

template <class List>
bool holds(const List& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

Error error_of(std::string_view who, std::string_view what) {
  return {ErrorKind::data, std::string(who) + ": " + std::string(what)};
}

// A dimension that a group does not carry is part of the key all the same.
std::string dimension(const Json& group, std::string_view key) {
  const Json* dimensions = find_object(group, "dimensions");
  return dimensions ? find_string(*dimensions, key).value_or("") : "";
}

// Adds what another group of the same key counted. False when it overflows.
bool add(Json& row, const Json& more, std::string_view column) {
  Json& slot = row[std::string(column)];
  const auto a = as_int64(slot);
  const auto b = find_int64(more, column);
  std::int64_t sum = 0;
  if (a && b && __builtin_add_overflow(*a, *b, &sum)) return false;
  slot = a && b ? Json(sum) : Json();
  return true;
}

// Groups of parts of an hour become the hour. Percentiles of parts say nothing about the whole.
bool add_group(Json& row, const Json& more) {
  row["cpu_p50_us"] = nullptr;
  row["cpu_p99_us"] = nullptr;
  return add(row, more, "requests") && add(row, more, "errors") && add(row, more, "subrequests");
}

Result<Json> worker_row(const Json& group, std::string_view tag, UnixSeconds source_at) {
  std::string moment = dimension(group, "datetimeHour");
  if (moment.empty()) moment = dimension(group, "datetime");
  const auto at = parse_time(moment);
  if (!at) return tl::unexpected<Error>(error_of(workers, "a group has no time"));
  return RowReader(group, workers)
      .set("account_id", tag)
      .set("script_name", dimension(group, "scriptName"))
      .set("status", dimension(group, "status"))
      .set_time("hour", round_down(*at, std::chrono::hours(1)))
      .required_integer("requests", {"sum", "requests"})
      .required_integer("errors", {"sum", "errors"})
      .integer("subrequests", {"sum", "subrequests"})
      .number("cpu_p50_us", {"quantiles", "cpuTimeP50"})
      .number("cpu_p99_us", {"quantiles", "cpuTimeP99"})
      .set_time("source_at", source_at)
      .take();
}

Result<Json> r2_row(RowReader& reader, std::string_view tag, UnixSeconds source_at) {
  return reader.set("account_id", tag).set_time("source_at", source_at).take();
}

Result<Json> r2_operation_row(const Json& group, std::string_view tag, UnixSeconds source_at) {
  const std::string action = dimension(group, "actionType");
  RowReader reader(group, r2);
  reader.required_text("day", {"dimensions", "date"})
      .set("bucket_name", dimension(group, "bucketName"))
      .required_text("action_type", {"dimensions", "actionType"})
      .set("action_status", dimension(group, "actionStatus"))
      .set("operation_class", std::string(r2_operation_class(action)))
      .required_integer("requests", {"sum", "requests"});
  for (const char* column :
       {"object_count", "upload_count", "payload_bytes", "metadata_bytes", "measured_at"})
    reader.set(column, nullptr);
  auto row = r2_row(reader, tag, source_at);
  if (row && !parse_day(find_string(*row, "day").value_or("")))
    return tl::unexpected<Error>(error_of(r2, "a group's date is not a day"));
  return row;
}

Result<Json> r2_storage_row(const Json& group, std::string_view tag, UnixSeconds source_at) {
  const auto measured_at = parse_time(dimension(group, "datetime"));
  if (!measured_at) return tl::unexpected<Error>(error_of(r2, "a reading has no time"));
  RowReader reader(group, r2);
  reader.set("day", format_day(day_of(*measured_at)))
      .set("bucket_name", dimension(group, "bucketName"))
      .set("action_type", "")
      .set("action_status", "")
      .set("operation_class", "")
      .set("requests", nullptr)
      .integer("object_count", {"max", "objectCount"})
      .integer("upload_count", {"max", "uploadCount"})
      .integer("payload_bytes", {"max", "payloadSize"})
      .integer("metadata_bytes", {"max", "metadataSize"})
      .set_time("measured_at", *measured_at);
  return r2_row(reader, tag, source_at);
}

// [{clientCountryName: "DE", requests: 5, ...}] as {"DE": {"requests": 5, ...}}
Json countries_of(const Json& group) {
  const Json* sum = find_object(group, "sum");
  const Json* map = sum ? find_array(*sum, "countryMap") : nullptr;
  if (!map) return nullptr;
  Json countries = Json::object();
  for (const Json& entry : *map) {
    const auto name = find_string(entry, "clientCountryName");
    if (!name) continue;
    Json& country = countries[*name];
    for (const char* column : {"requests", "bytes", "threats"})
      if (const auto count = find_int64(entry, column)) country[column] = *count;
  }
  return countries;
}

Json statuses_of(const Json& group) {
  const Json* sum = find_object(group, "sum");
  const Json* map = sum ? find_array(*sum, "responseStatusMap") : nullptr;
  if (!map) return nullptr;
  Json statuses = Json::object();
  for (const Json& entry : *map) {
    const auto status = find_int64(entry, "edgeResponseStatus");
    const auto requests = find_int64(entry, "requests");
    if (status && requests) statuses[std::to_string(*status)] = *requests;
  }
  return statuses;
}

Result<Json> zone_row(const Json& group, std::string_view tag, UnixSeconds source_at) {
  const auto day = parse_day(dimension(group, "date"));
  if (!day) return tl::unexpected<Error>(error_of(zone, "a group has no day"));
  return RowReader(group, zone)
      .set("zone_id", tag)
      .set("day", format_day(*day))
      .required_integer("requests", {"sum", "requests"})
      .integer("cached_requests", {"sum", "cachedRequests"})
      .integer("bytes", {"sum", "bytes"})
      .integer("cached_bytes", {"sum", "cachedBytes"})
      .integer("page_views", {"sum", "pageViews"})
      .integer("threats", {"sum", "threats"})
      .integer("unique_visitors", {"uniq", "uniques"})
      .set("countries", countries_of(group))
      .set("statuses", statuses_of(group))
      .set_time("source_at", source_at)
      .take();
}

using ReadRow = Result<Json> (*)(const Json&, std::string_view, UnixSeconds);
// Joins a second row of the same key to the first. False: the sum is too large to be one.
using Join = bool (*)(Json& row, const Json& more);

Rows read_rows(const Json& groups, std::string_view tag, UnixSeconds source_at, std::string_view who,
               std::initializer_list<const char*> key_columns, ReadRow read_row, Join join) {
  std::map<std::string, Json> by_key;
  for (const Json& group : groups) {
    auto row = read_row(group, tag, source_at);
    if (!row) return tl::unexpected<Error>(std::move(row.error()));
    Json key = Json::array();
    for (const char* column : key_columns) key.push_back((*row)[column]);
    const auto [at, is_new] = by_key.try_emplace(dump(key), *row);
    if (!is_new && !join(at->second, *row))
      return tl::unexpected<Error>(error_of(who, "a sum is larger than 64 bits"));
  }
  std::vector<Json> rows;
  for (auto& [key, row] : by_key) rows.push_back(std::move(row));
  return rows;
}

// ISO times of one form compare as text.
bool keep_latest(Json& row, const Json& more) {
  if (find_string(row, "measured_at") < find_string(more, "measured_at")) row = more;
  return true;
}

bool add_requests(Json& row, const Json& more) { return add(row, more, "requests"); }

bool keep_last(Json& row, const Json& more) {
  row = more;
  return true;
}

}  // namespace

std::string_view r2_operation_class(std::string_view action) {
  if (holds(class_a, action)) return "A";
  if (holds(class_b, action)) return "B";
  return holds(free_of_charge, action) ? "free" : "other";
}

Rows worker_rows(const Json& groups, std::string_view tag, UnixSeconds source_at) {
  return read_rows(groups, tag, source_at, workers, {"hour", "script_name", "status"}, worker_row, add_group);
}

Rows r2_operation_rows(const Json& groups, std::string_view tag, UnixSeconds source_at) {
  return read_rows(groups, tag, source_at, r2, {"day", "bucket_name", "action_type", "action_status"},
                   r2_operation_row, add_requests);
}

Rows r2_storage_rows(const Json& groups, std::string_view tag, UnixSeconds source_at) {
  return read_rows(groups, tag, source_at, r2, {"day", "bucket_name"}, r2_storage_row, keep_latest);
}

Rows zone_rows(const Json& groups, std::string_view tag, UnixSeconds source_at) {
  return read_rows(groups, tag, source_at, zone, {"day"}, zone_row, keep_last);
}

}  // namespace wf::cloudflare
