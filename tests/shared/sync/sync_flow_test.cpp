#include <catch_amalgamated.hpp>

#include "shared/base/time.hpp"
#include "shared/sync/archive.hpp"
#include "stripe_account.hpp"

using namespace fake;

namespace {

std::size_t rows(Host& host, const std::string& table) { return host.database.rows[table].size(); }

// Runs the charges stream once against one fixed reply.
Run sync_charges(Host& host, Reply reply) {
  host.provider = [reply](const std::string&) { return reply; };
  host.sync("charges");
  return host.last_run();
}

}  // namespace

TEST_CASE("two pages are asked for, kept and applied", "[sync]") {
  Host host = stripe_host();
  CHECK(host.sync("charges") == "ok");
  CHECK(host.last_run().state == "succeeded");
  CHECK(host.last_run().pages == 2);
  CHECK(rows(host, "stripe_charges") == 5);
  REQUIRE(host.provider_urls.size() == 2);
  CHECK(host.provider_urls[0] ==
        "https://api.stripe.com/v1/charges?limit=100&created[gte]=1756124000&created[lte]=1763900000");
  CHECK(host.provider_urls[1] ==
        "https://api.stripe.com/v1/charges?limit=100&starting_after=ch_3Q0000000000000000000003"
        "&created[gte]=1756124000&created[lte]=1763900000");
  const std::string folder = "raw/11111111-1111-4111-8111-111111111111/stripe/charges/run-1/";
  std::string bytes = fixture("lists/charges_page1.built.json");
  wf::blank(bytes, "client_secret");
  CHECK(host.objects.at(folder + "1.json") == bytes);
  CHECK(host.objects.contains(folder + "2.json"));
  CHECK(host.database.facts["charges"]["last_rows"] == 5);
  CHECK(host.database.facts["charges"]["last_success_at"] == "2025-11-23T12:13:20Z");
}

TEST_CASE("every stream of Stripe writes the rows of its recorded lists", "[sync]") {
  Host host = stripe_host();
  for (const char* stream :
       {"charges", "payment_intents", "payment_links", "balance_transactions", "events"}) {
    CHECK(host.sync(stream) == "ok");
    CHECK(host.last_run().state == "succeeded");
  }
  CHECK(rows(host, "stripe_charges") == 5);
  CHECK(rows(host, "stripe_payment_intents") == 3);
  CHECK(rows(host, "stripe_payment_links") == 2);
  CHECK(rows(host, "stripe_balance_transactions") == 5);
  for (const Json& effect : host.seen) CHECK(wf::dump(effect).find("_secret_") == std::string::npos);
  for (const auto& [table, stored] : host.database.rows)
    CHECK(wf::dump(stored.begin()->second).find("_secret_") == std::string::npos);
  // What lets anybody confirm a payment is blanked in what is kept; all else is as it came.
  bool has_member = false;
  for (const auto& [key, bytes] : host.objects) {
    CHECK_FALSE(has(bytes, "_secret_"));
    has_member = has_member || has(bytes, R"("client_secret": "****)");
  }
  CHECK(has_member);
}

TEST_CASE("the log has the provider's own id of a call that failed", "[sync]") {
  for (const char* name : {"request-id", "x-request-id", "cf-ray"}) {
    Host host = stripe_host();
    host.provider = [&](const std::string&) -> Reply { return {500, "{}", {{name, "req_of_the_failure"}}}; };
    host.sync("charges");
    CHECK(has(wf::dump(host.logs), R"("request_id":"req_of_the_failure")"));
  }
}

TEST_CASE("the next window overlaps the last one by a day and covers a downtime", "[sync]") {
  Host host = stripe_host();
  host.sync("charges");
  host.now_ms += 20LL * 86'400'000;
  host.sync("charges");
  CHECK(has(host.provider_urls[2], "created[gte]=1763813600&created[lte]=1765628000"));
}

TEST_CASE("after a downtime whose changes are listed no more, all is read from as far back as at first",
          "[sync]") {
  Host host = stripe_host();
  host.sync("charges");
  host.now_ms += 40LL * 86'400'000;
  host.sync("charges");
  CHECK(has(host.provider_urls[2], "created[gte]=1756124000&created[lte]=1767356000"));
}

TEST_CASE("what becomes available later, and tells nobody, is read again for a month", "[sync]") {
  Host host = stripe_host();
  host.sync("balance_transactions");
  host.now_ms += 86'400'000;
  host.provider_urls.clear();
  host.sync("balance_transactions");
  CHECK(has(host.provider_urls[0], "created[gte]=1760789600&created[lte]=1763986400"));
}

