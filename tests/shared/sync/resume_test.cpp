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
      CHECK(host.database.cursors[stream]["covered_until"].is_string());
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
