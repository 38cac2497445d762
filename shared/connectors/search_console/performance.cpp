#include "shared/connectors/search_console/performance.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/day_slices.hpp"
#include "shared/connectors/google/errors.hpp"

namespace wf::search_console {
namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr std::string_view origin = "https://searchconsole.googleapis.com/webmasters/v3/sites/";
constexpr std::string_view search_type = "web";
constexpr std::string_view site_who = "search_console site";
// Days are Pacific. Standard time: in summer a day is taken for begun an hour after it has.
constexpr DayRules pacific{hours{-8}, days{1}};
// Google gives at most 50,000; an offset that leads back to the beginning would never end.
constexpr std::int64_t most_rows_of_a_day = 100'000;
// What is left of a load quota comes back every ten minutes, and of a day's the next day.
constexpr std::int64_t load_rest_secs = 15 * 60;
constexpr std::int64_t daily_rest_secs = 6 * 3600;

constexpr std::array<std::string_view, 2> query_dimensions{"query", "page"};
constexpr std::array<std::string_view, 1> total_dimensions{"query"};
constexpr std::array<std::string_view, 1> page_dimensions{"page"};
constexpr std::array<std::string_view, 1> site_dimensions{"date"};

constexpr BulkTable query_columns(R"(
query text! keys.0
page text! keys.1
clicks integer!
impressions integer!
ctr number
position number
)");
constexpr BulkTable total_columns(R"(
query text! keys.0
clicks integer!
impressions integer!
ctr number
position number
)");
constexpr BulkTable page_columns(R"(
page text! keys.0
clicks integer!
impressions integer!
ctr number
position number
)");
constexpr std::array<std::string_view, 1> notes{"responseAggregationType"};

HttpRequest query_request(const Query& query, const DaySlice& slice,
                          std::span<const std::string_view> dimensions, std::int64_t start_row) {
  HttpRequest request = bearer_request(
      concat({origin, percent_encode(query.partition), "/searchAnalytics/query?prettyPrint=false"}),
      "search_console.access_token");
  Json names = empty_list();
  for (const std::string_view name : dimensions) names.push_back(Json(name));
  JsonObject body;
  body.text("startDate", format_day(slice.first))
      .text("endDate", format_day(slice.last))
      .json("dimensions", std::move(names))
      .text("type", search_type)
      .text("dataState", "all")
      .number("rowLimit", rows_per_page);
  if (start_row > 0) body.number("startRow", start_row);
  put_json(request, dump(body));
  return request;
}

DaySlice whole_window(const Query& query) {
  return {provider_day(query.window.from, pacific), provider_day(query.window.to, pacific)};
}

// Today's details are hours old and asked for tomorrow; the totals have it already.
Query without_today(Query query) {
  query.window.to = std::max(query.window.from, query.window.to - days{1});
  return query;
}

std::int64_t start_row(const Query& query) {
  return std::max<std::int64_t>(find_int64(query.position, "start_row").value_or(0), 0);
}

// Google's word for it, in either spelling; a reply without one is judged by age.
std::optional<Day> first_incomplete(const Json& body) {
  const Json* metadata = find_object(body, "metadata");
  if (!metadata) return std::nullopt;
  const auto day = parse_day(find_text(*metadata, "first_incomplete_date"));
  return day ? day : parse_day(find_text(*metadata, "firstIncompleteDate"));
}

bool is_young(Day day, UnixSeconds source_at) { return day > provider_day(source_at, pacific) - final_after; }

tl::unexpected<Error> refuse(std::string_view why) { return fail(ErrorKind::data, {site_who, ": ", why}); }

Result<std::int64_t> count_of(const Json& row, std::string_view key) {
  const Json* value = find(row, key);
  const auto count = value && value->is_number() ? as_int64(*value) : std::nullopt;
  if (count) return *count;
  if (!value) return refuse(concat({"missing ", key}));
  return refuse(concat({key, " is ", type_name(*value), ", not a whole number"}));
}

Result<Json> number_of(const Json& row, std::string_view key) {
  const Json* value = find(row, key);
  if (value && !value->is_number()) return refuse(concat({key, " is ", type_name(*value), ", not a number"}));
  return value ? *value : Json();
}

Result<Day> day_of_row(const Json& row) {
  const auto keys = list_in(row, "keys");
  const auto day = keys.empty() ? std::nullopt : parse_day(text_of(keys.front()));
  if (!day) return refuse("a row has no day");
  return *day;
}

Result<Json> site_row(const Json& row, Day day, bool provisional) {
  const auto clicks = count_of(row, "clicks");
  if (!clicks) return tl::unexpected<Error>(clicks.error());
  const auto impressions = count_of(row, "impressions");
  if (!impressions) return tl::unexpected<Error>(impressions.error());
  auto ctr = number_of(row, "ctr");
  if (!ctr) return ctr;
  auto position = number_of(row, "position");
  if (!position) return position;
  return JsonObject()
      .text("day", format_day(day))
      .number("clicks", *clicks)
      .number("impressions", *impressions)
      .json("ctr", *std::move(ctr))
      .json("position", *std::move(position))
      .flag("provisional", provisional)
      .take();
}

JsonObject common_columns(const Query& query, UnixSeconds source_at) {
  return JsonObject()
      .text("property", query.partition)
      .text("search_type", search_type)
      .time("source_at", source_at);
}

bool at_totals(const Query& query) { return is_true(query.position, "totals"); }

// What is asked for at this position.
const Detail& detail_at(const Detail& detail, const Query& query) {
  return detail.totals && at_totals(query) ? *detail.totals : detail;
}

// The next rows of this day, then its totals, then the day before.
std::optional<Json> next_position(const Detail& asked, const DaySlice& slice, const Query& query,
                                  std::size_t count) {
  const bool full = count >= static_cast<std::size_t>(rows_per_page);
  if (!full && !asked.totals) return position_before(slice, query, pacific);
  Json position = position_at(slice.last);
  if (full) slot(position, "start_row") = start_row(query) + rows_per_page;
  if (!full || at_totals(query)) slot(position, "totals") = true;
  return position;
}

void note_day(Page& page, Day day, UnixSeconds source_at) {
  note_newest(page, std::min(begin_of(day, pacific), source_at));
}

Problem wait(Problem problem, std::optional<std::int64_t> secs) {
  problem.error.kind = ErrorKind::rate_limit;
  problem.remedy = Remedy::retry;
  auto& asked = problem.error.retry_after_secs;
  if (secs) asked = std::max(*secs, asked.value_or(0));
  return problem;
}

}  // namespace