TEST_CASE("a clock that jumped ahead and came back leaves no hole", "[sync]") {
  Host host = stripe_host();
  host.now_ms += 400LL * 86'400'000;
  host.sync("charges");
  host.now_ms -= 400LL * 86'400'000;
  host.sync("charges");
  CHECK(host.last_run().state == "succeeded");
  CHECK(has(host.provider_urls[2], "created[gte]=1763813600&created[lte]=1763900000"));
}

TEST_CASE("an empty account is read with success and no rows", "[sync]") {
  Host host = stripe_host();
  CHECK(sync_charges(host, {200, fixture("lists/empty.built.json")}).state == "succeeded");
  CHECK(host.database.facts["charges"]["last_rows"] == 0);
}

TEST_CASE("an empty page ends the list although has_more says otherwise", "[sync]") {
  Host host = stripe_host();
  CHECK(sync_charges(host, {200, R"({"object":"list","data":[],"has_more":true})"}).state == "succeeded");
  CHECK(host.provider_urls.size() == 1);
}

TEST_CASE("when the object that a page began after was deleted, the scan starts again", "[sync]") {
  Host host = stripe_host();
  int refusals = 0;
  host.provider = [&](const std::string& url) -> Reply {
    if (has(url, "starting_after=") && ++refusals == 1)
      return {
          400,
          R"({"error":{"type":"invalid_request_error","code":"resource_missing","param":"starting_after"}})"};
    return stripe_reply(url);
  };
  CHECK(host.sync("charges") == "ok");
  CHECK(host.last_run().state == "succeeded");
  CHECK(rows(host, "stripe_charges") == 5);
  CHECK(host.provider_urls.size() == 4);
}

TEST_CASE("a list that leads back to itself is refused", "[sync]") {
  Host host = stripe_host();
  host.provider = [](const std::string&) -> Reply {
    return {200, fixture("lists/charges_page1.built.json")};
  };
  host.sync("charges");
  CHECK(host.last_run().state == "waiting");
  CHECK(host.last_run().error_kind == "data");
}

TEST_CASE("what the provider answers decides the kind and whether it is tried again", "[sync]") {
  struct Case {
    const char* name;
    Reply reply;
    const char* kind;
    const char* state;
    std::int64_t delay_secs;
  };
  const std::string good = fixture("lists/charges_page1.built.json");
  const auto replaced = [&](const char* from, const char* to) {
    std::string body = good;
    const auto at = body.find(from);
    REQUIRE(at != std::string::npos);
    return body.replace(at, std::string(from).size(), to);
  };
  const std::vector<Case> cases{
      {"401",
       {401, json(fixture("errors/401_invalid_key.built.json"))["body"].dump()},
       "credentials",
       "failed",
       0},
      {"403", {403, "{}"}, "credentials", "failed", 0},
      {"400",
       {400, json(fixture("errors/400_missing_param.built.json"))["body"].dump()},
       "ours",
       "failed",
       0},
      {"404", {404, "{}"}, "configuration", "failed", 0},
      {"429 with Retry-After", {429, "{}", {{"retry-after", "77"}}}, "rate_limit", "waiting", 77},
      {"429 with a date",
       {429, "{}", {{"retry-after", "Sun, 23 Nov 2025 12:15:00 GMT"}}},
       "rate_limit",
       "waiting",
       100},
      {"429 without",
       {429, json(fixture("errors/429_rate_limit.built.json"))["body"].dump()},
       "rate_limit",
       "waiting",
       30},
      {"500", {500, "oops"}, "provider", "waiting", 30},
      {"409 that should be retried",
       {409,
        json(fixture("errors/409_idempotency_in_use.built.json"))["body"].dump(),
        {{"stripe-should-retry", "true"}}},
       "provider",
       "waiting",
       30},
      {"500 that should not", {500, "oops", {{"stripe-should-retry", "false"}}}, "provider", "failed", 0},
      {"HTML", {200, "<html><body>Sign in</body></html>"}, "data", "waiting", 30},
      {"empty", {200, ""}, "data", "waiting", 30},
      {"cut in half", {200, good.substr(0, good.size() / 2)}, "data", "waiting", 30},
      {"invalid UTF-8", {200, replaced("Jenny Rosen", "Jenny \xc3\x28")}, "data", "waiting", 30},
      {"a number where a string belongs", {200, replaced("\"usd\"", "840")}, "data", "waiting", 30},
      {"a list where an object belongs", {200, "[]"}, "data", "waiting", 30},
      {"no id", {200, replaced("\"id\": \"ch_", "\"idd\": \"ch_")}, "data", "waiting", 30},
      {"timeout", {0, "", {}, "timeout"}, "provider", "waiting", 30},
      {"no network", {0, "", {}, "network"}, "provider", "waiting", 30},
      {"too large", {0, "", {}, "too_large"}, "data", "failed", 0},
      {"no key", {0, "", {}, "secret_missing"}, "configuration", "failed", 0},
  };
  for (const Case& one : cases) {
    Host host = stripe_host();
    const Run run = sync_charges(host, one.reply);
    INFO(one.name << ": " << run.error_message);
    CHECK(run.error_kind == one.kind);
    CHECK(run.state == one.state);
    CHECK(has(run.error_message, "stripe charges"));
    CHECK_FALSE(has(run.error_message, "sk_test"));
    CHECK(rows(host, "stripe_charges") == 0);
    CHECK(host.database.facts["charges"]["failure_kind"] == one.kind);
    CHECK_FALSE(host.database.facts["charges"].contains("last_success_at"));
    CHECK(host.queue.size() == (std::string(one.state) == "waiting" ? 1 : 0));
    if (!host.queue.empty()) CHECK(host.seen[host.seen.size() - 2]["delay_secs"] == one.delay_secs);
  }
}

