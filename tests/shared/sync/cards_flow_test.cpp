#include <catch_amalgamated.hpp>

#include "fake_host.hpp"
#include "shared/base/time.hpp"

using namespace fake;

namespace {

constexpr std::int64_t hour = 3600;

std::string before_now(const Host& host, std::int64_t secs) {
  return wf::format_time(wf::from_unix(host.now_ms / 1000 - secs));
}

Json service_row(const std::string& service, const Json& columns) {
  Json row = {{"client_id", "11111111-1111-4111-8111-111111111111"},
              {"service", service},
              {"stream", ""},
              {"partition", ""}};
  row.update(columns);
  return row;
}

Host host_with(const Json& facts, std::int64_t asked_for_secs_ago) {
  Host host;
  host.database.facts_at = {{"name", "Oak Bakery"},
                            {"time_zone", "Europe/Berlin"},
                            {"at", before_now(host, asked_for_secs_ago)},
                            {"known_since", before_now(host, 90 * 24 * hour)},
                            {"facts", facts}};
  return host;
}

Json cards(Host& host, const std::string& at = "") {
  CHECK(host.run({{"kind", "cards"}, {"workspace", "oak-bakery"}, {"at", at}}) == "ok");
  REQUIRE(host.responses.size() == 1);
  Json answer = json(host.response_body);
  answer["status"] = host.responses.front()["status"];
  return answer;
}

Json probed(const Host& host, std::int64_t secs_ago) {
  const std::string at = before_now(host, secs_ago);
  return Json::array(
      {service_row("supabase", {{"present_keys", {"supabase.url", "supabase.secret_key"}},
                                {"enabled", true},
                                {"detected_at", before_now(host, 10 * 24 * hour)}}),
       service_row(
           "supabase",
           {{"stream", "probe"}, {"enabled", true}, {"last_attempt_at", at}, {"last_success_at", at}})});
}

}  // namespace

TEST_CASE("facts are judged by the clock of the time that is asked for", "[cards]") {
  const std::int64_t probe = 5 * hour;
  for (const auto& [asked, badge, rule] :
       {std::tuple{probe - 60, "active", "recent_success"}, {std::int64_t{0}, "error", "not_tried"}}) {
    Host host = host_with(probed(Host(), probe), asked);
    const Json answer = cards(host, "2025-11-23 10:00");
    CHECK(host.database.facts_at_asked == Json{{"workspace", "oak-bakery"}, {"at", "2025-11-23 10:00"}});
    CHECK(answer["status"] == 200);
    CHECK(answer["name"] == "Oak Bakery");
    CHECK(answer["time_zone"] == "Europe/Berlin");
    CHECK(answer["at"] == before_now(host, asked));
    REQUIRE(answer["cards"].size() == 1);
    const Json& card = answer["cards"][0];
    CHECK(card["service"] == "supabase");
    CHECK(card["name"] == "Supabase");
    CHECK(card["category"] == "Database");
    CHECK(card["badge"] == badge);
    CHECK(card["rule"] == rule);
    CHECK(card["last_sync_at"] == before_now(host, probe));
  }
}

TEST_CASE("what cannot be told is refused with its reason", "[cards]") {
  Host host = host_with(Json::array(), 0);
  Json& answer = host.database.facts_at;
  std::string message;
  SECTION("another workspace") {
    answer = {{"unknown_workspace", true}};
    message = "there is no workspace oak-bakery";
  }
  SECTION("a time to come") {
    answer["at"] = before_now(host, -2 * hour);
    message = before_now(host, -2 * hour) + " is still to come";
  }
  SECTION("before what is kept") {
    answer["at"] = before_now(host, 91 * 24 * hour);
    message = "what was before " + before_now(host, 90 * 24 * hour) + " is not known (90 days are kept)";
  }
  SECTION("a workspace of which nothing was recorded") {
    answer["known_since"] = nullptr;
    message = "nothing is recorded of this workspace yet";
  }
  const Json told = cards(host);
  CHECK(host.database.facts_at_asked["at"].is_null());
  CHECK(told == Json{{"status", 422}, {"message", message}});
}

TEST_CASE("a database that is away, or refuses, is told apart", "[cards]") {
  Host host = host_with(Json::array(), 0);
  int status = 0;
  host.fault = [&](const Json& effect) {
    return effect["kind"] == "http" ? Json{{"status", status}, {"headers", Json::array()}} : Json();
  };
  SECTION("away") { status = 503; }
  SECTION("refuses") { status = 400; }
  CHECK(cards(host)["status"] == (status == 503 ? 503 : 422));
}
