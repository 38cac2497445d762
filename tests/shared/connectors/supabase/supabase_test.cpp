#include <catch_amalgamated.hpp>
#include <set>
#include <vector>

#include "shared/base/text.hpp"
#include "shared/connectors/supabase/probes.hpp"
#include "shared/connectors/supabase/supabase.hpp"
#include "tests/shared/connectors/columns.hpp"
#include "tests/shared/connectors/fixtures.hpp"

using namespace wf;

namespace {

const std::string client = "11111111-1111-4111-8111-111111111111";
const std::string noon = "2026-11-23T12:00:00Z";
const std::string later = "2026-11-23T12:05:00Z";

Json step(int probe) { return {{"probe", probe}}; }

/// With the time at which the probe before it reached the end.
Query query_of(Json position = nullptr, const std::string& now = later, const std::string& before = noon) {
  return {{*parse_time(before), *parse_time(now)}, "", Json::object(), std::move(position), client};
}
Query asked_again(int probe) {
  Query query = query_of(step(probe));
  query.again = true;
  return query;
}

Result<Page> parse(int status, const std::string& body, const Query& query) {
  return supabase::connector.streams[0].parse({status, {}, body, 42}, query, query.window.to);
}

HttpRequest request(Json position = nullptr) {
  return supabase::connector.streams[0].request(query_of(std::move(position)));
}

Json only_row(const Result<Page>& page) {
  REQUIRE(page.has_value());
  REQUIRE(page->batches.size() == 1);
  CHECK(page->batches[0].table == "probe_results");
  REQUIRE(page->batches[0].rows.size() == 1);
  CHECK(columns::of_row(page->batches[0].rows[0]) == columns::of_table("0010_supabase.sql", "probe_results"));
  return page->batches[0].rows[0];
}

std::string fixture(const std::string& name) { return fixtures::read("../supabase/" + name); }

}  // namespace

TEST_CASE("each part is asked in turn, of the agency's own database", "[supabase]") {
  CHECK(request().url ==
        "$SUPABASE_URL/rest/v1/workspaces?select=client_id&client_id=eq." + client + "&limit=1");
  CHECK(request(step(1)).url == "$SUPABASE_URL/auth/v1/health");
  CHECK(request(step(2)).url == "$SUPABASE_URL/realtime/v1/api/ping");
  const HttpRequest counting = request(step(3));
  CHECK(counting.method == "POST");
  CHECK(counting.url == "$SUPABASE_URL/rest/v1/rpc/count_rows");
  CHECK(counting.body == R"({"p":{"client_id":")" + client + "\"}}");
  CHECK(header(counting.headers, "apikey") == "{{secret:supabase.secret_key}}");
  CHECK(request(step(99)).url == counting.url);
}

TEST_CASE("a part that answers is a row with the host's latency", "[supabase]") {
  const auto rest = parse(200, R"([{"client_id":"x"}])", query_of());
  const Json row = only_row(rest);
  CHECK(row["probe"] == "rest");
  CHECK(row["ok"] == true);
  CHECK(row["latency_ms"] == 42);
  CHECK(row["http_status"] == 200);
  CHECK(row["probed_at"] == later);
  CHECK(rest->next == step(1));

  const auto auth = parse(200, fixture("auth_health.json"), query_of(step(1)));
  CHECK(only_row(auth)["detail"] == Json{{"name", "GoTrue"}, {"version", "v2.40.1"}});

  const std::string token = R"({"name":"GoTrue","version":")" + std::string(90, 'e') + "\"}";
  CHECK(only_row(parse(200, token, query_of(step(1))))["detail"] == Json{{"name", "GoTrue"}});

  const auto realtime = parse(200, R"({"message":"Success"})", query_of(step(2)));
  CHECK(only_row(realtime)["state"] == "answers");
  CHECK_FALSE(realtime->next.has_value());
}

TEST_CASE("a latency that the host did not measure is unknown, not 0", "[supabase]") {
  const Query query = query_of();
  const auto page = supabase::connector.streams[0].parse({200, {}, "[]", 0}, query, query.window.to);
  CHECK(only_row(page)["latency_ms"].is_null());
}

