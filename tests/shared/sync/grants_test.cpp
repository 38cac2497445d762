// Tokens that expire, partitions, finality and positions, with a service made for it.
#include <catch_amalgamated.hpp>

#include "shared/base/time.hpp"
#include "stripe_account.hpp"
#include "toy_service.hpp"

using namespace fake;

namespace {

constexpr const char* token_url = "https://sign-in.toy.example/token";

int tokens_asked(const Host& host) {
  return static_cast<int>(std::count(host.provider_urls.begin(), host.provider_urls.end(), token_url));
}

Reply one_page(const std::string&) { return {200, toy::page("2025-11-22")}; }

// What the token endpoint answers to every grant.
Run sync_with_grant(Host& host, const Reply& answer) {
  host.provider = [answer](const std::string& url) { return url == token_url ? answer : one_page(url); };
  host.sync("rows");
  return host.last_run();
}

}  // namespace

TEST_CASE("a token that is missing is come by, and the request repeated", "[grants]") {
  Host host = toy::host(one_page);
  CHECK(host.sync("rows") == "ok");
  CHECK(host.last_run().state == "succeeded");
  CHECK(host.provider_urls ==
        std::vector<std::string>{token_url, "https://toy.example/77/rows?site=https%3A%2F%2Fa.example%2F"});
  CHECK(host.count("sign") == 1);
  host.sync("rows");
  CHECK(tokens_asked(host) == 1);
  CHECK(host.count("sign") == 1);
}

TEST_CASE("a token that expires in the middle of a scan is come by again", "[grants]") {
  Host host = toy::host([](const std::string&) -> Reply { return {}; });
  host.provider = [&](const std::string& url) -> Reply {
    if (url == token_url) return {200, toy::token(120)};
    if (has(url, "after=")) return {200, toy::page("2025-11-21")};
    host.now_ms += 61'000;
    return {200, toy::page("2025-11-22", true)};
  };
  host.sync("rows");
  CHECK(host.last_run().state == "succeeded");
  CHECK(tokens_asked(host) == 2);
  CHECK(host.database.rows["toy_rows"].size() == 2);
}

TEST_CASE("a refused token is refreshed once; refused again, it is the sign-in", "[grants]") {
  Host host = toy::host(one_page);
  int refusals = 1;
  SECTION("once") {}
  SECTION("always") { refusals = 1000; }
  host.captured["toy.access_token"] = host.now_ms + 3'600'000;
  host.provider = [&](const std::string& url) -> Reply {
    if (url == token_url) return {200, toy::token()};
    return refusals-- > 0 ? Reply{401, "{}"} : one_page(url);
  };
  host.sync("rows");
  CHECK(tokens_asked(host) == 1);
  CHECK(host.last_run().state == (refusals > 0 ? "failed" : "succeeded"));
  CHECK(host.last_run().error_kind == (refusals > 0 ? "credentials" : ""));
}

TEST_CASE("what a grant answers decides who must act", "[grants]") {
  struct Case {
    const char* name;
    Reply reply;
    const char* kind;
    const char* state;
    const char* says = "toy";
  };
  const std::vector<Case> cases{
      {"withdrawn",
       {400, R"({"error":"invalid_grant","error_description":"Token has been expired"})"},
       "credentials",
       "failed"},
      {"wrong client", {401, R"({"error":"invalid_client"})"}, "configuration", "failed"},
      {"deleted client", {401, R"({"error":"deleted_client"})"}, "configuration", "failed"},
      {"of an administrator", {400, R"({"error":"admin_policy_enforced"})"}, "configuration", "failed"},
      {"not allowed", {400, R"({"error":"unauthorized_client"})"}, "configuration", "failed"},
      {"too many", {429, "{}", {{"retry-after", "9"}}}, "rate_limit", "waiting"},
      {"broken", {503, "<html>"}, "provider", "waiting"},
      {"no token in it", {200, R"({"expires_in":3600})"}, "configuration", "failed"},
      {"no JSON", {200, "<html>"}, "data", "waiting"},
      {"gone at once", {200, toy::token(0)}, "provider", "waiting", "the token lives for less than a minute"},
      {"no answer", {0, "", {}, "timeout"}, "provider", "waiting"},
  };
  for (const Case& one : cases) {
    Host host = toy::host(one_page);
    const Run run = sync_with_grant(host, one.reply);
    INFO(one.name << ": " << run.error_message);
    CHECK(run.error_kind == one.kind);
    CHECK(run.state == one.state);
    CHECK(has(run.error_message, one.says));
    CHECK(tokens_asked(host) == 1);
    CHECK_FALSE(host.database.facts["rows"].contains("last_success_at"));
  }
}

