#include "shared/domain/detection.hpp"

#include <catch_amalgamated.hpp>

namespace {

using wf::Json;

const std::vector<wf::KnownWorkspace> known{{"1111", "northwind-dental"}, {"2222", "harbor-yoga"}};

Json detect(std::string_view configured_text) {
  const auto json = wf::parse_json(configured_text, "test");
  REQUIRE(json.has_value());
  const auto configured = wf::read_configured(*json);
  REQUIRE(configured.has_value());
  return wf::detect(*configured, known);
}

const Json* service_of(const Json& detected, std::size_t workspace, std::string_view id) {
  for (const Json& service : detected["workspaces"][workspace]["services"]) {
    if (wf::find_string(service, "service") == id) return &service;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("a workspace gets the services that its bundle names, with what is missing") {
  const Json found = detect(R"({"agency":["google_ads.client_id"],"workspaces":{"northwind-dental":
    {"present":["stripe.webhook_secret","google_ads.customer_id"],"problem":null}}})");
  const Json* stripe = service_of(found, 0, "stripe");
  REQUIRE(stripe != nullptr);
  CHECK((*stripe)["present"] == Json::array({"stripe.webhook_secret"}));
  CHECK((*stripe)["missing"] == Json::array({"stripe.secret_key"}));
  const Json* ads = service_of(found, 0, "google_ads");
  REQUIRE(ads != nullptr);
  CHECK((*ads)["present"] == Json::array({"google_ads.client_id", "google_ads.customer_id"}));
  CHECK((*ads)["missing"] == Json::array({"google_ads.client_secret", "google_ads.refresh_token"}));
  CHECK(service_of(found, 0, "meta") == nullptr);
  CHECK(found["workspaces"][1]["services"].empty());
  CHECK(found["workspaces"][1]["problem"].is_null());
}

TEST_CASE("a service of the agency belongs to every workspace, a shared token to none by itself") {
  const Json found = detect(R"({"agency":["supabase.secret_key","cloudflare.api_token","meta.access_token",
    "search_console.private_key"],"workspaces":{}})");
  for (std::size_t workspace = 0; workspace < 2; ++workspace) {
    CHECK(service_of(found, workspace, "supabase") != nullptr);
    CHECK(service_of(found, workspace, "cloudflare") == nullptr);
    CHECK(service_of(found, workspace, "meta") == nullptr);
    CHECK(service_of(found, workspace, "search_console") == nullptr);
  }
}

TEST_CASE("of the agency's Cloudflare account a workspace has only what its bundle names") {
  const Json found = detect(R"({"agency":["cloudflare.api_token","cloudflare.account_id"],"workspaces":{
    "harbor-yoga":{"present":["cloudflare.bucket_names"],"ids":{"cloudflare.bucket_names":["media","forms"]},
    "problem":null}}})");
  CHECK(service_of(found, 0, "cloudflare") == nullptr);
  const Json& service = *service_of(found, 1, "cloudflare");
  CHECK(service["missing"].empty());
  REQUIRE(service["schedules"].size() == 4);
  for (const Json& schedule : service["schedules"])
    CHECK((schedule["partition"] == "media" || schedule["partition"] == "forms"));
}

TEST_CASE("what the agency's keys alone give of a service is told, for workspaces that name it no more") {
  const Json found = detect(R"({"agency":["cloudflare.api_token","cloudflare.account_id","stripe.secret_key"],
    "workspaces":{"northwind-dental":{"present":[],"problem":null}}})");
  CHECK(found["workspaces"][0]["services"].empty());
  REQUIRE(found["agency"].size() == 1);  // Stripe's key is no agency's
  CHECK(found["agency"][0] == Json({{"service", "cloudflare"},
                                    {"present", {"cloudflare.api_token", "cloudflare.account_id"}},
                                    {"missing", {"cloudflare.zone_id"}}}));
}

TEST_CASE("a key is taken only from where its scope allows it") {
  const Json found = detect(R"({"agency":["stripe.secret_key","search_console.client_email",
    "search_console.private_key"],"workspaces":{"harbor-yoga":{"present":["stripe.webhook_secret","search_console.site_url",
    "pagespeed.api_key","pagespeed.urls"],"problem":null}}})");
  CHECK((*service_of(found, 1, "stripe"))["missing"] == Json::array({"stripe.secret_key"}));
  CHECK((*service_of(found, 1, "search_console"))["missing"].empty());
  CHECK((*service_of(found, 1, "pagespeed"))["missing"] == Json::array({"pagespeed.api_key"}));
  CHECK(service_of(found, 0, "stripe") == nullptr);
}

TEST_CASE("one way to sign in is enough") {
  const auto missing = [](const std::string& present) {
    const Json found =
        detect((R"({"agency":[],"workspaces":{"harbor-yoga":{"present":["search_console.site_url")" +
                present + R"(],"problem":null}}})")
                   .c_str());
    return (*service_of(found, 1, "search_console"))["missing"];
  };
  CHECK(missing("") == Json::array({"search_console.client_email", "search_console.private_key"}));
  CHECK(missing(R"(,"search_console.client_email")") == Json::array({"search_console.private_key"}));
  CHECK(missing(R"(,"search_console.refresh_token")").empty());
}