TEST_CASE("rows are counted every six hours, of each workspace at its own time", "[supabase]") {
  using namespace std::chrono_literals;
  const auto counts = [](Query query, UnixSeconds before, UnixSeconds now) {
    query.window = {before, now};
    return parse(200, R"({"message":"Success"})", query)->next == step(3);
  };
  Query query = query_of(step(2));
  const UnixSeconds start = *parse_time(noon);
  std::set<int> all_times;
  for (const char digit : std::string("0123456789abcdef")) {
    query.client_id[0] = digit;
    std::vector<int> times;
    for (int tick = 0; tick < 72 * 4; ++tick)
      if (counts(query, start + 5min * tick, start + 5min * (tick + 1))) times.push_back(tick);
    REQUIRE_FALSE(times.empty());
    const int first = times.front();
    CHECK(times == std::vector<int>{first, first + 72, first + 144, first + 216});
    all_times.insert(first);
    // Ticks were missed: the next one makes up for them.
    CHECK(counts(query, start, start + 6h));
  }
  CHECK(all_times.size() > 12);
  const auto page = parse(200, R"({"counts":{"stripe_charges":9007199254740993,"probe_results":0}})",
                          query_of(step(3), noon));
  REQUIRE(page.has_value());
  CHECK_FALSE(page->next.has_value());
  REQUIRE(page->batches[0].rows.size() == 2);
  const Json& row = page->batches[0].rows[1];
  CHECK(row["probe"] == "table_rows");
  CHECK(row["subject"] == "stripe_charges");
  CHECK(dump(row["row_count"]) == "9007199254740993");
  CHECK(row["latency_ms"].is_null());
}

TEST_CASE("a refusal is written down once and fails the second time", "[supabase]") {
  const Json errors = fixtures::json(fixture("postgrest_errors.json"));
  for (const Json& recorded : errors) {
    const int status = static_cast<int>(*find_int64(recorded, "status"));
    const auto first = parse(status, dump(recorded["body"]), query_of());
    const Json row = only_row(first);
    CHECK(row["ok"] == false);
    CHECK(row["http_status"] == status);
    CHECK(row["failure_message"] == "answered " + std::to_string(status));
    CHECK(row["detail"]["code"] == recorded["body"]["code"]);
    CHECK_FALSE(contains(dump(row), "Failing row"));
    CHECK(first->ask_again);
    CHECK(first->pause_secs >= 1);  // or the answer would be of the same second, and stored in its place
  }
  const auto second = parse(503, "<html>", asked_again(1));
  CHECK(second.error().kind == ErrorKind::provider);
  CHECK(second.error().message == "supabase auth: answered 503");
  CHECK(parse(401, "{}", asked_again(0)).error().kind == ErrorKind::credentials);
  CHECK(parse(403, "{}", asked_again(0)).error().kind == ErrorKind::configuration);
  CHECK(parse(200, fixture("auth_health.json"), asked_again(1))->next == step(2));
}

TEST_CASE("counts that the database has no time for fail nothing, and wait six hours", "[supabase]") {
  CHECK(only_row(parse(500, "{}", query_of(step(3))))["ok"] == false);
  const auto page = parse(500, "{}", asked_again(3));
  REQUIRE(page.has_value());
  CHECK(page->batches.empty());
  CHECK_FALSE(page->next);
  CHECK_FALSE(page->ask_again);
  CHECK(parse(403, "{}", asked_again(3)).error().kind == ErrorKind::configuration);
}

TEST_CASE("what cannot be observed is not called unhealthy", "[supabase]") {
  const auto page = parse(404, "{}", query_of(step(2)));
  REQUIRE(page.has_value());
  CHECK(page->batches.empty());
  CHECK_FALSE(parse(404, "{}", query_of(step(1)))->batches.empty());
}

TEST_CASE("replies of another shape are refused", "[supabase]") {
  CHECK(parse(200, "", query_of()).error().kind == ErrorKind::data);
  CHECK(parse(200, "{}", query_of()).error().message == "supabase rest: the reply is not a list");
  CHECK(contains(parse(200, R"({"name":7})", query_of(step(1))).error().message, "supabase auth: name is"));
  CHECK(contains(parse(200, "{}", query_of(step(2))).error().message, "missing message"));
  CHECK(contains(parse(200, R"({"counts":{"t":"many"}})", query_of(step(3))).error().message,
                 "t is not a count"));
}

TEST_CASE("any answer is read, but for later", "[supabase]") {
  const auto remedy = [](int status) {
    return supabase::connector.explain({status, {}, ""}, {{ErrorKind::provider, "x"}, Remedy::retry}).remedy;
  };
  CHECK(remedy(503) == Remedy::read);
  CHECK(remedy(401) == Remedy::read);
  CHECK(remedy(429) == Remedy::retry);
}
