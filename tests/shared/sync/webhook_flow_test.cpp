#include <catch_amalgamated.hpp>

#include "stripe_account.hpp"

using namespace fake;

TEST_CASE("a signed delivery is kept, recorded, queued, answered and applied", "[webhook]") {
  Host host = stripe_host();
  const std::string body = fixture("events/charge_succeeded.json");
  CHECK(host.run(webhook_event(host), body) == "ok");
  CHECK(status_of(host) == 200);
  CHECK(host.objects.at("webhooks/northwind-dental/stripe/evt_3KtQThJDPojXS6LN0E06aNxq") == body);
  REQUIRE(host.queue.size() == 1);

  CHECK(host.run_job(host.queue.front()) == "ok");
  CHECK(host.database.receipts.begin()->second["state"] == "applied");
  const Json& row = host.database.rows["stripe_charges"]["ch_3KtQThJDPojXS6LN0YmgbxGj"];
  CHECK(row["amount"] == 3000);
  CHECK(row["source_at"] == "2021-04-29T12:58:31Z");
  CHECK(host.database.facts["webhook"]["last_event_at"] == "2021-04-29T12:58:31Z");
}

TEST_CASE("what lets anybody confirm a payment is not kept", "[webhook]") {
  Host host = stripe_host();
  std::string body = fixture("events/payment_intent_succeeded.json");
  REQUIRE(has(body, "pi_abc_secret_abc"));
  CHECK(host.run(webhook_event(host), body) == "ok");
  body.replace(body.find("pi_abc_secret_abc"), 17, 17, '*');
  CHECK(host.objects.begin()->second == body);
  CHECK(host.run_job(host.queue.front()) == "ok");
  CHECK(host.database.rows["stripe_payment_intents"].size() == 1);
}

TEST_CASE("bytes are kept before the receipt, the receipt before the answer", "[webhook]") {
  Host host = stripe_host();
  host.run(webhook_event(host), fixture("events/charge_succeeded.json"));
  std::vector<std::string> kinds;
  for (const Json& effect : host.seen) kinds.push_back(text_in(effect, "kind"));
  CHECK(kinds == std::vector<std::string>{"verify", "put_object", "http", "enqueue", "respond", "done"});
}

TEST_CASE("fifty deliveries of one event change nothing more than one", "[webhook]") {
  Host host = stripe_host();
  for (int i = 0; i < 50; ++i)
    CHECK(host.run(webhook_event(host), fixture("events/charge_succeeded.json")) == "ok");
  CHECK(status_of(host) == 200);
  CHECK(host.queue.size() == 1);
  host.work_until_quiet();
  CHECK(host.database.receipts.size() == 1);
  CHECK(host.database.rows["stripe_charges"].size() == 1);
}

TEST_CASE("a delivery that is not genuine is refused and leaves nothing behind", "[webhook]") {
  Host host = stripe_host();
  std::string body = fixture("events/charge_succeeded.json");
  int status = 400;
  int counted = 0;
  std::string header = "t=1763900000,v1=aa";
  // The same words whether it is the signature or the secret: slugs cannot be guessed by them.
  std::string_view words;
  constexpr std::string_view no_match = "signature does not match, or no secret for it is set here";
  SECTION("the signature does not match") {
    host.signature_valid = false;
    counted = 1;
    words = no_match;
  }
  SECTION("the secret cannot be read") {
    host.fault = [](const Json& effect) {
      return effect["kind"] == "verify" ? json(R"({"failed":"bad_key","message":""})") : Json();
    };
    status = 503;
    counted = 1;
  }
  SECTION("the workspace has no secret") {
    host.secrets.clear();
    words = no_match;
  }
  // Anybody may send that: it says nothing about the provider's deliveries.
  SECTION("no usable header") { header = GENERATE("", "t=1763900000,v1=aa,t=1763900001,v1=bb"); }
  SECTION("empty body") { body = ""; }
  CHECK(host.run(webhook_event(header), body) == "ok");
  CHECK(status_of(host) == status);
  if (!words.empty()) CHECK(host.response_body == words);
  CHECK(host.objects.empty());
  CHECK(host.database.receipts.empty());
  CHECK(host.database.bad_signatures == counted);
}

TEST_CASE("one that is larger than anybody holds is lost, or a stranger's, as its signature shows",
          "[webhook]") {
  Host host = stripe_host();
  const bool is_late = GENERATE(false, true);
  Json event = is_late ? webhook_event("t=1763899699,v1=aa") : webhook_event(host);
  event.erase("body");
  event["too_large"] = true;
  host.signature_valid = GENERATE(true, false);
  const bool has_secret = GENERATE(true, false);
  if (!has_secret) host.secrets.clear();
  const bool is_lost = has_secret && host.signature_valid;
  CHECK(host.run(event, "") == "ok");
  CHECK(status_of(host) == 413);
  CHECK(host.database.bad_signatures == (has_secret && !is_lost ? 1 : 0));
  REQUIRE(host.database.lost_deliveries.size() == (is_lost ? 1 : 0));
  if (is_lost)
    CHECK(host.database.lost_deliveries[0] ==
          Json{{"workspace", "northwind-dental"},
               {"service", "stripe"},
               {"delivery_key", "over-32-mb-2025-11-23"},
               {"error", "a delivery was refused: it has more than 32 MB"}});
}