TEST_CASE("a key that cannot sign, or is not there, is a matter of configuration", "[grants]") {
  Host host = toy::host(one_page);
  SECTION("absent") { host.secrets["toy.private_key"] = false; }
  SECTION("unreadable") {
    host.fault = [](const Json& effect) {
      return effect["kind"] == "sign" ? json(R"({"failed":"bad_key","message":""})") : Json();
    };
  }
  host.sync("rows");
  CHECK(host.last_run().state == "failed");
  CHECK(host.last_run().error_kind == "configuration");
  CHECK(tokens_asked(host) == 0);
}

TEST_CASE("a run with grants, killed at every effect", "[grants][resume]") {
  const auto make = [] {
    return toy::host([](const std::string& url) -> Reply {
      return {200, has(url, "after=") ? toy::page("2025-11-21") : toy::page("2025-11-22", true)};
    });
  };
  Host whole = make();
  whole.sync("rows");
  const int effects = whole.effects;
  REQUIRE(effects > 8);
  for (int cut = 1; cut <= effects; ++cut)
    for (const bool before : {true, false}) {
      Host host = make();
      host.death = Death{cut, before};
      host.sync("rows");
      host.work_until_quiet();
      INFO("cut at effect " << cut);
      CHECK(host.last_run().state == "succeeded");
      CHECK(host.database.rows["toy_rows"].size() == 2);
    }
}

TEST_CASE("the last page tells on which day the newest row is final", "[finality]") {
  Host host = toy::host([](const std::string& url) -> Reply {
    return {200, has(url, "after=") ? toy::page("2025-11-20") : toy::page("2025-11-22", true)};
  });
  host.sync("rows");
  CHECK(host.database.facts["rows"]["provisional_until"] == "2025-11-25");
  // A later run without rows does not make those that are stored final.
  host.provider = [](const std::string&) -> Reply { return {200, R"({"days":[]})"}; };
  host.sync("rows");
  CHECK(host.database.facts["rows"]["provisional_until"] == "2025-11-25");
}

TEST_CASE("pages that lead back are found, however long the way round", "[loop]") {
  for (const int length : {1, 2, 3, 7, 12}) {
    Host host = toy::host(one_page);
    int pages = 0;
    host.provider = [&](const std::string& url) -> Reply {
      if (url == token_url) return {200, toy::token()};
      const int place = ++pages < 4 ? pages : 4 + (pages - 4) % length;
      return {200, wf::dump({{"days", {"2025-11-22"}}, {"next", "page " + std::to_string(place)}})};
    };
    host.sync("rows");
    INFO("a loop of " << length);
    CHECK(host.last_run().state == "waiting");
    CHECK(host.last_run().error_kind == "data");
    CHECK(pages <= 4 + 4 * length);
  }
}

TEST_CASE("a long scan that leads nowhere back is read to its end", "[loop]") {
  Host host = toy::host(one_page);
  int pages = 0;
  host.provider = [&](const std::string& url) -> Reply {
    if (url == token_url) return {200, toy::token()};
    Json body = {{"days", {"2025-11-22"}}};
    if (++pages < 130) body["next"] = pages;
    return {200, wf::dump(body)};
  };
  host.sync("rows");
  host.work_until_quiet();
  CHECK(host.last_run().state == "succeeded");
  CHECK(pages == 130);
}

