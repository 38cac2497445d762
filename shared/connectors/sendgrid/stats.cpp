#include "shared/connectors/sendgrid/stats.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/day_slices.hpp"
#include "shared/connectors/row_reader.hpp"
#include "shared/connectors/sendgrid/multipart.hpp"

namespace wf::sendgrid {
namespace {

constexpr std::string_view who = "sendgrid stats";
// Whether Reset counts from now or from 1970 depends on the endpoint: nobody waits for thirty years.
constexpr std::int64_t least_unix_seconds = 1'000'000'000;
constexpr DayRules days{.per_slice = std::chrono::days{30}};

constexpr RowTable columns(R"(
requests integer
processed integer
delivered integer
opens integer
unique_opens integer
clicks integer
unique_clicks integer
bounces integer
bounce_drops integer
blocks integer
deferred integer
invalid_emails integer
spam_reports integer
spam_report_drops integer
unsubscribes integer
unsubscribe_drops integer
)");

tl::unexpected<Error> refuse(std::string_view why) { return fail(ErrorKind::data, {who, ": ", why}); }

// A day without mail is no news.
void note_day(Page& page, const Json& row, Day day, UnixSeconds source_at) {
  if (find_int64(row, "requests").value_or(0) == 0) return;
  note_newest(page, std::min(UnixSeconds(day) + std::chrono::hours(24) - std::chrono::seconds(1), source_at));
}

std::optional<std::int64_t> secs_until_reset(const HttpReply& reply) {
  const auto reset = parse_int64(trim(header(reply.headers, "x-ratelimit-reset")));
  if (!reset || *reset < 0) return std::nullopt;
  if (*reset < least_unix_seconds) return *reset;
  const auto date = parse_http_date(header(reply.headers, "date"));
  if (!date) return std::nullopt;
  return std::max<std::int64_t>(0, *reset - to_unix(*date));
}

}  // namespace

HttpRequest api_request(std::string_view path_and_query, const Json& ids) {
  const bool eu = to_lower(find_text(ids, "sendgrid.region")) == "eu";
  return bearer_request(
      concat({eu ? "https://api.eu.sendgrid.com" : "https://api.sendgrid.com", path_and_query}),
      "sendgrid.api_key");
}

HttpRequest stats_request(const Query& query) {
  const DaySlice slice = slice_of(query, days);
  return api_request(concat({"/v3/stats?start_date=", format_day(slice.first),
                             "&end_date=", format_day(slice.last), "&aggregated_by=day"}),
                     query.ids);
}

Result<Page> parse_stats(const HttpReply& reply, const Query& query, UnixSeconds source_at) {
  auto body = parse_json(reply.body, who);
  if (!body) return tl::unexpected<Error>(std::move(body.error()));
  if (!body->is_array()) return refuse("the reply is not an array of days");
  const DaySlice slice = slice_of(query, days);
  Page page{.items = body->size(), .next = position_before(slice, query, days)};
  page.oldest = begin_of(slice.first, days);
  for (const Json& line : elements(*body)) {
    const auto day = parse_day(find_text(line, "date"));
    const Json* stats = find_array(line, "stats");
    const bool has_stats = stats && !stats->empty();
    const Json* metrics = has_stats ? find_object(stats->front(), "metrics") : nullptr;
    if (!day || !stats || (has_stats && !metrics))
      return refuse(!day ? "missing date" : !stats ? "missing stats" : "missing metrics");
    if (!metrics) continue;  // SendGrid says nothing of that day
    auto row = RowReader(*metrics, who)
                   .columns(columns)
                   .set("day", format_day(*day))
                   .set_time("source_at", source_at)
                   .take();
    if (!row) return tl::unexpected<Error>(std::move(row.error()));
    note_day(page, *row, *day, source_at);
    add_row(page.batches, "email_stats_daily", *std::move(row));
  }
  return page;
}

Problem explain(const HttpReply& reply, Problem general) {
  if (const auto secs = secs_until_reset(reply); reply.status == 429 && secs)
    general.error.retry_after_secs = secs;
  const Json body = json_or_null(reply.body);
  const auto errors = list_in(body, "errors");
  const std::string_view field = errors.empty() ? std::string_view() : find_text(errors.front(), "field");
  // Its messages are free text; the name of the field says enough.
  if (is_code(field, 64, "_.")) general.error.message += concat({" (", field, ")"});
  // A sender that is not verified with SendGrid, or no address: the key is not at fault.
  if (starts_with(field, "from")) general.error.kind = ErrorKind::configuration;
  const bool refuses_key = reply.status == 401 || reply.status == 403;
  if (refuses_key && (contains(reply.body, "credits exceeded") || contains(reply.body, "messaging limits"))) {
    general.error.kind = ErrorKind::configuration;
    general.error.message += ": the plan's mails are used up";
  }
  return general;
}

}  // namespace wf::sendgrid