TEST_CASE("one that is too large for the core is kept by the host, and on the card", "[webhook]") {
  Host host = stripe_host();
  const bool is_late = GENERATE(false, true);
  Json event = is_late ? webhook_event("t=1763899699,v1=aa") : webhook_event(host);
  event.erase("body");
  event["too_large"] = true;
  event["held"] = true;
  host.held = "six MB of it";
  host.signature_valid = GENERATE(true, false);
  const bool is_kept = host.signature_valid && !is_late;
  const bool is_lost = host.signature_valid && is_late;
  CHECK(host.run(event, "") == "ok");
  CHECK(status_of(host) == (is_kept ? 200 : 413));
  CHECK(host.database.bad_signatures == (host.signature_valid ? 0 : 1));
  REQUIRE(host.database.lost_deliveries.size() == (is_lost ? 1 : 0));
  if (is_lost)
    CHECK(host.database.lost_deliveries[0] == Json{{"workspace", "northwind-dental"},
                                                   {"service", "stripe"},
                                                   {"delivery_key", "late-over-5-mb-2025-11-23"},
                                                   {"error", "a delivery was refused: timestamp too old"}});
  REQUIRE(host.objects.size() == (is_kept ? 1 : 0));
  REQUIRE(host.database.receipts.size() == host.objects.size());
  CHECK(host.queue.empty());
  if (!is_kept) return;
  CHECK(host.objects.begin()->second == "six MB of it");
  const Json receipt = host.database.receipts.begin()->second;
  CHECK(receipt["state"] == "unreadable");
  CHECK(receipt["error"] == "a delivery has more than 5 MB; its bytes are kept");
}

TEST_CASE("one that could not be kept is asked for again", "[webhook]") {
  Host host = stripe_host();
  Json event = webhook_event(host);
  event.erase("body");
  event["too_large"] = true;
  event["held"] = true;
  host.fault = [](const Json& effect) {
    return effect["kind"] == "put_object" ? json(R"({"failed":"network","message":""})") : Json();
  };
  CHECK(host.run(event, "") == "ok");
  CHECK(status_of(host) == 503);
  CHECK(host.database.receipts.empty());
}

TEST_CASE("what is old and does not say what it is may be a good one, cut elsewhere: a stranger's",
          "[webhook]") {
  Host host = stripe_host();
  CHECK(host.run(webhook_event("t=1763899699,v1=aa"), "<html>") == "ok");
  CHECK(status_of(host) == 400);
  CHECK(host.database.lost_deliveries.empty());
  CHECK(host.database.bad_signatures == 1);
}

TEST_CASE("a genuine one that is old or from the future is lost until it is sent again", "[webhook]") {
  Host host = stripe_host();
  const auto [header, why] = GENERATE(table<std::string, std::string>(
      {{"t=1763899699,v1=aa", "timestamp too old"}, {"t=1763900301,v1=aa", "timestamp in the future"}}));
  CHECK(host.run(webhook_event(header), fixture("events/charge_succeeded.json")) == "ok");
  CHECK(status_of(host) == 400);
  CHECK(host.objects.empty());
  CHECK(host.database.bad_signatures == 0);
  REQUIRE(host.database.lost_deliveries.size() == 1);
  CHECK(host.database.lost_deliveries[0] == Json{{"workspace", "northwind-dental"},
                                                 {"service", "stripe"},
                                                 {"delivery_key", "evt_3KtQThJDPojXS6LN0E06aNxq"},
                                                 {"error", "a delivery was refused: " + why}});
}

TEST_CASE("a genuine one that is lost is answered once that is recorded, else asked for again", "[webhook]") {
  Host host = stripe_host();
  bool recorded = false;
  const bool is_away = GENERATE(false, true);
  host.fault = [&](const Json& effect) {
    if (effect["kind"] == "respond") CHECK(recorded == !is_away);
    if (effect["kind"] != "http") return Json();
    recorded = !is_away;
    return is_away ? json(R"({"status":503,"headers":[]})") : Json();
  };
  CHECK(host.run(webhook_event("t=1763899699,v1=aa"), fixture("events/charge_succeeded.json")) == "ok");
  CHECK(status_of(host) == (is_away ? 503 : 400));
  CHECK(host.database.lost_deliveries.size() == (is_away ? 0 : 1));
}