TEST_CASE("pages that lead on for ever are not followed for ever", "[loop]") {
  Host host = toy::host(one_page);
  int pages = 0;
  host.provider = [&](const std::string& url) -> Reply {
    if (url == token_url) return {200, toy::token()};
    return {200, wf::dump({{"days", {"2025-11-22"}}, {"next", ++pages}})};
  };
  host.sync("rows");
  REQUIRE(pages == 40);  // of a visit
  CHECK(host.database.cursors["rows"]["steps"] == 40);
  host.database.cursors["rows"]["steps"] = 19'998;
  host.work_until_quiet();
  CHECK(pages == 43);
  CHECK(host.last_run().state == "failed");
  CHECK(host.last_run().error_kind == "data");
  CHECK(host.last_run().error_message == "toy rows: no end after 20000 pages");
}

TEST_CASE("what the scan before the last one of a run was not given is read from the beginning", "[facts]") {
  Host host = toy::host(one_page);
  const bool lacks = GENERATE(true, false);
  int pages = 0;
  host.provider = [&](const std::string& url) -> Reply {
    if (url == token_url) return {200, toy::token()};
    switch (++pages) {
      case 1:
        return {200, toy::page("2025-11-22", true)};
      case 2:
        return {400, "{}"};
      case 3:
        return {200, lacks ? R"({"days":["2025-11-21"],"gone":"likes"})" : toy::page("2025-11-21")};
      default:
        return {200, toy::page("2025-11-23")};
    }
  };
  host.sync("rows");
  REQUIRE(host.last_run().state == "failed");
  host.now_ms += 12 * 3'600'000;
  host.sync("rows");  // the scan that was left open, and another one for the time since
  REQUIRE(host.last_run().state == "succeeded");
  REQUIRE(pages == 4);
  CHECK(host.database.cursors["rows"]["covered_until"].is_string() != lacks);
}

TEST_CASE("rows that come twice are stored once", "[pages]") {
  Host host = toy::host([](const std::string& url) -> Reply {
    if (has(url, "after=")) return {200, R"({"days":["2025-11-22","2025-11-21"]})"};
    return {200, R"({"days":["2025-11-22","2025-11-22"],"next":"1"})"};
  });
  host.sync("rows");
  CHECK(host.last_run().state == "succeeded");
  CHECK(host.database.rows["toy_rows"].size() == 2);
}

TEST_CASE("what a provider's own words mean wins over the status", "[policy]") {
  Host host = toy::host(one_page);
  Reply answer;
  std::string kind;
  std::string state = "waiting";
  std::int64_t delay = 0;
  SECTION("a quota behind 403") {
    answer = {403, "quota"};
    kind = "rate_limit";
    delay = 600;
  }
  SECTION("a rate limit inside 200") {
    answer = {200, R"({"problem":"busy"})"};
    kind = "rate_limit";
    delay = 45;
  }
  SECTION("refused inside 200") {
    answer = {200, R"({"problem":"suspended"})"};
    kind = "credentials";
    state = "failed";
  }
  host.provider = [&](const std::string& url) {
    return url == token_url ? Reply{200, toy::token()} : answer;
  };
  host.sync("rows");
  CHECK(host.last_run().error_kind == kind);
  CHECK(host.last_run().state == state);
  if (delay > 0) {
    REQUIRE(host.seen.size() > 2);
    CHECK(host.seen[host.seen.size() - 2]["delay_secs"] == delay);
    const auto until = wf::from_millis(host.now_ms) + std::chrono::seconds(delay);
    CHECK(host.database.facts["rows"]["rate_limited_until"] == wf::format_time(until));
  }
}

