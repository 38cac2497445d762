#include "shared/connectors/registry.hpp"

#include <algorithm>
#include <catch_amalgamated.hpp>

#include "shared/domain/catalogue.hpp"
#include "tests/shared/find_key.hpp"

using namespace wf;

TEST_CASE("what people ask of a service is on its card when it fails") {
  std::size_t asked = 0;
  for (const Connector* connector : connectors()) {
    if (connector->actions.empty()) continue;
    ++asked;
    const Descriptor* service = find_service(connector->service);
    REQUIRE(service != nullptr);
    CHECK(service->use_label.empty() == service->streams.empty());
  }
  CHECK(asked > 0);
}

TEST_CASE("of each connector, a module of the Worker has what its flows use, and nothing of the other's") {
  REQUIRE(queue_connectors().size() == connectors().size());
  REQUIRE(gateway_connectors().size() == connectors().size());
  for (std::size_t i = 0; i < connectors().size(); ++i) {
    const auto& [service, streams, webhook, fetch, parse_object, explain, grants, actions, never_kept] =
        *connectors()[i];
    const Connector& queue = *queue_connectors()[i];
    const Connector& gateway = *gateway_connectors()[i];
    CAPTURE(service);
    const bool reads = !streams.empty() || webhook;
    const bool asked = !actions.empty();
    CHECK((reads || asked));
    CHECK(queue.service == service);
    CHECK(queue.streams.size() == streams.size());
    CHECK(queue.fetch == fetch);
    CHECK(queue.parse_object == parse_object);
    CHECK(queue.explain == (reads ? explain : nullptr));
    CHECK(queue.grants.size() == grants.size());
    CHECK(queue.actions.empty());
    CHECK(queue.never_kept == never_kept);
    CHECK(gateway.never_kept == never_kept);
    CHECK(gateway.service == service);
    CHECK(gateway.streams.empty());
    CHECK(gateway.fetch == nullptr);
    CHECK(gateway.parse_object == nullptr);
    CHECK(gateway.explain == (asked ? explain : nullptr));
    CHECK(gateway.grants.size() == (asked ? grants.size() : 0));
    CHECK(gateway.actions.size() == actions.size());
    REQUIRE((queue.webhook != nullptr) == (webhook != nullptr));
    REQUIRE((gateway.webhook != nullptr) == (webhook != nullptr));
    if (!webhook) continue;
    const auto& [claim, identify, questions, parse] = *webhook;
    CHECK(queue.webhook->questions == questions);
    CHECK(queue.webhook->parse == parse);
    CHECK(queue.webhook->claim == nullptr);
    CHECK(queue.webhook->identify == nullptr);
    CHECK(gateway.webhook->claim == claim);
    CHECK(gateway.webhook->identify == identify);
    CHECK(gateway.webhook->questions == nullptr);
    CHECK(gateway.webhook->parse == nullptr);
  }
}

TEST_CASE("every connector is complete and every scheduled stream has one") {
  for (const Connector* connector : connectors()) {
    CHECK(find_service(connector->service) != nullptr);
    for (const Stream& stream : connector->streams) {
      CHECK(stream.request != nullptr);
      CHECK(stream.parse != nullptr);
    }
    CHECK((connector->fetch == nullptr) == (connector->parse_object == nullptr));
    CHECK(has_webhook(*find_service(connector->service)) == (connector->webhook != nullptr));
    const auto kept = find_service(connector->service)->captured;
    for (const Grant& grant : connector->grants)
      CHECK(std::any_of(kept.begin(), kept.end(),
                        [&](const CapturedKey& key) { return key.name == grant.captured; }));
  }
  for (const Descriptor& service : catalogue())
    for (const StreamDescriptor& scheduled : service.streams) {
      const Connector* connector = find_connector(connectors(), service.id);
      REQUIRE(connector != nullptr);
      CHECK(find_stream(*connector, scheduled.name) != nullptr);
    }
}
