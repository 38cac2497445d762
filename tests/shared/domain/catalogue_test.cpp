#include "shared/domain/catalogue.hpp"

#include <algorithm>
#include <catch_amalgamated.hpp>
#include <set>

#include "shared/base/text.hpp"
#include "tests/shared/find_key.hpp"

TEST_CASE("the catalogue has the nine services of the product, each once") {
  std::set<std::string_view> ids;
  for (const auto& service : wf::catalogue()) ids.insert(service.id);
  for (const char* id : {"supabase", "sendgrid", "stripe", "google_ads", "search_console", "pagespeed",
                         "meta", "cloudflare", "openai"})
    CHECK(ids.count(id) == 1);
  CHECK(wf::catalogue().size() == ids.size());
}

TEST_CASE("every service says what it gives and what it needs") {
  for (const auto& service : wf::catalogue()) {
    INFO(service.id);
    CHECK_FALSE(service.name.empty());
    CHECK_FALSE(service.summary.empty());
    CHECK_FALSE(service.method.empty());
    CHECK_FALSE(wf::label(service.category).empty());
    CHECK(
        std::any_of(service.keys.begin(), service.keys.end(), [](const auto& key) { return key.required; }));
    const auto& limits = service.thresholds;
    if (service.evidenced == wf::Evidenced::by_activity) {
      CHECK(limits.idle_window.count() > 0);
      continue;
    }
    CHECK(limits.expected_every.count() > 0);
    CHECK(limits.warn_after > limits.expected_every);
    CHECK(limits.error_after > limits.warn_after);
  }
}

TEST_CASE("every key belongs to its service, and its scope fits its variable") {
  for (const auto& service : wf::catalogue()) {
    for (const auto& key : service.keys) {
      INFO(key.name);
      CHECK(wf::starts_with(key.name, std::string(service.id) + "."));
      CHECK(find_key(key.name) == &key);
      CHECK((key.scope == wf::Scope::workspace) == key.env.empty());
      // An id is read by the core, so it has no host to be kept for.
      if (!key.secret) CHECK(key.hosts.empty());
    }
  }
  CHECK(find_key("stripe.secret_key")->short_name() == "secret_key");
}

TEST_CASE("a payment key cannot come from the agency: one client would see another's payments") {
  CHECK(find_key("stripe.secret_key")->scope == wf::Scope::workspace);
  CHECK(find_key("stripe.webhook_secret")->hosts.empty());
}

TEST_CASE("a workspace's own private key does not go with the id of the agency's") {
  const auto unless = find_key("search_console.private_key_id")->unless;
  CHECK(std::find(unless.begin(), unless.end(), "search_console.private_key") != unless.end());
}

TEST_CASE("a workspace's own consent does not go by way of the agency's manager account") {
  const auto unless = find_key("google_ads.login_customer_id")->unless;
  CHECK(std::find(unless.begin(), unless.end(), "google_ads.refresh_token") != unless.end());
}

TEST_CASE("what the host keeps belongs to its service, is no key and goes to named hosts only") {
  for (const auto& service : wf::catalogue()) {
    for (const auto& kept : service.captured) {
      INFO(kept.name);
      CHECK(wf::starts_with(kept.name, std::string(service.id) + "."));
      CHECK(find_key(kept.name) == nullptr);
      CHECK_FALSE(kept.hosts.empty());
      for (const auto host : kept.hosts) CHECK_FALSE(host.empty());
    }
  }
}

TEST_CASE("a stream is split by an account id of its own service") {
  for (const auto& service : wf::catalogue()) {
    for (const auto& stream : service.streams) {
      INFO(service.id << ' ' << stream.name);
      if (stream.partitioned_by.empty()) {
        CHECK(stream.variants.empty());
        continue;
      }
      const auto* key = find_key(stream.partitioned_by);
      REQUIRE(key != nullptr);
      CHECK_FALSE(key->secret);
      CHECK(wf::starts_with(key->name, std::string(service.id) + "."));
    }
  }
}