TEST_CASE("a refusal that is an answer is read, and the scan goes on", "[policy]") {
  Host host = toy::host([](const std::string& url) -> Reply {
    return has(url, "after=") ? Reply{200, toy::page("2025-11-22")} : Reply{410, "no such metric"};
  });
  host.sync("rows");
  CHECK(host.last_run().state == "succeeded");
  CHECK(host.last_run().pages == 2);
  CHECK(host.database.rows["toy_rows"].size() == 1);
}

TEST_CASE("a signature that is not demanded is left out when its key is not there", "[grants]") {
  Host host = toy::host([](const std::string& url) -> Reply {
    return {200, has(url, "after=") ? toy::page("2025-11-21") : toy::page("2025-11-22", true)};
  });
  host.ids["toy.signed"] = "yes";
  host.secrets["toy.app_secret"] = false;
  SECTION("no key: without it, and asked for once for all pages") {
    host.sync("rows");
    CHECK(host.count("sign") == 2);  // the assertion, and the one that cannot be made
    for (const std::string& url : host.provider_urls) CHECK_FALSE(has(url, "proof"));
  }
  SECTION("a key: with it") {
    host.secrets["toy.app_secret"] = true;
    host.sync("rows");
    CHECK(host.count("sign") == 2);
    CHECK(has(host.provider_urls.back(), "&proof="));
  }
  CHECK(host.last_run().state == "succeeded");
  CHECK(host.database.rows["toy_rows"].size() == 2);
}

TEST_CASE("a provider's own error of a token endpoint means what its codes mean", "[grants]") {
  Host host = toy::host(one_page);
  const Run run = sync_with_grant(host, {403, R"({"error":{"code":"quota"}})"});
  CHECK(run.error_kind == "rate_limit");
  CHECK(run.state == "waiting");
}

TEST_CASE("near a limit the page is stored, and the run rests before the next one", "[policy]") {
  Host host = toy::host([](const std::string& url) -> Reply {
    if (has(url, "after=")) return {200, R"({"days":["2025-11-21"],"rest":600})"};
    return {200, R"({"days":["2025-11-22"],"next":"1","rest":600})"};
  });
  host.sync("rows");
  CHECK(host.last_run().state == "waiting");
  CHECK(host.last_run().pages == 1);
  const auto until = wf::from_millis(host.now_ms) + std::chrono::seconds(600);
  CHECK(host.database.facts["rows"]["rate_limited_until"] == wf::format_time(until));
  CHECK_FALSE(host.database.facts["rows"].contains("failure_kind"));
  REQUIRE(host.seen.size() > 2);
  CHECK(host.seen[host.seen.size() - 2]["delay_secs"] == 600);
  host.now_ms += 600'000;
  host.work_until_quiet();
  CHECK(host.last_run().state == "succeeded");  // the last page rests for nothing
  CHECK(host.database.rows["toy_rows"].size() == 2);
}

TEST_CASE("what is not given and when the sign-in ends become facts", "[facts]") {
  Host host = toy::host([](const std::string& url) -> Reply {
    if (has(url, "after=")) return {200, R"({"days":["2025-11-21"],"gone":"likes"})"};
    return {200, R"({"days":["2025-11-22"],"next":"1","gone":"likes","ends":1764000000})"};
  });
  host.sync("rows");
  CHECK(host.last_run().state == "succeeded");
  CHECK(host.database.facts["rows"]["unavailable"] == Json::array({"likes"}));
  CHECK(host.database.facts["rows"]["credentials_expire_at"] == "2025-11-24T16:00:00Z");
  const bool told = std::any_of(host.logs.begin(), host.logs.end(), [](const Json& log) {
    return has(wf::dump(log), "not given") && has(wf::dump(log), "likes");
  });
  CHECK(told);
  host.provider = one_page;
  host.sync("rows");
  CHECK(host.database.facts["rows"]["unavailable"] == Json::array());
}