// A query's rows by page count an impression once for each page, so they do not add up to its rank and reach.
constinit const Detail query_totals{.who = "search_console queries",
                                    .table = "gsc_queries_daily",
                                    .dimensions = total_dimensions,
                                    .columns = total_columns,
                                    .summed_up = "page"};
constinit const Detail queries{.who = "search_console queries",
                               .table = "gsc_queries_daily",
                               .dimensions = query_dimensions,
                               .columns = query_columns,
                               .totals = &query_totals};
constinit const Detail pages{.who = "search_console pages",
                             .table = "gsc_pages_daily",
                             .dimensions = page_dimensions,
                             .columns = page_columns};

HttpRequest site_request(const Query& query) {
  return query_request(query, whole_window(query), site_dimensions, 0);
}

Result<Page> parse_site(const HttpReply& reply, const Query& query, UnixSeconds source_at) {
  const auto body = parse_json(reply.body, site_who);
  if (!body) return tl::unexpected<Error>(body.error());
  if (!body->is_object()) return refuse("the reply is not a report");
  Page page{.oldest = begin_of(whole_window(query).first, pacific)};
  const Json* rows = find(*body, "rows");
  if (!rows && !body->empty() && !find(*body, "responseAggregationType"))
    return refuse("the reply is not a report");
  if (!rows) return page;
  if (!rows->is_array()) return refuse(concat({"rows is ", type_name(*rows), ", not an array"}));
  const auto incomplete = first_incomplete(*body);
  RowBatch batch{.table = "gsc_site_daily", .common = common_columns(query, source_at).take()};
  for (const Json& one : list_in(*body, "rows")) {
    const auto day = day_of_row(one);
    if (!day) return tl::unexpected<Error>(day.error());
    auto row = site_row(one, *day, incomplete ? *day >= *incomplete : is_young(*day, source_at));
    if (!row) return tl::unexpected<Error>(std::move(row.error()));
    note_day(page, *day, source_at);
    batch.rows.push_back(*std::move(row));
  }
  page.items = batch.rows.size();
  if (page.items > 0) page.batches.push_back(std::move(batch));
  return page;
}

