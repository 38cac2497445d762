#include "shared/connectors/cloudflare/cloudflare.hpp"

#include <array>
#include <string>
#include <utility>

#include "shared/base/text.hpp"
#include "shared/connectors/cloudflare/graphql.hpp"
#include "shared/connectors/cloudflare/rows.hpp"

namespace wf::cloudflare {
namespace {

using std::chrono::days;
using std::chrono::hours;

// https://developers.cloudflare.com/analytics/graphql-api/tutorials/querying-workers-metrics/
constexpr Dataset workers{.who = "cloudflare workers",
                          .node = "workersInvocationsAdaptive",
                          .table = "cloudflare_worker_hourly",
                          .name_filter = "scriptName",
                          .fields =
                              "sum{requests errors subrequests} quantiles{cpuTimeP50 cpuTimeP99} "
                              "dimensions{datetimeHour scriptName status}",
                          .order = "datetimeHour_DESC",
                          .unit = hours(1),
                          .newest_length = hours(24),
                          .documented = {.longest = days(28), .kept = days(90)},
                          .rows = worker_rows,
                          .row_time = "hour"};

// https://developers.cloudflare.com/r2/platform/metrics-analytics/
constexpr Dataset r2_operations{.who = "cloudflare r2_operations",
                                .node = "r2OperationsAdaptiveGroups",
                                .table = "cloudflare_r2_daily",
                                .name_filter = "bucketName",
                                .fields = "sum{requests} dimensions{date bucketName actionType actionStatus}",
                                .order = "date_DESC",
                                .unit = days(1),
                                .newest_length = days(2),
                                .documented = {.longest = days(31), .kept = days(31)},
                                .rows = r2_operation_rows,
                                .row_time = "day"};

// A reading per bucket and moment, hence short spans.
constexpr Dataset r2_storage{.who = "cloudflare r2_storage",
                             .node = "r2StorageAdaptiveGroups",
                             .table = "cloudflare_r2_daily",
                             .name_filter = "bucketName",
                             .fields =
                                 "max{objectCount uploadCount payloadSize metadataSize} "
                                 "dimensions{datetime bucketName}",
                             .order = "datetime_DESC",
                             .unit = days(1),
                             .newest_length = days(2),
                             .documented = {.longest = days(31), .kept = days(31)},
                             .rows = r2_storage_rows,
                             .row_time = "measured_at"};

// https://developers.cloudflare.com/analytics/graphql-api/tutorials/end-customer-analytics/
constexpr Dataset zone{.who = "cloudflare zone",
                       .node = "httpRequests1dGroups",
                       .table = "cloudflare_zone_daily",
                       .fields =
                           "dimensions{date} sum{requests bytes cachedRequests cachedBytes pageViews "
                           "threats countryMap{clientCountryName requests bytes threats} "
                           "responseStatusMap{edgeResponseStatus requests}} uniq{uniques}",
                       .order = "date_DESC",
                       .unit = days(1),
                       .newest_length = days(2),
                       .documented = {.longest = days(30), .kept = days(90), .page_size = 100},
                       .rows = zone_rows,
                       .row_time = "day"};

Subject subject_of(const Dataset& dataset, const Query& query) {
  if (dataset.of_zone()) return {.tag = query.partition};
  return {find_string(query.ids, "cloudflare.account_id").value_or(""), query.partition};
}

Span newest_span(const Dataset& dataset, const Query& query) {
  return first_span(query.window, dataset.unit, dataset.newest_length);
}

HttpRequest request(const Dataset& dataset, const Query& query) {
  const Subject subject = subject_of(dataset, query);
  if (query.position.is_null())
    return graphql_request(dataset, subject, newest_span(dataset, query), dataset.documented.page_size, true);
  const Plan plan = read_plan(query.position);
  // A position of another shape, as of an older version, is only good to begin again.
  const Span span = plan.spans.empty() ? newest_span(dataset, query) : plan.spans.front();
  return graphql_request(dataset, subject, span,
                         plan.page_size > 0 ? plan.page_size : dataset.documented.page_size,
                         plan.spans.empty());
}

// The account or zone in the reply, or none.
const Json* scope_of(const Dataset& dataset, const Json& body) {
  const Json* data = find_object(body, "data");
  const Json* viewer = data ? find_object(*data, "viewer") : nullptr;
  const Json* scopes = viewer ? find_array(*viewer, dataset.of_zone() ? "zones" : "accounts") : nullptr;
  return scopes && !scopes->empty() ? &scopes->front() : nullptr;
}

// The plan whose first span this reply answers. The limits are those of the first reply.
Plan plan_of(const Dataset& dataset, const Query& query, const Json& body, UnixSeconds source_at) {
  if (!query.position.is_null()) {
    Plan plan = read_plan(query.position);
    if (!plan.spans.empty()) return plan;
  }
  const Json* scope = scope_of(dataset, body);
  const Limits limits = scope ? read_limits(*scope, dataset) : dataset.documented;
  return make_plan(query.window, newest_span(dataset, query), dataset.unit, limits, source_at);
}

Result<Page> ask_in_halves(const Dataset& dataset, Plan plan) {
  if (!split(plan, dataset.unit)) return tl::unexpected<Error>(to_error({Complaint::too_much}, dataset.who));
  return Page{.next = to_json(plan)};
}

Result<Page> ask_for_less(const Dataset& dataset, Plan plan, const Refusal& refusal, UnixSeconds source_at) {
  if (refusal.complaint == Complaint::too_much) return ask_in_halves(dataset, std::move(plan));
  const bool known = refusal.limit > 0;
  bool less = false;
  if (known && refusal.complaint == Complaint::page_too_large) {
    less = plan.page_size > refusal.limit;
    plan.page_size = refusal.limit;
  } else if (known) {
    const auto kept = std::chrono::seconds(refusal.limit);
    less = clamp(plan, round_up(source_at - kept + hours(1), dataset.unit));
  }
  if (!less) return tl::unexpected<Error>(to_error(refusal, dataset.who));
  Page page;
  if (!plan.spans.empty()) page.next = to_json(plan);
  return page;
}

Result<Page> to_page(const Dataset& dataset, const Plan& plan, std::vector<Json> rows, std::size_t items) {
  Page page{.items = items, .next = after_first(plan), .oldest = plan.spans.front().from};
  for (const Json& row : rows) {
    const auto at = parse_time(find_string(row, dataset.row_time).value_or(""));
    if (at && (!page.newest || *at > *page.newest)) page.newest = at;
  }
  if (!rows.empty()) page.batches.push_back({.table = std::string(dataset.table), .rows = std::move(rows)});
  return page;
}

// How many rows that span was asked for.
std::size_t asked_for(const Dataset& dataset, const Query& query) {
  const std::int64_t planned = read_plan(query.position).page_size;
  return static_cast<std::size_t>(planned > 0 ? planned : dataset.documented.page_size);
}

Result<Page> parse(const Dataset& dataset, const HttpReply& reply, const Query& query,
                   UnixSeconds source_at) {
  const auto body = parse_json(reply.body, dataset.who);
  if (!body) return tl::unexpected<Error>(body.error());
  Plan plan = plan_of(dataset, query, *body, source_at);
  if (const auto refusal = read_refusal(*body)) {
    if (can_ask_for_less(*refusal)) return ask_for_less(dataset, std::move(plan), *refusal, source_at);
    return tl::unexpected<Error>(to_error(*refusal, dataset.who));
  }
  const Json* scope = scope_of(dataset, *body);
  if (!scope && find_object(*body, "data"))
    return fail(ErrorKind::configuration,
                std::string(dataset.who) + ": there is no such id, or the token may not read it");
  const Json* groups = scope ? find_array(*scope, dataset.node) : nullptr;
  if (!groups) return fail(ErrorKind::data, std::string(dataset.who) + ": the reply holds no groups");
  if (groups->size() >= asked_for(dataset, query)) return ask_in_halves(dataset, std::move(plan));
  auto rows = dataset.rows(*groups, subject_of(dataset, query).tag, source_at);
  if (!rows) return tl::unexpected<Error>(std::move(rows.error()));
  return to_page(dataset, plan, *std::move(rows), groups->size());
}

template <const Dataset& dataset>
HttpRequest request_of(const Query& query) {
  return request(dataset, query);
}

template <const Dataset& dataset>
Result<Page> parse_of(const HttpReply& reply, const Query& query, UnixSeconds source_at) {
  return parse(dataset, reply, query, source_at);
}

// {"success": false, "errors": [{"code": 1000, "message": "Invalid API Token"}]}
std::optional<std::int64_t> rest_code(const Json& body) {
  const Json* errors = find_array(body, "errors");
  return errors && !errors->empty() ? find_int64(errors->front(), "code") : std::nullopt;
}

Problem explain(const HttpReply& reply, Problem general) {
  if (reply.status == 429 && !general.error.retry_after_secs) general.error.retry_after_secs = 300;
  const auto body = parse_json(reply.body, "cloudflare");
  if (!body) return general;
  if (const auto code = rest_code(*body)) general.error.message += " (" + std::to_string(*code) + ")";
  const auto refusal = read_refusal(*body);
  if (!refusal) return general;
  if (can_ask_for_less(*refusal)) general.remedy = Remedy::read;
  if (refusal->complaint == Complaint::credentials) {
    general.error.kind = ErrorKind::credentials;
    general.remedy = Remedy::give_up;
  }
  return general;
}

constexpr Stream stream_of(std::string_view id, std::chrono::seconds first_sync, std::chrono::seconds overlap,
                           HttpRequest (*request)(const Query&),
                           Result<Page> (*parse)(const HttpReply&, const Query&, UnixSeconds)) {
  return {.id = id, .first_sync = first_sync, .overlap = overlap, .request = request, .parse = parse};
}

// The hour or the day so far is read again until it is over, and once more after that.
constexpr std::array streams{
    stream_of("workers", days(90), hours(2), request_of<workers>, parse_of<workers>),
    stream_of("r2_operations", days(30), hours(6), request_of<r2_operations>, parse_of<r2_operations>),
    stream_of("r2_storage", days(30), hours(6), request_of<r2_storage>, parse_of<r2_storage>),
    stream_of("zone", days(90), hours(6), request_of<zone>, parse_of<zone>)};

}  // namespace

constinit const Connector connector{.service = "cloudflare", .streams = streams, .explain = explain};

}  // namespace wf::cloudflare
