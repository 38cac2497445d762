#include "shared/connectors/cloudflare/cloudflare.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "shared/base/json_object.hpp"
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
                          .query =
                              ",filter:{datetime_geq:$from,datetime_lt:$to,scriptName:$name},"
                              "orderBy:[datetimeHour_DESC]){sum{requests errors subrequests} "
                              "quantiles{cpuTimeP50 cpuTimeP99} dimensions{datetimeHour scriptName status}",
                          .table = "cloudflare_worker_hourly",
                          .rows = worker_rows,
                          .unit = hours(1),
                          .newest_length = hours(24),
                          .documented = {.longest = days(28), .kept = days(90)}};

// https://developers.cloudflare.com/r2/platform/metrics-analytics/
constexpr Dataset r2_operations{
    .who = "cloudflare r2_operations",
    .node = "r2OperationsAdaptiveGroups",
    .query =
        ",filter:{datetime_geq:$from,datetime_lt:$to,bucketName:$name},orderBy:[date_DESC]){"
        "sum{requests} dimensions{date bucketName actionType actionStatus}",
    .table = "cloudflare_r2_daily",
    .rows = r2_operation_rows,
    .unit = days(1),
    .newest_length = days(2),
    .documented = {.longest = days(31), .kept = days(31)}};

// A reading per bucket and moment, hence short spans.
constexpr Dataset r2_storage{
    .who = "cloudflare r2_storage",
    .node = "r2StorageAdaptiveGroups",
    .query =
        ",filter:{datetime_geq:$from,datetime_lt:$to,bucketName:$name},orderBy:[datetime_DESC]){"
        "max{objectCount uploadCount payloadSize metadataSize} dimensions{datetime bucketName}",
    .table = "cloudflare_r2_daily",
    .rows = r2_storage_rows,
    .unit = days(1),
    .newest_length = days(2),
    .documented = {.longest = days(31), .kept = days(31)}};

// https://developers.cloudflare.com/analytics/graphql-api/tutorials/end-customer-analytics/
constexpr Dataset zone{.who = "cloudflare zone",
                       .node = "httpRequests1dGroups",
                       .query =
                           ",filter:{date_geq:$from,date_lt:$to},orderBy:[date_DESC]){dimensions{date} "
                           "sum{requests bytes cachedRequests cachedBytes pageViews threats "
                           "countryMap{clientCountryName requests bytes threats} "
                           "responseStatusMap{edgeResponseStatus requests}} uniq{uniques}",
                       .table = "cloudflare_zone_daily",
                       .rows = zone_rows,
                       .unit = days(1),
                       .newest_length = days(2),
                       .documented = {.longest = days(30), .kept = days(90), .page_size = 100},
                       .of_zone = true};

Plan plan_of(const Dataset& dataset, const Query& query) {
  Plan plan = read_plan(query.position);
  if (plan.is_new) plan.first = first_span(query.window, dataset.unit, dataset.newest_length);
  if (plan.page_size <= 0) plan.page_size = dataset.documented.page_size;
  return plan;
}

// The account or zone in the reply, or none.
const Json* scope_of(const Dataset& dataset, const Json& body) {
  const Json* data = find_object(body, "data");
  const Json* viewer = data ? find_object(*data, "viewer") : nullptr;
  if (!viewer) return nullptr;
  const auto scopes = list_in(*viewer, dataset.of_zone ? "zones" : "accounts");
  return scopes.empty() ? nullptr : &scopes.front();
}

// False when nothing less can be asked for.
bool ask_for_less(const Dataset& dataset, Plan& plan, const Refusal& refusal, UnixSeconds source_at) {
  if (refusal.complaint == Complaint::too_much) return halve(plan, dataset.unit);
  if (refusal.limit <= 0) return false;
  if (refusal.complaint == Complaint::too_old) {
    const auto kept = std::chrono::seconds(refusal.limit);
    return clamp(plan, round_up(source_at - kept + hours(1), dataset.unit));
  }
  const bool less = refusal.complaint == Complaint::page_too_large && plan.page_size > refusal.limit;
  plan.page_size = refusal.limit;
  return less;
}

// The newest hour or reading of the rows; of rows that have a day alone its end, which today's has not
// reached.
std::optional<UnixSeconds> newest_of(const std::vector<Json>& rows, UnixSeconds source_at) {
  std::string_view newest;
  std::string_view newest_day;
  for (const Json& row : rows) {
    newest = std::max(newest, std::max(find_text(row, "hour"), find_text(row, "measured_at")));
    newest_day = std::max(newest_day, find_text(row, "day"));
  }
  if (!newest.empty()) return parse_time(newest);
  const auto day = parse_day(newest_day);
  return day ? std::optional(std::min(UnixSeconds(*day + days{1}), source_at)) : std::nullopt;
}

