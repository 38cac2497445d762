#include <algorithm>
#include <catch_amalgamated.hpp>

#include "shared/base/text.hpp"
#include "shared/connectors/pagespeed/pagespeed.hpp"
#include "tests/shared/connectors/columns.hpp"
#include "tests/shared/connectors/fixtures.hpp"

using namespace wf;
using fixtures::json;

namespace {

const std::string page_url = "https://northwind.example/kontakt?a=1&b=2";
constexpr std::int64_t at = 1'795'000'000;  // 2026-11-18T11:06:40Z

Query query_of(const std::string& strategy = "mobile", bool again = false) {
  Query query{{from_unix(at - 60), from_unix(at)}, strategy + " " + page_url, Json::object(), Json()};
  query.again = again;
  return query;
}

std::string body(const std::string& name) { return fixtures::read("../pagespeed/" + name); }

Result<Page> parse(const std::string& text, int status = 200, bool again = false) {
  return pagespeed::connector.streams[0].parse({status, {}, text}, query_of("mobile", again), from_unix(at));
}

Page page_of(const std::string& text, int status = 200, bool again = false) {
  auto page = parse(text, status, again);
  INFO((page ? "" : page.error().message));
  REQUIRE(page.has_value());
  return *std::move(page);
}

std::vector<Json> rows_of(const Page& page, const std::string& table) {
  for (const RowBatch& batch : page.batches)
    if (batch.table == table) return batch.rows;
  return {};
}

Json run_of(const Page& page) {
  const auto rows = rows_of(page, "pagespeed_runs");
  REQUIRE(rows.size() == 1);
  return rows[0];
}

Json audit_of(const Page& page, const std::string& id) {
  for (const Json& row : rows_of(page, "pagespeed_audits"))
    if (row["audit_id"] == id) return row;
  return nullptr;
}

Problem explained(int status, const std::string& text, Headers headers = {},
                  ErrorKind kind = ErrorKind::ours) {
  return pagespeed::connector.explain({status, std::move(headers), text},
                                      {{kind, "pagespeed runs: answered"}, Remedy::give_up});
}

}  // namespace