HttpRequest detail_request(const Detail& detail, const Query& query) {
  return query_request(query, slice_of(without_today(query), pacific), detail_at(detail, query).dimensions,
                       start_row(query));
}

Result<Page> parse_detail(const Detail& whole, const HttpReply& reply, const Query& asked,
                          UnixSeconds source_at) {
  const Detail& detail = detail_at(whole, asked);
  auto rows = read_bulk_rows(reply.body,
                             {.who = detail.who, .rows = "rows", .columns = detail.columns, .notes = notes});
  if (!rows) return tl::unexpected<Error>(std::move(rows.error()));
  if (rows->count > 0 && start_row(asked) >= most_rows_of_a_day)
    return fail(ErrorKind::data, {detail.who, ": more rows than a day can have; the pages lead back"});
  const Query query = without_today(asked);
  const DaySlice slice = slice_of(query, pacific);
  Page page{.items = rows->count, .next = next_position(detail, slice, query, rows->count)};
  page.oldest = begin_of(slice.first, pacific);
  if (rows->count == 0) return page;
  note_day(page, slice.last, source_at);
  JsonObject common = common_columns(query, source_at);
  common.text("day", format_day(slice.last)).flag("provisional", is_young(slice.last, source_at));
  if (!detail.summed_up.empty()) common.text(detail.summed_up, "");
  page.batches.push_back(
      {.table = std::string(detail.table), .text = std::move(rows->text), .common = common.take()});
  return page;
}

// A quota is refused as 403 or 429, and only the reason tells it from a missing permission.
Problem explain(const HttpReply& reply, Problem general) {
  const auto error = google::read_api_error(reply);
  if (!error) return general;
  if (!error->word().empty()) general.error.message += concat({" (", error->word(), ")"});
  if (error->code == "quotaExceeded") return wait(std::move(general), load_rest_secs);
  if (error->code == "dailyLimitExceeded" || contains(error->quota, "PerDay"))
    return wait(std::move(general), daily_rest_secs);
  if (is_one_of(error->code, "rateLimitExceeded userRateLimitExceeded"))
    return wait(std::move(general), error->retry_delay_secs);
  if (is_one_of(error->code, "accessNotConfigured SERVICE_DISABLED")) {
    general.error.kind = ErrorKind::configuration;
    general.error.message += ": the Search Console API is not switched on in the Google Cloud project";
  } else if (reply.status == 400 && contains(reply.body, "site URL")) {
    // Of our own mistakes the reason is the same.
    general.error.kind = ErrorKind::configuration;
    general.error.message +=
        ": search_console.site_url is neither sc-domain:example.com nor a URL with its final slash";
  } else if (is_one_of(error->code, "insufficientPermissions ACCESS_TOKEN_SCOPE_INSUFFICIENT")) {
    general.error.message += ": the consent lacks the scope webmasters.readonly; it has to be given again";
  } else if (reply.status == 403) {
    general.error.message += ": the Google account is no user of this property";
  }
  return general;
}

}  // namespace wf::search_console
