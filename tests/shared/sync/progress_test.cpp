#include <catch_amalgamated.hpp>

#include "stripe_account.hpp"

using namespace fake;

TEST_CASE("a backfill tells how far it has come", "[sync]") {
  Host host = stripe_host();
  std::vector<Json> progress;
  host.provider = [&](const std::string& url) -> Reply {
    progress.push_back(host.database.facts["charges"]);
    return stripe_reply(url);
  };
  host.sync("charges");
  REQUIRE(progress.size() == 2);
  CHECK_FALSE(progress[0].contains("progress_total"));
  CHECK(progress[1]["progress_total"] == 90);
  CHECK(progress[1]["progress_done"] == 1);
  CHECK(progress[1]["run_rows"] == 3);
}

TEST_CASE("a row from before the window does not take the progress past its end", "[sync]") {
  Host host = stripe_host();
  Json progress;
  host.provider = [&](const std::string& url) -> Reply {
    progress = host.database.facts["charges"];
    Json page = Json::parse(std::string(fixture("lists/charges_page1.built.json")));
    if (has(url, "starting_after")) page["has_more"] = false;
    for (Json& charge : page["data"]) charge["created"] = 1'400'000'000;
    return {200, page.dump()};
  };
  host.sync("charges");
  CHECK(progress["progress_total"] == 90);
  CHECK(progress["progress_done"] == 90);
}
