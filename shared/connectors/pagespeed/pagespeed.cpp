#include "shared/connectors/pagespeed/pagespeed.hpp"

#include <array>
#include <string>
#include <utility>

#include "shared/base/text.hpp"
#include "shared/connectors/google/errors.hpp"
#include "shared/connectors/pagespeed/run.hpp"

namespace wf::pagespeed {
namespace {

constexpr std::string_view who = "pagespeed runs";
constexpr std::string_view endpoint =
    "https://pagespeedonline.googleapis.com/pagespeedonline/v5/runPagespeed";
constexpr std::array<std::string_view, 4> categories{"PERFORMANCE", "ACCESSIBILITY", "BEST_PRACTICES", "SEO"};
// Google itself gives up after 120 s.
constexpr std::int64_t timeout_ms = 130'000;

// For about a minute Google answers with what it answered before.
constexpr std::int64_t cache_secs = 90;

// https://developers.google.com/speed/docs/insights/rest/v5/pagespeedapi/runpagespeed
// The key goes into a header, so that no log or error can quote it as part of a URL:
// https://cloud.google.com/apis/docs/system-parameters
HttpRequest run_request(const Query& query) {
  const Target target = read_target(query.partition);
  UrlBuilder url{std::string(endpoint)};
  url.add("url", target.url).add("strategy", to_upper(target.strategy)).add("locale", "en");
  for (const std::string_view category : categories) url.add("category", category);
  HttpRequest request;
  request.url = url.take();
  add_header(request.headers, "x-goog-api-key", "{{secret:pagespeed.api_key}}");
  request.timeout_ms = timeout_ms;
  return request;
}

bool is_about_the_page(const HttpReply& reply, const google::ApiError& error) {
  return reply.status == 400 && error.domain == "lighthouse" && error.code == "lighthouseUserError";
}

google::ApiError read_error(const HttpReply& reply) {
  return google::read_api_error(reply).value_or(google::ApiError{});
}

bool is_code_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

// "Lighthouse returned error: FAILED_DOCUMENT_REQUEST. Lighthouse was unable to ..."
Failure page_failure(const google::ApiError& error) {
  constexpr std::string_view opening = "Lighthouse returned error: ";
  std::string_view code;
  if (starts_with(error.message, opening)) {
    const std::string_view text = std::string_view(error.message).substr(opening.size());
    std::size_t end = 0;
    while (end < text.size() && is_code_letter(text[end])) ++end;
    code = text.substr(0, end);
  }
  return {code.empty() ? error.code : std::string(code), error.message};
}

Page to_page(Run run, const Query& query) {
  Page page{.items = 1};
  // A run without a score is nothing new that is known of the page.
  if (!run.failed) page.newest = page.oldest = run.at;
  add_row(page.batches, "pagespeed_runs", std::move(run.row));
  for (Json& audit : run.audits) add_row(page.batches, "pagespeed_audits", std::move(audit));
  // A page that fails to load often loads the next time, and the next run is a week away.
  if (run.failed && !query.again) {
    page.ask_again = true;
    page.pause_secs = cache_secs;
  } else if (run.failed) {
    page.unavailable.push_back(concat({"score of ", query.partition}));
  }
  return page;
}

Result<Page> parse_run(const HttpReply& reply, const Query& query, UnixSeconds source_at) {
  const Target target = read_target(query.partition);
  if (!is_success(reply))
    if (const google::ApiError error = read_error(reply); is_about_the_page(reply, error))
      return to_page(failed_run(page_failure(error), target, source_at), query);
  const auto body = parse_json(reply.body, who);
  if (!body) return tl::unexpected<Error>(body.error());
  auto run = read_run(*body, target, source_at);
  if (!run) return tl::unexpected<Error>(std::move(run.error()));
  return to_page(*std::move(run), query);
}

// Daily quotas begin anew at midnight in California, which is 08:00 UTC in winter and never later.
std::int64_t seconds_to_new_quota(const HttpReply& reply) {
  const auto now = parse_http_date(header(reply.headers, "date"));
  if (!now) return 3600;
  const auto since_midnight = *now - day_of(*now);
  auto wait = std::chrono::hours(8) - since_midnight;
  if (wait <= std::chrono::seconds(0)) wait += std::chrono::hours(24);
  return wait.count();
}

Problem explain(const HttpReply& reply, Problem general) {
  const google::ApiError error = read_error(reply);
  if (is_about_the_page(reply, error)) {
    general.remedy = Remedy::read;
    return general;
  }
  const auto means = [&](ErrorKind kind, std::string_view words) {
    general.error.kind = kind;
    general.error.message += words;
  };
  // Under the older reason the newer one tells more.
  const std::string& code = error.reason.empty() ? error.code : error.reason;
  if (code == "API_KEY_INVALID")
    means(ErrorKind::credentials, ", the key is not accepted");
  else if (is_one_of(code, "SERVICE_DISABLED accessNotConfigured"))
    means(ErrorKind::configuration, ", the API is not switched on in the key's project");
  else if (code == "API_KEY_SERVICE_BLOCKED")
    means(ErrorKind::configuration, ", the key is restricted to other APIs");
  else if (is_one_of(code, "API_KEY_HTTP_REFERRER_BLOCKED API_KEY_IP_ADDRESS_BLOCKED"))
    means(ErrorKind::configuration, ", the key is restricted to other callers");
  else if (reply.status == 400 && general.error.kind == ErrorKind::ours)
    means(ErrorKind::configuration, ", Google does not accept the address");
  if (!code.empty()) general.error.message += concat({" (", code, ")"});
  if (reply.status == 429 && !general.error.retry_after_secs)
    general.error.retry_after_secs =
        contains(error.quota, "PerDay") ? seconds_to_new_quota(reply) : error.retry_delay_secs.value_or(60);
  return general;
}

constexpr std::array streams{Stream{.id = "runs",
                                    .full_scan = true,
                                    .slowest_reply = std::chrono::seconds(130),
                                    .request = run_request,
                                    .parse = parse_run}};

}  // namespace

constinit const Connector connector{.service = "pagespeed", .streams = streams, .explain = explain};

}  // namespace wf::pagespeed