Result<void> read_page(const Dataset& dataset, const HttpReply& reply, const Query& query,
                       UnixSeconds source_at, Page& page) {
  const auto body = parse_json(reply.body, dataset.who);
  if (!body) return tl::unexpected<Error>(body.error());
  const Json* scope = scope_of(dataset, *body);
  const Json* groups = scope ? find_array(*scope, dataset.node) : nullptr;
  Plan plan = plan_of(dataset, query);
  Refusal refusal = read_refusal(*body);
  if (refusal.complaint == Complaint::none && groups &&
      groups->size() >= static_cast<std::size_t>(plan.page_size))
    refusal.complaint = Complaint::too_much;
  // The limits are those of the first reply.
  if (plan.is_new) add_older(plan, query.window, dataset.unit, read_limits(scope, dataset), source_at);
  if (refusal.complaint != Complaint::none) {
    if (!ask_for_less(dataset, plan, refusal, source_at)) return to_error(refusal.complaint, dataset.who);
    if (plan.first.from < plan.first.to) page.next = to_json(plan);
    return {};
  }
  if (!groups && !scope && find_object(*body, "data"))
    return fail(ErrorKind::configuration,
                {dataset.who, ": there is no such id, or the token may not read it"});
  if (!groups) return fail(ErrorKind::data, {dataset.who, ": the reply holds no groups"});
  RowBatch batch{.table = std::string(dataset.table), .rows = {}};
  auto read =
      read_rows(dataset.rows, list_in(*scope, dataset.node), tag_of(dataset, query), source_at, batch.rows);
  page.items = groups->size();
  page.next = after_first(plan);
  page.newest = newest_of(batch.rows, source_at);
  page.oldest = plan.first.from;
  if (!batch.rows.empty()) page.batches.push_back(std::move(batch));
  return read;
}

HttpRequest request(const Dataset& dataset, const Query& query) {
  return graphql_request(dataset, query, plan_of(dataset, query));
}

Result<Page> parse(const Dataset& dataset, const HttpReply& reply, const Query& query,
                   UnixSeconds source_at) {
  Page page;
  if (const auto read = read_page(dataset, reply, query, source_at, page); !read)
    return tl::unexpected<Error>(read.error());
  return page;
}

// After a trouble of theirs figures come hours late, now and then days. 22 hours and the one that goes on are
// one query of each dataset.
constexpr std::chrono::seconds read_again = hours(22);
constexpr std::chrono::seconds read_again_weekly = days(8);

template <const Dataset& dataset>
HttpRequest request_of(const Query& query) {
  return request(dataset, query);
}

template <const Dataset& dataset>
Result<Page> parse_of(const HttpReply& reply, const Query& query, UnixSeconds source_at) {
  return parse(dataset, reply, query, source_at);
}

Problem explain(const HttpReply& reply, Problem general) {
  if (reply.status == 429 && !general.error.retry_after_secs) general.error.retry_after_secs = 300;
  const Json body = json_or_null(reply.body);
  // {"success": false, "errors": [{"code": 1000, "message": "Invalid API Token"}]}
  const auto errors = list_in(body, "errors");
  const auto code = errors.empty() ? std::nullopt : find_int64(errors.front(), "code");
  if (code) general.error.message += concat({" (", decimal(*code), ")"});
  const Refusal refusal = read_refusal(body);
  if (can_ask_for_less(refusal)) general.remedy = Remedy::read;
  if (refusal.complaint == Complaint::credentials) {
    general.error.kind = ErrorKind::credentials;
    general.remedy = Remedy::give_up;
  }
  return general;
}

constexpr Stream stream_of(std::string_view id, std::chrono::seconds first_sync,
                           HttpRequest (*request)(const Query&),
                           Result<Page> (*parse)(const HttpReply&, const Query&, UnixSeconds)) {
  return {.id = id,
          .first_sync = first_sync,
          .overlap = read_again,
          .weekly_overlap = read_again_weekly,
          .request = request,
          .parse = parse};
}

constexpr std::array streams{
    stream_of("workers", days(90), request_of<workers>, parse_of<workers>),
    stream_of("r2_operations", days(30), request_of<r2_operations>, parse_of<r2_operations>),
    stream_of("r2_storage", days(30), request_of<r2_storage>, parse_of<r2_storage>),
    stream_of("zone", days(90), request_of<zone>, parse_of<zone>)};

}  // namespace

constinit const Connector connector{.service = "cloudflare", .streams = streams, .explain = explain};

}  // namespace wf::cloudflare