TEST_CASE("a provider that recovers is read from where it stopped", "[sync]") {
  Host host = stripe_host();
  int calls = 0;
  host.provider = [&](const std::string& url) -> Reply {
    if (++calls >= 2 && calls <= 4) return {503, "busy"};
    return stripe_reply(url);
  };
  host.sync("charges");
  CHECK(host.last_run().state == "waiting");
  host.work_until_quiet();
  CHECK(host.last_run().state == "succeeded");
  CHECK(host.last_run().pages == 2);
  CHECK(rows(host, "stripe_charges") == 5);
  CHECK(host.database.facts["charges"]["last_rows"] == 5);
  CHECK(host.database.facts["charges"]["failure_kind"].is_null());
}

TEST_CASE("a provider that does not recover fails the run after five attempts", "[sync]") {
  Host host = stripe_host();
  sync_charges(host, {500, "oops"});
  host.work_until_quiet();
  CHECK(host.last_run().state == "failed");
  CHECK(host.last_run().attempt == 5);
  CHECK(host.provider_urls.size() == 5);
  CHECK(host.database.facts["charges"]["failure_final"] == true);
}

TEST_CASE("a reply that stays unreadable fails the run after three attempts", "[sync]") {
  Host host = stripe_host();
  sync_charges(host, {200, "<html>"});
  host.work_until_quiet();
  CHECK(host.last_run().state == "failed");
  CHECK(host.provider_urls.size() == 3);
  // The bytes are there to be read again after a fix.
  CHECK(host.objects.begin()->second == "<html>");
}

TEST_CASE("a failed run's scan is finished by the next run, and the time since is covered too", "[sync]") {
  Host host = stripe_host();
  int calls = 0;
  host.provider = [&](const std::string& url) -> Reply {
    return ++calls == 2 ? Reply{401, "{}"} : stripe_reply(url);
  };
  host.sync("charges");
  CHECK(host.last_run().state == "failed");
  CHECK(rows(host, "stripe_charges") == 3);
  host.now_ms += 86'400'000;
  host.sync("charges");
  CHECK(host.last_run().state == "succeeded");
  CHECK(rows(host, "stripe_charges") == 5);
  CHECK(has(host.provider_urls[2], "starting_after=ch_3Q0000000000000000000003"));
  CHECK(has(host.provider_urls[2], "created[lte]=1763900000"));
  CHECK(has(host.provider_urls[3], "created[gte]=1763813600&created[lte]=1763986400"));
}

TEST_CASE("a run that finishes an earlier one's scan counts the rows of both", "[sync]") {
  Host host = stripe_host();
  int calls = 0;
  host.provider = [&](const std::string& url) -> Reply {
    if (++calls == 2) return {401, "{}"};
    return calls == 3 ? Reply{200, fixture("lists/empty.built.json")} : stripe_reply(url);
  };
  host.sync("charges");
  host.now_ms += 3'600'000;
  host.sync("charges");
  CHECK(host.last_run().state == "succeeded");
  CHECK(calls == 3);
  CHECK(host.database.facts["charges"]["last_rows"] == 3);
  host.now_ms += 86'400'000;
  host.provider = [](const std::string&) -> Reply { return {200, fixture("lists/empty.built.json")}; };
  host.sync("charges");
  CHECK(host.database.facts["charges"]["last_rows"] == 0);
}

