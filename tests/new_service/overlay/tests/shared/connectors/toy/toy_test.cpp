#include "shared/connectors/toy/toy.hpp"

#include <catch_amalgamated.hpp>

using namespace wf;

namespace {

constexpr UnixSeconds now{std::chrono::seconds(1'763'900'000)};

Result<Page> parse(std::string body) {
  HttpReply reply;
  reply.body = std::move(body);
  return toy::connector.streams.front().parse(reply, {}, now);
}

}  // namespace

TEST_CASE("an order becomes a row of the table's columns") {
  const auto page = parse(R"({"orders":[{"id":"o1","amount":-5,"currency":"eur","created":1763893800}]})");
  REQUIRE(page.has_value());
  CHECK(page->batches.front().rows.front() == Json{{"id", "o1"},
                                                   {"amount", -5},
                                                   {"currency", "eur"},
                                                   {"created", "2025-11-23T10:30:00Z"},
                                                   {"source_at", "2025-11-23T12:13:20Z"}});
  CHECK_FALSE(page->next.has_value());
}

TEST_CASE("an order without an amount refuses the page") {
  CHECK_FALSE(parse(R"({"orders":[{"id":"o1","currency":"eur","created":1763893800}]})").has_value());
}
