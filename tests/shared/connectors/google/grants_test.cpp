#include "shared/connectors/google/grants.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/google/errors.hpp"
#include "tests/shared/connectors/google/fixtures.hpp"

using namespace wf;
using google_fixtures::at;

TEST_CASE("base64url is that of RFC 4648", "[google]") {
  CHECK(google::base64url("").empty());
  CHECK(google::base64url("f") == "Zg");
  CHECK(google::base64url("fo") == "Zm8");
  CHECK(google::base64url("foo") == "Zm9v");
  CHECK(google::base64url("foobar") == "Zm9vYmFy");
  CHECK(google::base64url("\xfb\xff\xfe") == "-__-");
}

TEST_CASE("a refresh token is exchanged without being held", "[google]") {
  const Json ids = {{"google_ads.client_id", "12-ab.apps.googleusercontent.com&x=1"}};
  const auto steps = google::refresh_token_grant("google_ads", ids);
  REQUIRE(steps.size() == 1);
  const auto* request = std::get_if<HttpRequest>(&steps[0]);
  REQUIRE(request);
  CHECK(request->method == "POST");
  CHECK(request->url == "https://oauth2.googleapis.com/token");
  CHECK(
      request->body ==
      "grant_type=refresh_token&client_id=12-ab.apps.googleusercontent.com%26x%3D1"
      "&client_secret={{secret:google_ads.client_secret}}&refresh_token={{secret:google_ads.refresh_token}}");
  CHECK(request->body_secrets ==
        std::vector<std::string>{"google_ads.client_secret", "google_ads.refresh_token"});
  REQUIRE(request->capture);
  CHECK(request->capture->name == "google_ads.access_token");
  CHECK(header(request->headers, "content-type") == "application/x-www-form-urlencoded");
}

TEST_CASE("a service account's assertion is signed by the host", "[google]") {
  const Json ids = {{"search_console.client_email", "reader@project.iam.gserviceaccount.com"},
                    {"search_console.private_key_id", "k1"}};
  const auto steps =
      google::service_account_grant("search_console", "scope", ids, at("2026-11-23T13:01:00Z"));
  REQUIRE(steps.size() == 2);
  const auto* sign = std::get_if<Sign>(&steps[0]);
  REQUIRE(sign);
  CHECK(sign->algorithm == "RS256");
  CHECK(sign->secret == "search_console.private_key");
  CHECK(sign->captured == "search_console.assertion");
  CHECK(sign->message ==
        google::base64url(R"({"alg":"RS256","kid":"k1","typ":"JWT"})") + "." +
            google::base64url(
                R"({"aud":"https://oauth2.googleapis.com/token","exp":1795442400,"iat":1795438800,)"
                R"("iss":"reader@project.iam.gserviceaccount.com","scope":"scope"})"));
  const auto* request = std::get_if<HttpRequest>(&steps[1]);
  REQUIRE(request);
  CHECK(request->body ==
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
        "&assertion={{secret:search_console.assertion}}");
  CHECK(request->capture->name == "search_console.access_token");
}

TEST_CASE("durations are whole seconds, rounded up", "[google]") {
  CHECK(google::parse_duration("900s") == 900);
  CHECK(google::parse_duration("1.5s") == 2);
  CHECK(google::parse_duration("3.000s") == 3);
  CHECK(google::parse_duration("0s") == 0);
  for (const char* text : {"", "s", "900", "-1s", "1.s", "1.xs", "99999999999s", "1e3s"})
    CHECK_FALSE(google::parse_duration(text));
}

TEST_CASE("errors are found in both shapes, and words of codes alone are made of them", "[google]") {
  for (const char* name : {"error_quota_search", "error_quota_searchstream_array"}) {
    const auto error = google::read_api_error(
        google_fixtures::reply("google-ads/" + std::string(name) + ".built.json", 429));
    REQUIRE(error);
    CHECK(error->kind == "quotaError");
    CHECK(error->code == "RESOURCE_EXHAUSTED");
    CHECK(error->retry_delay_secs == 900);
  }
  const auto quota =
      google::read_api_error(google_fixtures::reply("pagespeed/error_429_quota.built.json", 429));
  REQUIRE(quota);
  CHECK(quota->word() == "rateLimitExceeded");
  CHECK(quota->reason == "RATE_LIMIT_EXCEEDED");
  CHECK(quota->quota == "defaultPerDayPerProject");
  CHECK_FALSE(google::read_api_error({.status = 500, .body = "<html>"}));
  CHECK_FALSE(google::read_api_error({.status = 500, .body = "[]"}));
  CHECK_FALSE(google::read_api_error({.status = 500, .body = R"({"error":"invalid_grant"})"}));
  const auto odd = google::read_api_error(
      {.status = 500, .body = R"({"error":{"status":"a b","errors":[7],"details":[null,{"errors":[{}]}]}})"});
  REQUIRE(odd);
  CHECK(odd->word().empty());
}