TEST_CASE("a run is asked for with its strategy and every category", "[pagespeed]") {
  const HttpRequest request = pagespeed::connector.streams[0].request(query_of("desktop"));
  CHECK(request.method == "GET");
  CHECK(request.url ==
        "https://pagespeedonline.googleapis.com/pagespeedonline/v5/runPagespeed"
        "?url=https%3A%2F%2Fnorthwind.example%2Fkontakt%3Fa%3D1%26b%3D2&strategy=DESKTOP&locale=en"
        "&category=PERFORMANCE&category=ACCESSIBILITY&category=BEST_PRACTICES&category=SEO");
  CHECK(header(request.headers, "x-goog-api-key") == "{{secret:pagespeed.api_key}}");
  CHECK(request.timeout_ms >= 130'000);
  CHECK(pagespeed::connector.streams[0].slowest_reply >= std::chrono::milliseconds(request.timeout_ms));
}

TEST_CASE("rows carry exactly the columns of their tables", "[pagespeed]") {
  for (const char* name :
       {"psi_lh13_full.json", "psi_lh13_no_field_data.json", "psi_single_category_seo.built.json"}) {
    const Page page = page_of(body(name));
    INFO(name);
    CHECK(columns::of_row(run_of(page)) == columns::of_table("0014_pagespeed.sql", "pagespeed_runs"));
    for (const Json& row : rows_of(page, "pagespeed_audits"))
      CHECK(columns::of_row(row) == columns::of_table("0014_pagespeed.sql", "pagespeed_audits"));
  }
  CHECK(columns::of_row(run_of(page_of(body("error_400_lighthouse.json"), 400))) ==
        columns::of_table("0014_pagespeed.sql", "pagespeed_runs"));
}

TEST_CASE("a whole run: scores, lab and field apart", "[pagespeed]") {
  const Page page = page_of(body("psi_lh13_full.json"));
  const Json run = run_of(page);
  CHECK(run["url"] == page_url);
  CHECK(run["strategy"] == "mobile");
  CHECK(run["run_at"] == "2026-11-22T06:00:00Z");
  CHECK(run["result"] == "ok");
  CHECK(run["final_url"] == "http://localhost:10200/dobetterweb/dbw_tester.html");
  CHECK(run["lighthouse_version"] == "13.4.1");
  CHECK(run["performance_score"] == 0.32);
  CHECK(run["accessibility_score"] == 0.75);
  CHECK(run["best_practices_score"] == 0.31);
  CHECK(run["seo_score"] == 0.75);
  CHECK(run["other_scores"] == Json{{"agentic-browsing", 0.3}});
  CHECK(run["lab_lcp_ms"] == 10884.681);
  CHECK(run["lab_cls"] == 0.099576);
  CHECK(run["lab_total_bytes"] == 1871037);
  CHECK(run["field_cls"] == 0.04);
  CHECK(run["field_inp_ms"] == 175);
  CHECK(run["field_ttfb_ms"] == 1037);
  CHECK(run["origin_cls"] == 0.04);
  CHECK(page.items == 1);
  CHECK_FALSE(page.next.has_value());
  CHECK(format_time(*page.newest) == "2026-11-22T06:00:00Z");
}

TEST_CASE("failed audits come with their savings, and with nothing that is no audit", "[pagespeed]") {
  const Page page = page_of(body("psi_lh13_full.json"));
  CHECK(rows_of(page, "pagespeed_audits").size() == 30);
  const Json unused = audit_of(page, "unused-javascript");
  CHECK(unused["savings_ms"] == 580);
  CHECK(unused["savings_bytes"] == 94194);
  CHECK(unused["metric_savings"] == Json{{"FCP", 0}, {"LCP", 600}});
  CHECK(unused["url"] == page_url);
  CHECK(audit_of(page, "image-alt")["categories"] == Json{"accessibility", "seo"});
  CHECK(audit_of(page, "largest-contentful-paint").is_null());  // a metric: it has a column
  CHECK(audit_of(page, "max-potential-fid").is_null());         // hidden
  CHECK(audit_of(page, "server-response-time").is_null());      // passed
}

TEST_CASE("an audit that broke is listed, without a score", "[pagespeed]") {
  Json changed = json(body("psi_lh13_full.json"));
  Json& audit = changed["lighthouseResult"]["audits"]["image-alt"];
  audit["score"] = nullptr;
  audit["scoreDisplayMode"] = "error";
  const Json row = audit_of(page_of(dump(changed)), "image-alt");
  CHECK(row["score"].is_null());
  CHECK(row["score_display_mode"] == "error");
}

TEST_CASE("without visits there is no field data", "[pagespeed]") {
  const Json run = run_of(page_of(body("psi_lh13_no_field_data.json")));
  for (const char* column : {"field_lcp_ms", "field_inp_ms", "field_cls", "field_category", "origin_lcp_ms",
                             "origin_cls", "origin_category"})
    CHECK(run[column].is_null());
  CHECK(run["performance_score"] == 0.32);
}

TEST_CASE("what the origin lends is the origin's", "[pagespeed]") {
  Json changed = json(body("psi_lh13_full.json"));
  changed["loadingExperience"]["origin_fallback"] = true;
  changed.erase("originLoadingExperience");
  const Json run = run_of(page_of(dump(changed)));
  CHECK(run["field_cls"].is_null());
  CHECK(run["field_category"].is_null());
  CHECK(run["origin_cls"] == 0.04);
  CHECK(run["origin_inp_ms"] == 175);
}

TEST_CASE("a single missing metric and the former name of INP are normal", "[pagespeed]") {
  Json changed = json(body("psi_lh13_full.json"));
  Json& metrics = changed["loadingExperience"]["metrics"];
  metrics["EXPERIMENTAL_INTERACTION_TO_NEXT_PAINT"] = metrics["INTERACTION_TO_NEXT_PAINT"];
  metrics.erase("INTERACTION_TO_NEXT_PAINT");
  metrics.erase("LARGEST_CONTENTFUL_PAINT_MS");
  const Json run = run_of(page_of(dump(changed)));
  CHECK(run["field_inp_ms"] == 175);
  CHECK(run["field_lcp_ms"].is_null());
}

TEST_CASE("one category alone is a run", "[pagespeed]") {
  const Json run = run_of(page_of(body("psi_single_category_seo.built.json")));
  CHECK(run["result"] == "ok");
  CHECK(run["seo_score"] == 0.75);
  CHECK(run["performance_score"].is_null());
}

TEST_CASE("no score is a failed run, never 0", "[pagespeed]") {
  Json changed = json(body("psi_lh13_full.json"));
  changed["lighthouseResult"]["categories"]["performance"]["score"] = nullptr;
  const Page page = page_of(dump(changed));
  const Json run = run_of(page);
  CHECK(run["result"] == "failed");
  CHECK(run["failure_code"] == "NO_SCORE");
  CHECK(run["performance_score"].is_null());
  CHECK(run["lab_lcp_ms"].is_null());
  CHECK(run["field_inp_ms"] == 175);
  CHECK(rows_of(page, "pagespeed_audits").empty());
  CHECK(page.ask_again);
  CHECK(page.pause_secs == 90);
}

TEST_CASE("an error of the run fails it, and NO_ERROR is none", "[pagespeed]") {
  Json changed = json(body("psi_lh13_full.json"));
  changed["lighthouseResult"]["runtimeError"] = {{"code", "NO_FCP"}, {"message", "The page did not paint"}};
  const Json run = run_of(page_of(dump(changed)));
  CHECK(run["failure_code"] == "NO_FCP");
  CHECK(run["failure_message"] == "The page did not paint");
  changed["lighthouseResult"]["runtimeError"]["code"] = "NO_ERROR";
  CHECK(run_of(page_of(dump(changed)))["result"] == "ok");
}

TEST_CASE("a page that does not load is a finding, asked about once more", "[pagespeed]") {
  const std::string refused = body("error_400_lighthouse.json");
  CHECK(explained(400, refused).remedy == Remedy::read);
  const Page page = page_of(refused, 400);
  const Json run = run_of(page);
  CHECK(run["result"] == "failed");
  CHECK(run["failure_code"] == "FAILED_DOCUMENT_REQUEST");
  CHECK(contains(text_in(run, "failure_message"), "ERR_TIMED_OUT"));
  CHECK(run["run_at"] == format_time(from_unix(at)));
  CHECK(page.ask_again);
  CHECK(page.unavailable.empty());
  CHECK_FALSE(page.newest.has_value());
  const Page second = page_of(refused, 400, true);
  CHECK_FALSE(second.ask_again);
  CHECK_FALSE(second.newest.has_value());
  CHECK(second.unavailable ==
        std::vector<std::string>{"score of mobile https://northwind.example/kontakt?a=1&b=2"});
  CHECK(page_of(body("psi_lh13_full.json"), 200, true).unavailable.empty());
}

TEST_CASE("errors of PageSpeed", "[pagespeed]") {
  const Problem key = explained(400, body("error_400_bad_key.built.json"));
  CHECK(key.error.kind == ErrorKind::credentials);
  CHECK(key.error.message == "pagespeed runs: answered, the key is not accepted (API_KEY_INVALID)");
  CHECK(key.remedy == Remedy::give_up);

  const std::string quota = body("error_429_quota.built.json");
  const auto wait = [&](const char* date) {
    return explained(429, quota, {{"date", date}}, ErrorKind::rate_limit).error.retry_after_secs;
  };
  CHECK(wait("Mon, 23 Nov 2026 07:59:00 GMT") == 60);
  CHECK(wait("Mon, 23 Nov 2026 08:00:00 GMT") == 86'400);
  CHECK(wait("Mon, 23 Nov 2026 20:00:00 GMT") == 12 * 3600);
  Json per_minute = json(quota);
  per_minute["error"]["details"][0]["metadata"]["quota_limit"] = "defaultPerMinutePerProject";
  CHECK(explained(429, dump(per_minute), {}, ErrorKind::rate_limit).error.retry_after_secs == 60);
  per_minute["error"]["details"].push_back({{"retryDelay", "17s"}});
  CHECK(explained(429, dump(per_minute), {}, ErrorKind::rate_limit).error.retry_after_secs == 17);

  const Problem address =
      explained(400, R"({"error":{"errors":[{"domain":"global","reason":"invalidParameter"}]}})");
  CHECK(address.error.kind == ErrorKind::configuration);
  CHECK(address.error.message ==
        "pagespeed runs: answered, Google does not accept the address (invalidParameter)");
  CHECK(explained(500, "<html>", {}, ErrorKind::provider).error.kind == ErrorKind::provider);
  for (const auto& [code, words] :
       {std::pair{"SERVICE_DISABLED", ", the API is not switched on in the key's project"},
        {"API_KEY_SERVICE_BLOCKED", ", the key is restricted to other APIs"},
        {"API_KEY_IP_ADDRESS_BLOCKED", ", the key is restricted to other callers"}}) {
    const Json refused = {{"error", {{"details", {{{"reason", code}}}}}}};
    const Error error = explained(403, dump(refused), {}, ErrorKind::credentials).error;
    CHECK(error.kind == ErrorKind::configuration);
    CHECK(error.message == concat({"pagespeed runs: answered", words, " (", code, ")"}));
  }
}

TEST_CASE("replies that are no runs are refused whole", "[pagespeed]") {
  CHECK(parse("").error().kind == ErrorKind::data);
  CHECK(parse("[]").error().message == "pagespeed runs: missing lighthouseResult");
  const auto with = [](const std::string& pointer, Json value) {
    Json changed = json(body("psi_lh13_full.json"));
    changed[Json::json_pointer(pointer)] = std::move(value);
    const auto page = parse(dump(changed));
    return page ? std::string("read") : page.error().message;
  };
  CHECK(contains(with("/lighthouseResult/categories/seo/score", "good"), "score is not between"));
  CHECK(contains(with("/lighthouseResult/categories/seo/score", 32), "score is not between"));
  CHECK(contains(with("/lighthouseResult/audits/speed-index/numericValue", "8 s"), "lab_speed_index_ms is"));
  CHECK(contains(with("/lighthouseResult/audits/image-alt/title", 7), "pagespeed audits: title is"));
  CHECK(contains(with("/loadingExperience/metrics/INTERACTION_TO_NEXT_PAINT/percentile", 1.5),
                 "field_inp_ms is"));
  CHECK(with("/lighthouseResult/audits/total-byte-weight/numericValue", 1871037.4) == "read");
  CHECK(with("/loadingExperience/metrics", Json::array()) == "read");
}