TEST_CASE("schedules are for streams whose connector exists") {
  const Json found = detect(R"({"agency":[],"workspaces":{"northwind-dental":
    {"present":["stripe.secret_key","meta.page_id"],"problem":null}}})");
  const Json& schedules = (*service_of(found, 0, "stripe"))["schedules"];
  REQUIRE(schedules.size() == 10);
  CHECK(schedules[0] ==
        Json({{"stream", "charges"}, {"partition", ""}, {"cadence", "daily"}, {"every_secs", 86400}}));
  CHECK((*service_of(found, 0, "meta"))["schedules"].empty());
}

TEST_CASE("an unreadable bundle is told, and says nothing about what it takes part in") {
  const Json found = detect(R"({"agency":["supabase.secret_key"],"workspaces":{"northwind-dental":
    {"present":["stripe.secret_key"],"problem":"WORKSPACE_NORTHWIND_DENTAL is not a JSON object"}}})");
  CHECK(found["workspaces"][0]["problem"] == "WORKSPACE_NORTHWIND_DENTAL is not a JSON object");
  // What the agency alone sets up goes on.
  CHECK(found["workspaces"][0]["services"].size() == 1);
  for (const std::size_t workspace : {0U, 1U}) {
    const Json* supabase = service_of(found, workspace, "supabase");
    REQUIRE(supabase != nullptr);
    CHECK((*supabase)["schedules"].size() == 1);
  }
}

TEST_CASE("a bundle of no known workspace is left out and can be named") {
  const auto json = wf::parse_json(
      R"({"agency":[],"workspaces":{"northwind-dentl":{"present":["stripe.secret_key"]}}})", "t");
  const auto configured = wf::read_configured(*json);
  REQUIRE(configured.has_value());
  CHECK(wf::detect(*configured, known)["workspaces"].size() == 2);
  CHECK(wf::unknown_bundles(*configured, known) == std::vector<std::string>{"northwind-dentl"});
}

TEST_CASE("a stream is split by the values of an account id, once per variant") {
  const auto ids = [](const char* text) { return *wf::parse_json(text, "test"); };
  const std::string_view variants[] = {"mobile", "desktop"};
  const wf::StreamDescriptor whole{.name = "a"};
  const wf::StreamDescriptor split{.name = "b", .partitioned_by = "pagespeed.urls"};
  wf::StreamDescriptor varied = split;
  varied.variants = variants;
  const Json urls = ids(R"({"pagespeed.urls":["https://a/","https://b/","https://a/"]})");
  using Partitions = std::vector<std::string>;
  CHECK(wf::partitions_of(whole, urls) == Partitions{""});
  CHECK(wf::partitions_of(split, urls) == Partitions{"https://a/", "https://b/"});
  CHECK(wf::partitions_of(varied, urls) ==
        Partitions{"mobile https://a/", "desktop https://a/", "mobile https://b/", "desktop https://b/"});
  CHECK(wf::partitions_of(split, ids(R"({"pagespeed.urls":"https://a/"})")) == Partitions{"https://a/"});
  CHECK(wf::partitions_of(split, Json::object()).empty());
  CHECK(wf::partitions_of(split, ids(R"({"pagespeed.urls":[7,{}]})")).empty());
}

TEST_CASE("ids are read with the names, the agency's among them") {
  const auto configured = wf::read_configured(*wf::parse_json(
      R"({"agency":["cloudflare.account_id"],"agency_ids":{"cloudflare.account_id":"0a1b"},
      "workspaces":{"northwind-dental":{"present":["pagespeed.urls"],"problem":null,
      "ids":{"pagespeed.urls":["https://a/"]}},"harbor-yoga":{"present":[],"problem":null,"ids":7}}})",
      "test"));
  REQUIRE(configured.has_value());
  CHECK(configured->agency_ids["cloudflare.account_id"] == "0a1b");
  for (const auto& workspace : configured->workspaces)
    CHECK(workspace.ids.size() == (workspace.slug == "northwind-dental" ? 1 : 0));
}

TEST_CASE("input of another shape is an error") {
  CHECK_FALSE(wf::read_configured(Json::object()).has_value());
  CHECK_FALSE(wf::read_configured(Json::array()).has_value());
  CHECK_FALSE(wf::read_workspaces(Json::object()).has_value());
  CHECK_FALSE(wf::read_workspaces(*wf::parse_json(R"([{"slug":"a"}])", "t")).has_value());
  const auto rows = wf::read_workspaces(*wf::parse_json(R"([{"client_id":"1","slug":"a","name":"A"}])", "t"));
  REQUIRE(rows.has_value());
  CHECK(rows->front().slug == "a");
}
