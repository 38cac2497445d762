#include "toy_service.hpp"

#include <array>

#include "shared/base/text.hpp"

namespace toy {
namespace {

using namespace wf;

constexpr std::string_view token_url = "https://sign-in.toy.example/token";

std::vector<GrantStep> token_steps(const Json& ids, UnixSeconds now) {
  Sign assertion{"RS256", "toy.private_key",
                 find_string(ids, "toy.account").value_or("?") + "." + std::to_string(to_unix(now)),
                 "toy.assertion", 300};
  HttpRequest ask;
  ask.method = "POST";
  ask.url = std::string(token_url);
  ask.body = "assertion={{secret:toy.assertion}}";
  ask.body_secrets = {"toy.assertion"};
  ask.capture = Capture{"toy.access_token"};
  return {std::move(assertion), std::move(ask)};
}

HttpRequest rows_request(const Query& query) {
  HttpRequest request;
  UrlBuilder url("https://toy.example/" + find_string(query.ids, "toy.account").value_or("?") + "/rows");
  url.add("site", query.partition);
  if (const auto after = as_string(query.position)) url.add("after", *after);
  request.url = url.take();
  // Of the account that has one; the signing key may be missing.
  if (find_string(query.ids, "toy.signed")) request.url += "&proof={{secret:toy.proof}}";
  request.headers = {{"authorization", "Bearer {{secret:toy.access_token}}"}};
  return request;
}

Result<Page> parse_rows(const HttpReply& reply, const Query& query, UnixSeconds source_at) {
  if (reply.status == 410) return Page{.next = "after the dead one"};
  const auto body = parse_json(reply.body, "toy rows");
  if (!body) return tl::unexpected<Error>(body.error());
  if (find_string(*body, "problem") == "suspended")
    return fail(ErrorKind::credentials, "toy rows: the account is suspended");
  if (find_string(*body, "problem") == "busy") return fail(ErrorKind::rate_limit, "toy rows: busy", 45);
  Page page{.items = body->value("days", Json::array()).size()};
  RowBatch batch{"toy_rows", {}};
  for (const Json& item : body->value("days", Json::array())) {
    const std::string day = as_string(item).value_or("");
    const auto at = parse_day(day);
    if (!at) return fail(ErrorKind::data, "toy rows: no day");
    page.newest = std::max(page.newest.value_or(UnixSeconds{}), UnixSeconds{*at});
    batch.rows.push_back(
        {{"id", query.partition + day}, {"day", day}, {"source_at", format_time(source_at)}});
  }
  if (!batch.rows.empty()) page.batches.push_back(std::move(batch));
  if (const Json* next = find(*body, "next")) page.next = *next;
  page.rest_secs = find_int64(*body, "rest").value_or(0);
  if (const auto gone = find_string(*body, "gone")) page.unavailable.push_back(*gone);
  if (const auto end = find_int64(*body, "ends")) page.credentials_expire_at = from_unix(*end);
  return page;
}

Problem explain(const HttpReply& reply, Problem general) {
  if (reply.status == 410) general.remedy = Remedy::read;
  if (reply.status == 403 && contains(reply.body, "quota")) {
    general.error = {ErrorKind::rate_limit, "toy rows: quota", 600};
    general.remedy = Remedy::retry;
  }
  return general;
}

std::vector<GrantStep> proof_steps(const Json&, UnixSeconds) {
  return {Sign{"hmac-sha256", "toy.app_secret", "{{secret:toy.access_token}}", "toy.proof"}};
}

constexpr std::array grants{Grant{"toy.access_token", token_steps}, Grant{"toy.proof", proof_steps, true}};
constexpr std::array streams{Stream{.id = "rows",
                                    .first_sync = std::chrono::hours(48),
                                    .overlap = std::chrono::hours(24),
                                    .final_after = std::chrono::days(3),
                                    .request = rows_request,
                                    .parse = parse_rows}};

}  // namespace

constinit const Connector connector{
    .service = "toy", .streams = streams, .explain = explain, .grants = grants};

std::string page(const std::string& day, bool more) {
  Json body = {{"days", Json::array({day})}};
  if (more) body["next"] = day;
  return dump(body);
}

std::string token(int expires_in) {
  return dump({{"access_token", "toy-token"}, {"expires_in", expires_in}});
}

fake::Host host(std::function<fake::Reply(const std::string& url)> rows) {
  static constexpr std::array registry{&connector};
  fake::Host made{Registry(registry)};
  made.service = "toy";
  made.partition = "https://a.example/";
  made.ids = {{"toy.account", "77"}};
  made.secrets["toy.private_key"] = true;
  made.provider = [rows = std::move(rows)](const std::string& url) {
    return url == token_url ? fake::Reply{200, token()} : rows(url);
  };
  return made;
}

}  // namespace toy
