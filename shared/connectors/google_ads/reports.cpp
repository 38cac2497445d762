#include "shared/connectors/google_ads/reports.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/google/errors.hpp"

namespace wf::google_ads {
namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr std::string_view origin = "https://googleads.googleapis.com/";
// A major lives for about a year: https://developers.google.com/google-ads/api/docs/sunset-dates
constexpr std::int64_t default_version = 26;
// Days are the account's, whose zone is unknown before the first reply. A day has begun everywhere
// twelve hours after it began in UTC; what is cut off is today, which is read again tomorrow.
constexpr hours begun_everywhere{-12};
// 10,000 rows, of about half a kilobyte each.
constexpr std::int64_t largest_page = 24 * 1024 * 1024;

constexpr BulkTable campaign_columns(R"(
day day! segments.date
campaign_id text! campaign.id
campaign_name text campaign.name
campaign_status text campaign.status
channel_type text campaign.advertisingChannelType
impressions integer metrics.impressions
clicks integer metrics.clicks
cost_micros integer metrics.costMicros
conversions number metrics.conversions
conversions_value_micros micros metrics.conversionsValue
currency text! customer.currencyCode
time_zone text customer.timeZone
)");

constexpr BulkTable search_term_columns(R"(
day day! segments.date
campaign_id text! campaign.id
ad_group_id text="" adGroup.id
match_type text="" segments.searchTermMatchType
search_term text! searchTermView.searchTerm
status text searchTermView.status
impressions integer metrics.impressions
clicks integer metrics.clicks
cost_micros integer metrics.costMicros
conversions number metrics.conversions
conversions_value_micros micros metrics.conversionsValue
currency text! customer.currencyCode
time_zone text customer.timeZone
)");

constexpr BulkTable performance_max_term_columns(R"(
day day! segments.date
campaign_id text! campaign.id
search_term text! campaignSearchTermView.searchTerm
impressions integer metrics.impressions
clicks integer metrics.clicks
cost_micros integer metrics.costMicros
conversions number metrics.conversions
conversions_value_micros micros metrics.conversionsValue
currency text! customer.currencyCode
time_zone text customer.timeZone
)");

constexpr BulkTable conversion_columns(R"(
day day! segments.date
campaign_id text! campaign.id
conversion_action_id resource_id! segments.conversionAction
conversion_action_name text segments.conversionActionName
conversion_action_category text segments.conversionActionCategory
conversions number metrics.conversions
all_conversions number metrics.allConversions
conversions_value_micros micros metrics.conversionsValue
currency text! customer.currencyCode
time_zone text customer.timeZone
)");

// An error may follow good chunks in a reply that began as a success.
constexpr std::array<std::string_view, 5> notes{"nextPageToken", "fieldMask", "requestId", "error.status",
                                                "error.message"};
constexpr std::size_t page_token = 0;
constexpr std::size_t error_status = 3;
constexpr std::size_t error_message = 4;

// "123-456-7890" is how Google's pages show it, and digits are what its API takes.
std::string digits_of(std::string_view id) {
  std::string digits;
  std::copy_if(id.begin(), id.end(), std::back_inserter(digits), [](char c) { return c >= '0' && c <= '9'; });
  return digits;
}

// Of "v27", "27" or "v27.1": an address has the major version alone.
std::string version_of(const Query& query) {
  std::string_view version = find_text(query.ids, "google_ads.api_version");
  if (starts_with(to_lower(version), "v")) version.remove_prefix(1);
  const std::int64_t major = parse_int64(version.substr(0, version.find('.'))).value_or(default_version);
  return concat({"v", decimal(major > 0 ? major : default_version)});
}

std::string gaql(const Report& report, const DaySlice& slice) {
  return concat({"SELECT segments.date, campaign.id, customer.currency_code, customer.time_zone, ",
                 report.select, " FROM ", report.from, " WHERE segments.date BETWEEN '",
                 format_day(slice.first), "' AND '", format_day(slice.last), "'", report.only,
                 " ORDER BY segments.date DESC"});
}

// The next page of this slice, else the slice before it.
std::optional<Json> next_position(const std::string& token, const DaySlice& slice, const Query& query,
                                  const Report& report) {
  if (token.empty()) return position_before(slice, query, report.days);
  Json position = position_at(slice.last);
  slot(position, "page_token") = token;
  return position;
}

// Google refuses it with a code at first; later the path is gone, with a page for people.
constexpr std::string_view dead_version =
    "this version of the API is gone, set GOOGLE_ADS_API_VERSION to a living one";

// The developers' reading of the codes, all of which the agency has to mend.
struct Meaning {
  std::string_view codes;
  std::string_view words;
};
constexpr std::array meanings{
    Meaning{"USER_PERMISSION_DENIED",
            "this sign-in cannot reach the account; under a manager account it needs "
            "google_ads.login_customer_id"},
    Meaning{"INVALID_LOGIN_CUSTOMER_ID INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION",
            "google_ads.login_customer_id is not the manager of this account"},
    Meaning{"CUSTOMER_NOT_ENABLED CUSTOMER_NOT_FOUND ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT",
            "google_ads.customer_id names no active account"},
    Meaning{"REQUESTED_METRICS_FOR_MANAGER INVALID_CUSTOMER_ID",
            "google_ads.customer_id is not the id of a client account, but of a manager's or of none"},
    Meaning{"SERVICE_DISABLED PROJECT_DISABLED",
            "the Google Ads API is not enabled in the project that signs in"},
    Meaning{"CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION DEVELOPER_TOKEN_NOT_APPROVED",
            "the Google Cloud project may only read test accounts"},
    Meaning{"UNSUPPORTED_VERSION", dead_version}};

Problem misconfigured(Problem problem, std::string_view words) {
  problem.error.kind = ErrorKind::configuration;
  problem.remedy = Remedy::give_up;
  problem.error.message += concat({": ", words});
  return problem;
}

Problem explain_code(std::string_view code, Problem problem) {
  for (const Meaning& meaning : meanings)
    if (is_one_of(code, meaning.codes)) return misconfigured(std::move(problem), meaning.words);
  if (code == "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
    problem.error.message += ": the consent lacks the scope adwords; it has to be given again";
  if (is_one_of(code, "EXPIRED_PAGE_TOKEN INVALID_PAGE_TOKEN")) problem.remedy = Remedy::restart_scan;
  return problem;
}

}  // namespace

constinit const Report campaigns{
    .who = "google_ads campaigns",
    .table = "google_ads_campaign_daily",
    .select =
        "campaign.name, campaign.status, campaign.advertising_channel_type, metrics.impressions, "
        "metrics.clicks, metrics.cost_micros, metrics.conversions, metrics.conversions_value",
    .from = "campaign",
    .columns = campaign_columns,
    .days = {begun_everywhere, days{31}}};

constinit const Report search_terms{
    .who = "google_ads search_terms",
    .table = "google_ads_search_terms_daily",
    .select =
        "search_term_view.search_term, search_term_view.status, ad_group.id, "
        "segments.search_term_match_type, metrics.impressions, metrics.clicks, metrics.cost_micros, "
        "metrics.conversions, metrics.conversions_value",
    .from = "search_term_view",
    .columns = search_term_columns,
    .days = {begun_everywhere, days{8}}};

// These campaigns have no ad groups, so search_term_view has none of their terms. Any segment of a keyword,
// such as the match type, would leave them out here, too:
// https://developers.google.com/google-ads/api/performance-max/reporting
constinit const Report performance_max_terms{
    .who = "google_ads performance_max_terms",
    .table = "google_ads_performance_max_terms_daily",
    .select =
        "campaign_search_term_view.search_term, metrics.impressions, metrics.clicks, metrics.cost_micros, "
        "metrics.conversions, metrics.conversions_value",
    .from = "campaign_search_term_view",
    .only = " AND campaign.advertising_channel_type = 'PERFORMANCE_MAX'",
    .columns = performance_max_term_columns,
    .days = {begun_everywhere, days{8}}};

// Clicks and cost may not be segmented by conversion action.
constinit const Report conversions{
    .who = "google_ads conversions",
    .table = "google_ads_conversions_daily",
    .select =
        "segments.conversion_action, segments.conversion_action_name, "
        "segments.conversion_action_category, metrics.conversions, metrics.all_conversions, "
        "metrics.conversions_value",
    .from = "campaign",
    .columns = conversion_columns,
    .days = {begun_everywhere, days{31}}};

HttpRequest report_request(const Report& report, const Query& query) {
  HttpRequest request =
      bearer_request(concat({origin, version_of(query), "/customers/", digits_of(query.partition),
                             "/googleAds:search?prettyPrint=false"}),
                     "google_ads.access_token");
  JsonObject body;
  body.text("query", gaql(report, slice_of(query, report.days)));
  if (const auto token = find_text(query.position, "page_token"); !token.empty())
    body.text("pageToken", token);
  put_json(request, dump(body));
  const std::string manager = digits_of(find_text(query.ids, "google_ads.login_customer_id"));
  if (!manager.empty()) add_header(request.headers, "login-customer-id", manager);
  request.max_bytes = largest_page;
  return request;
}

Result<Page> parse_report(const Report& report, const HttpReply& reply, const Query& query,
                          UnixSeconds source_at) {
  auto rows = read_bulk_rows(
      reply.body, {.who = report.who, .rows = "results", .columns = report.columns, .notes = notes});
  if (!rows) return tl::unexpected<Error>(std::move(rows.error()));
  if (!rows->notes[error_status].empty() || !rows->notes[error_message].empty())
    return fail(ErrorKind::provider, {report.who, ": broke off with an error"});
  const DaySlice slice = slice_of(query, report.days);
  Page page{.items = rows->count, .next = next_position(rows->notes[page_token], slice, query, report)};
  // The account's midnight is unknown here: UTC's is near enough for how fresh the data is.
  if (rows->newest) page.newest = std::min(UnixSeconds(*rows->newest), source_at);
  if (rows->notes[page_token].empty()) page.oldest = begin_of(slice.first, report.days);
  if (rows->count == 0) return page;
  page.batches.push_back(
      {.table = std::string(report.table),
       .text = std::move(rows->text),
       .common =
           JsonObject().text("customer_id", digits_of(query.partition)).time("source_at", source_at).take()});
  return page;
}

Problem explain(const HttpReply& reply, Problem general) {
  if (reply.status == 404 && google::is_html(reply))
    return misconfigured(std::move(general),
                         concat({dead_version, "; or google_ads.customer_id is no number"}));
  const auto error = google::read_api_error(reply);
  if (!error) return general;
  if (!error->word().empty()) general.error.message += concat({" (", error->word(), ")"});
  if (error->kind == "quotaError" || reply.status == 429) {
    general.error.kind = ErrorKind::rate_limit;
    general.remedy = Remedy::retry;
    if (error->retry_delay_secs) general.error.retry_after_secs = error->retry_delay_secs;
    return general;
  }
  if (error->kind == "internalError") {
    general.error.kind = ErrorKind::provider;
    general.remedy = Remedy::retry;
    return general;
  }
  return explain_code(error->code, std::move(general));
}

}  // namespace wf::google_ads