TEST_CASE("a provider that is read slower than time goes by is caught up with once", "[sync]") {
  Host host = stripe_host();
  Json first;
  host.provider = [&](const std::string& url) -> Reply {
    host.now_ms += 7 * 3'600'000;
    if (host.provider_urls.size() == 3) first = host.database.facts["charges"];
    return stripe_reply(url);
  };
  host.sync("charges");
  host.work_until_quiet();
  CHECK(host.last_run().state == "succeeded");
  CHECK(host.provider_urls.size() == 4);
  // The backfill is told as over, also while what came meanwhile is read.
  CHECK(first["progress_total"] == 90);
  CHECK(first["progress_done"] == 90);
}

TEST_CASE("rows that the database refuses fail the run with the reason", "[sync]") {
  Host host = stripe_host();
  host.database.refused_ids = {"ch_3Q0000000000000000000002"};
  host.sync("charges");
  CHECK(host.last_run().state == "failed");
  CHECK(host.last_run().error_kind == "data");
  CHECK(has(host.last_run().error_message, "23514"));
  CHECK_FALSE(has(host.last_run().error_message, "Failing row"));
  CHECK(rows(host, "stripe_charges") == 0);
}

TEST_CASE("the object store failing delays the run", "[sync]") {
  Host host = stripe_host();
  host.fault = [](const Json& effect) {
    return effect["kind"] == "put_object" ? json(R"({"failed":"network","message":""})") : Json();
  };
  host.sync("charges");
  CHECK(host.last_run().state == "waiting");
  CHECK(host.last_run().error_kind == "ours");
  CHECK(rows(host, "stripe_charges") == 0);
  host.fault = nullptr;
  host.work_until_quiet();
  CHECK(rows(host, "stripe_charges") == 5);
}

TEST_CASE("the queue failing costs a tick, not the run", "[sync]") {
  Host host = stripe_host();
  int calls = 0;
  host.provider = [&](const std::string& url) -> Reply {
    return ++calls == 1 ? Reply{503, ""} : stripe_reply(url);
  };
  host.fault = [](const Json& effect) {
    return effect["kind"] == "enqueue" ? json(R"({"failed":"network","message":""})") : Json();
  };
  CHECK(host.sync("charges") == "ok");
  CHECK(host.queue.empty());
  host.work_until_quiet();
  CHECK(host.last_run().state == "succeeded");
}

TEST_CASE("the database away sends the message back, whatever was going on", "[sync]") {
  for (const char* function : {"take_lease", "apply_page"}) {
    Host host = stripe_host();
    host.fault = [&](const Json& effect) {
      return has(text_in(effect, "url"), function) ? json(R"({"status":503,"headers":[]})") : Json();
    };
    INFO(function);
    CHECK(host.sync("charges") == "retry");
    CHECK(host.logs.back()["what"] == "database away");
    CHECK(host.logs.back()["message"] == "database: 503");
    CHECK(rows(host, "stripe_charges") == 0);
    host.fault = nullptr;
    host.work_until_quiet();
    CHECK(host.last_run().state == "succeeded");
    CHECK(rows(host, "stripe_charges") == 5);
  }
}

TEST_CASE("a second worker on the same run stands back", "[sync]") {
  Host host = stripe_host();
  host.death = Death{3, false};
  CHECK(host.sync("charges") == "died");
  const int before = host.count("http");
  host.queue.push_back({{"job", "sync"}, {"stream", "charges"}, {"service", "stripe"}, {"run_id", "run-1"}});
  CHECK(host.run_job(host.queue.front()) == "ok");
  CHECK(host.count("http") == before + 1);
}

TEST_CASE("a job for an unknown stream or service fails clearly", "[sync]") {
  Host host = stripe_host();
  CHECK(host.sync("subscriptions") == "ok");
  CHECK(host.last_run().state == "failed");
  CHECK(host.last_run().error_kind == "ours");
}

TEST_CASE("a visit of forty pages hands over to the next one", "[sync]") {
  Host host = stripe_host();
  int calls = 0;
  host.provider = [&](const std::string&) -> Reply {
    Json object = json(fixture("objects/charge.json"));
    object["id"] = "ch_" + std::to_string(++calls);
    return {200, wf::dump({{"object", "list"}, {"data", Json::array({object})}, {"has_more", calls < 95}})};
  };
  CHECK(host.sync("charges") == "ok");
  CHECK(calls == 40);
  CHECK(host.last_run().state == "queued");
  REQUIRE(host.queue.size() == 1);
  host.work_until_quiet();
  CHECK(host.last_run().state == "succeeded");
  CHECK(host.last_run().pages == 95);
  CHECK(rows(host, "stripe_charges") == 95);
  CHECK(host.database.facts["charges"]["last_rows"] == 95);
}
