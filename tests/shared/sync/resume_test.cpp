// Killed at any effect, before or after it, and started again from what was stored.
#include <catch_amalgamated.hpp>

#include "stripe_account.hpp"

using namespace fake;

namespace {

using Rows = std::map<std::string, std::map<std::string, Json>>;

Rows without_times(Rows rows) {
  for (auto& [table, stored] : rows)
    for (auto& [id, row] : stored) row.erase("source_at");
  return rows;
}

void check_every_cut(const std::string& stream, const std::function<Host()>& make_host) {
  Host whole = make_host();
  whole.sync(stream);
  whole.work_until_quiet();
  REQUIRE(whole.last_run().state == "succeeded");
  const Rows wanted = without_times(whole.database.rows);
  const int effects = whole.effects;
  for (int cut = 1; cut <= effects; ++cut)
    for (const bool before : {true, false}) {
      Host host = make_host();
      host.death = Death{cut, before};
      host.sync(stream);
      host.work_until_quiet();
      INFO(stream << ", cut at effect " << cut << (before ? " before it" : " after it"));
      CHECK(host.died);
      CHECK(host.last_run().state == "succeeded");
      CHECK(without_times(host.database.rows) == wanted);
      CHECK(host.database.facts[stream]["last_rows"] == whole.database.facts[stream]["last_rows"]);
      for (const char* end : {"covered_from", "covered_until"})
        CHECK(host.database.cursors[stream][end].is_string());
    }
}

}  // namespace

TEST_CASE("two pages, killed at every effect", "[resume]") {
  check_every_cut("charges", stripe_host);
  check_every_cut("balance_transactions", stripe_host);
}

TEST_CASE("a full scan, killed at every effect", "[resume]") {
  check_every_cut("payment_links", stripe_host);
}

TEST_CASE("a scan with a tie on its last page, killed at every effect", "[resume]") {
  check_every_cut("charges", [] {
    Host host = stripe_host();
    host.database.rows["stripe_charges"]["ch_3Q0000000000000000000005"] = {
        {"id", "ch_3Q0000000000000000000005"},
        {"status", "from a webhook"},
        {"source_at", "2025-11-23T12:13:20Z"}};
    host.provider = [](const std::string& url) -> Reply {
      if (!has(url, "/v1/charges/ch_")) return stripe_reply(url);
      const Json object = json(fixture("lists/charges_page2.built.json"))["data"][1];
      return {200, wf::dump(object), {{"date", "Sun, 23 Nov 2025 12:13:21 GMT"}}};
    };
    return host;
  });
}

TEST_CASE("a run with failures in between, killed at every effect", "[resume]") {
  check_every_cut("charges", [] {
    Host host = stripe_host();
    auto calls = std::make_shared<int>(0);
    host.provider = [calls](const std::string& url) -> Reply {
      return ++*calls == 2 ? Reply{503, ""} : stripe_reply(url);
    };
    return host;
  });
}

TEST_CASE("what one run could not get past, the next tries once more and the one after leaves for later",
          "[resume]") {
  Host host = stripe_host();
  host.provider = [](const std::string& url) -> Reply {
    return has(url, "starting_after=") ? Reply{400, "{}"} : stripe_reply(url);
  };
  const auto sync_a_day_later = [&] {
    host.now_ms += 86'400'000;
    host.provider_urls.clear();
    host.sync("charges");
    CHECK(host.last_run().state == "failed");
    return host.provider_urls;
  };
  CHECK(sync_a_day_later().size() == 2);
  const auto again = sync_a_day_later();
  REQUIRE(again.size() == 1);
  CHECK(has(again[0], "starting_after="));
  const auto newest = sync_a_day_later();
  REQUIRE(newest.size() == 2);
  CHECK_FALSE(has(newest[0], "starting_after="));
  CHECK(has(newest[0], "created[lte]=" + std::to_string(host.now_ms / 1000)));
  CHECK(sync_a_day_later().size() == 1);
}

TEST_CASE("what is read as a whole is read from its beginning by every run", "[resume]") {
  Host host = stripe_host();
  bool broken = true;
  host.provider = [&](const std::string& url) -> Reply {
    if (!has(url, "starting_after="))
      return {200, R"({"object":"list","has_more":true,"data":[{"id":"plink_1","object":"payment_link",
                      "active":true,"livemode":false,"url":"https://buy.stripe.com/test_1"}]})"};
    return broken ? Reply{401, "{}"} : Reply{200, fixture("lists/empty.built.json")};
  };
  host.sync("payment_links");
  CHECK(host.last_run().state == "failed");
  broken = false;
  host.provider_urls.clear();
  host.sync("payment_links");
  CHECK(host.last_run().state == "succeeded");
  REQUIRE(host.provider_urls.size() == 2);
  CHECK_FALSE(has(host.provider_urls[0], "starting_after="));
}

// The keys that go with the old name may be another client's by now.
TEST_CASE("a message with a name that the workspace has no more asks nobody and leaves the run to the tick") {
  Host host = stripe_host();
  host.database.slug = "northwind";
  CHECK(host.sync("charges") == "ok");
  CHECK(host.provider_urls.empty());
  CHECK(host.last_run().state == "queued");
  CHECK(host.queue.empty());
}
