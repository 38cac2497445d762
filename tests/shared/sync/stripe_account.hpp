#pragma once
// A Stripe account made of the recorded lists.

#include <string>

#include "fake_host.hpp"
#include "tests/project_files.hpp"

namespace fake {

inline std::string fixture(const std::string& name) {
  return project_files::read("tests/fixtures/stripe/" + name);
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Two pages of charges and balance transactions, one of the others, no events.
inline Reply stripe_reply(const std::string& url) {
  const bool second = has(url, "starting_after=");
  if (has(url, "/v1/charges?"))
    return {200, fixture(second ? "lists/charges_page2.built.json" : "lists/charges_page1.built.json")};
  if (has(url, "/v1/balance_transactions?"))
    return {200, fixture(second ? "lists/balance_transactions_page2.built.json"
                                : "lists/balance_transactions_page1.built.json")};
  if (has(url, "/v1/payment_intents?")) return {200, fixture("lists/payment_intents_page1.built.json")};
  if (has(url, "/v1/payment_links?")) return {200, fixture("lists/payment_links_page1.built.json")};
  if (has(url, "/v1/events?")) return {200, fixture("lists/empty.built.json")};
  return {404, R"({"error":{"type":"invalid_request_error","code":"resource_missing"}})"};
}

inline Host stripe_host() {
  Host host;
  host.provider = stripe_reply;
  return host;
}

inline Json webhook_event(const std::string& header) {
  return {{"kind", "webhook"},
          {"service", "stripe"},
          {"workspace", "northwind-dental"},
          {"headers", Json::array({Json::array({"stripe-signature", header})})},
          {"body", 1}};
}

// With a signature of the host's present.
inline Json webhook_event(const Host& host) {
  return webhook_event("t=" + std::to_string(host.now_ms / 1000) + ",v1=aa");
}

inline int status_of(const Host& host) {
  return host.responses.empty() ? 0 : static_cast<int>(host.responses.back()["status"].get<int>());
}

}  // namespace fake