TEST_CASE("one that is too large is lost where its password shows that it is genuine", "[webhook]") {
  Host host = stripe_host();
  Json event = webhook_event(host);
  event["service"] = "sendgrid";
  event["headers"] = Json::array({Json::array({"content-type", "multipart/form-data; boundary=x"})});
  event.erase("body");
  event["too_large"] = true;
  host.signature_valid = GENERATE(true, false);
  host.secrets["sendgrid.inbound_password"] = true;
  host.secrets["sendgrid.webhook_public_key"] = GENERATE(true, false);
  CHECK(host.run(event, "") == "ok");
  CHECK(status_of(host) == 413);
  CHECK(host.database.lost_deliveries.size() == (host.signature_valid ? 1 : 0));
  if (host.signature_valid)
    CHECK(host.database.lost_deliveries[0]["error"] == "a delivery was refused: it has more than 32 MB");
  CHECK(host.database.bad_signatures == (host.signature_valid ? 0 : 1));
  CHECK(text_in(host.database.facts["webhook"], "refused_key") ==
        (host.signature_valid ? "" : "sendgrid.inbound_password"));
}

TEST_CASE("a service without a webhook does not exist", "[webhook]") {
  Host host = stripe_host();
  Json event = webhook_event(host);
  event["service"] = "cloudflare";
  CHECK(host.run(event, "{}") == "ok");
  CHECK(status_of(host) == 404);
}

TEST_CASE("nothing is acknowledged that is not kept", "[webhook]") {
  Host host = stripe_host();
  SECTION("the object store fails") {
    host.fault = [](const Json& effect) {
      return effect["kind"] == "put_object" ? json(R"({"failed":"network","message":""})") : Json();
    };
  }
  SECTION("the database is away") {
    host.fault = [](const Json& effect) {
      return effect["kind"] == "http" ? json(R"({"failed":"network","message":""})") : Json();
    };
  }
  SECTION("the database answers 503") {
    host.fault = [](const Json& effect) {
      return effect["kind"] == "http" ? json(R"({"status":503,"headers":[]})") : Json();
    };
  }
  SECTION("the workspace of this key is called otherwise by now, or is yet to come") {
    host.database.slug = "northwind";
  }
  SECTION("the signature cannot be checked") {
    host.fault = [](const Json& effect) {
      return effect["kind"] == "verify" ? json(R"({"nonsense":1})") : Json();
    };
  }
  CHECK(host.run(webhook_event(host), fixture("events/charge_succeeded.json")) == "ok");
  CHECK(status_of(host) == 503);
  CHECK(host.responses.back()["headers"].dump().find("retry-after") != std::string::npos);
  CHECK(host.queue.empty());
}

TEST_CASE("a delivery that could not be queued is found by the tick", "[webhook]") {
  Host host = stripe_host();
  host.fault = [](const Json& effect) {
    return effect["kind"] == "enqueue" ? json(R"({"failed":"network","message":""})") : Json();
  };
  CHECK(host.run(webhook_event(host), fixture("events/charge_succeeded.json")) == "ok");
  CHECK(status_of(host) == 200);
  host.fault = nullptr;
  host.work_until_quiet();
  CHECK(host.database.rows["stripe_charges"].size() == 1);
}

TEST_CASE("a signed body that cannot be read is kept and marked", "[webhook]") {
  Host host = stripe_host();
  std::string body;
  SECTION("cut in half") { body = fixture("events/charge_succeeded.json").substr(0, 900); }
  SECTION("invalid UTF-8") { body = "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"\xff\xfe\"}"; }
  SECTION("not JSON") { body = "<html>"; }
  SECTION("no id") { body = R"({"object":"event","type":"charge.succeeded"})"; }
  SECTION("an id that would leave its folder") { body = R"({"id":"../x","object":"event","type":"a"})"; }
  SECTION("not an event") { body = "[1,2,3]"; }
  CHECK(host.run(webhook_event(host), body) == "ok");
  CHECK(status_of(host) == 200);
  REQUIRE(host.objects.size() == 1);
  CHECK(host.objects.begin()->second == body);
  CHECK(host.objects.begin()->first.find("00000000-0000-4000") != std::string::npos);
  CHECK(host.database.receipts.begin()->second["state"] == "unreadable");
  CHECK_FALSE(text_in(host.database.receipts.begin()->second, "error").empty());
  CHECK(host.queue.empty());
}

TEST_CASE("a webhook killed at any effect and sent again ends in the same row", "[webhook]") {
  for (const bool before : {true, false})
    for (int cut = 1; cut <= 4; ++cut) {
      Host host = stripe_host();
      host.death = Death{cut, before};
      CHECK(host.run(webhook_event(host), fixture("events/charge_succeeded.json")) == "died");
      // The provider saw no answer, so it delivers again.
      CHECK(host.run(webhook_event(host), fixture("events/charge_succeeded.json")) == "ok");
      host.work_until_quiet();
      INFO("cut " << cut << (before ? " before" : " after"));
      CHECK(host.database.rows["stripe_charges"].size() == 1);
      CHECK(host.database.receipts.begin()->second["state"] == "applied");
    }
}
