#pragma once
// Replies of Meta's as they were recorded or built, and the queries that they answer.

#include <catch_amalgamated.hpp>
#include <string>
#include <utility>

#include "shared/connectors/meta/insights.hpp"
#include "shared/connectors/meta/posts.hpp"
#include "shared/sync/connector.hpp"
#include "tests/shared/connectors/google/fixtures.hpp"

namespace meta_fixtures {

using namespace wf;
using google_fixtures::at;

inline constexpr const char* page_id = "1148671018324630";
inline constexpr const char* account_id = "17841400000000001";
inline const UnixSeconds source_at = at("2026-11-23T13:00:00Z");

inline Json fixture(const std::string& name) {
  const auto parsed = parse_json(google_fixtures::reply("meta/" + name + ".built.json").body, name);
  REQUIRE(parsed.has_value());
  return *parsed;
}

inline HttpReply reply_of(const Json& body, int status = 200, Headers headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = dump(body)};
}

// The recorded errors hold their status and headers beside the body.
inline HttpReply recorded_error(const std::string& name) {
  const Json recorded = fixture(name);
  Headers headers;
  if (const Json* found = find_object(recorded, "headers"))
    for (const auto& [key, value] : found->items()) headers.emplace_back(key, *as_string(value));
  return reply_of(*find(recorded, "body"), static_cast<int>(*find_int64(recorded, "status")), headers);
}

inline Query query_of(const char* id, Json position = {}) {
  return {.window = {at("2026-11-19T13:00:00Z"), at("2026-11-23T13:00:00Z")},
          .partition = id,
          .ids = {{"meta.page_id", page_id}, {"meta.instagram_id", account_id}},
          .position = std::move(position)};
}

inline Query posts_query(const char* id) {
  Query query = query_of(id);
  query.window.from = at("2026-10-26T13:00:00Z");
  return query;
}

inline Page posts_of(const meta::PostList& list, const HttpReply& reply, const Query& query) {
  auto page = meta::parse_posts(list, reply, query, source_at);
  INFO((page ? "" : page.error().message));
  REQUIRE(page.has_value());
  return *std::move(page);
}

inline Json error_body(std::int64_t code, const char* message = "words of Meta's") {
  return {{"error", {{"code", code}, {"message", message}}}};
}

inline std::size_t place_of(const meta::Account& account, std::size_t group, std::string_view metric) {
  const auto metrics = account.groups[group].metrics;
  for (std::size_t i = 0; i < metrics.size(); ++i)
    if (metrics[i].name == metric) return i;
  FAIL("no such metric");
  return 0;
}

inline Json position(std::size_t group, std::size_t metric, const char* day) {
  return {{"group", group}, {"metric", metric}, {"day", day}};
}

inline Query page_metric(std::string_view metric) {
  return query_of(page_id, position(2, place_of(meta::page_account, 2, metric), "2026-11-22"));
}

inline Page page_of(const meta::Account& account, const HttpReply& reply, const Query& query) {
  auto page = meta::parse_insights(account, reply, query, source_at);
  INFO((page ? "" : page.error().message));
  REQUIRE(page.has_value());
  return *std::move(page);
}

}  // namespace meta_fixtures
