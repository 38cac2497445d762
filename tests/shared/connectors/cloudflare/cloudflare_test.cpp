#include <algorithm>
#include <catch_amalgamated.hpp>

#include "shared/base/text.hpp"
#include "shared/connectors/cloudflare/cloudflare.hpp"
#include "shared/connectors/cloudflare/rows.hpp"
#include "shared/connectors/cloudflare/windows.hpp"
#include "tests/shared/connectors/columns.hpp"
#include "tests/shared/connectors/fixtures.hpp"

using namespace wf;
using fixtures::json;

namespace {

const std::string account = "0123456789abcdef0123456789abcdef";
const std::string zone = "fedcba9876543210fedcba9876543210";
const UnixSeconds now = *parse_time("2026-11-23T13:44:00Z");

const Stream& stream(const char* id) { return *find_stream(cloudflare::connector, id); }

Query query_of(Json position = nullptr, const std::string& from = "2026-11-23T11:20:00Z") {
  return {{*parse_time(from), now}, zone, Json{{"cloudflare.account_id", account}}, std::move(position)};
}

Json asked(const char* id, const Query& query) { return json(stream(id).request(query).body); }

std::string text(const Json& object, std::initializer_list<const char*> path) {
  const Json* at = &object;
  for (const char* key : path) at = &(*at)[key];
  return as_string(*at).value_or("");
}

std::string body(const std::string& name) { return fixtures::read("../cloudflare/" + name); }

Result<Page> parse(const char* id, const std::string& reply, const Query& query = query_of()) {
  return stream(id).parse({200, {}, reply}, query, now);
}

Page page_of(const char* id, const std::string& reply, const Query& query = query_of()) {
  auto page = parse(id, reply, query);
  INFO((page ? "" : page.error().message));
  REQUIRE(page.has_value());
  return *std::move(page);
}

std::vector<Json> rows_of(const Page& page, const std::string& table) {
  if (page.batches.empty()) return {};
  REQUIRE(page.batches.size() == 1);
  CHECK(page.batches[0].table == table);
  for (const Json& row : page.batches[0].rows)
    CHECK(columns::of_row(row) == columns::of_table("0016_cloudflare.sql", table));
  return page.batches[0].rows;
}

std::string refused(const std::string& message, const Json& path = nullptr) {
  return dump(
      {{"data", nullptr},
       {"errors", Json::array({{{"message", message}, {"path", path}, {"extensions", Json::object()}}})}});
}

std::string workers_reply(const Json& groups, const Json& settings = nullptr) {
  Json scope = {{"workersInvocationsAdaptive", groups}};
  if (!settings.is_null()) scope["settings"] = {{"workersInvocationsAdaptive", settings}};
  return dump({{"data", {{"viewer", {{"accounts", Json::array({scope})}}}}}, {"errors", nullptr}});
}

Json group_of(const std::string& hour, std::int64_t requests = 1) {
  return {{"dimensions", {{"datetimeHour", hour}, {"scriptName", "edge"}, {"status", "success"}}},
          {"sum", {{"requests", requests}, {"errors", 0}, {"subrequests", 0}}},
          {"quantiles", {{"cpuTimeP50", 206}, {"cpuTimeP99", 300.5}}}};
}

Json many_groups(std::size_t count) {
  Json groups = Json::array();
  for (std::size_t i = 0; i < count; ++i) groups.push_back(group_of("2026-11-23T12:00:00Z"));
  return groups;
}

Json position_of(std::initializer_list<std::pair<const char*, const char*>> spans, std::int64_t page_size) {
  Json list = Json::array();
  for (const auto& [from, to] : spans) list.push_back(Json::array({from, to}));
  return {{"spans", list}, {"page_size", page_size}};
}

ErrorKind kind_of(const std::string& message) { return parse("workers", refused(message)).error().kind; }

}  // namespace

TEST_CASE("whole hours of the account are asked for, with its limits", "[cloudflare]") {
  const HttpRequest request = stream("workers").request(query_of());
  CHECK(request.method == "POST");
  CHECK(request.url == "https://api.cloudflare.com/client/v4/graphql");
  CHECK(header(request.headers, "authorization") == "Bearer {{secret:cloudflare.api_token}}");
  const Json asked = json(request.body);
  CHECK(text(asked, {"query"}) ==
        "query($tag:string!,$name:string!,$from:Time!,$to:Time!){viewer{accounts(filter:{accountTag:$tag}){"
        "settings{workersInvocationsAdaptive{maxDuration maxPageSize notOlderThan}} "
        "workersInvocationsAdaptive(limit:10000,filter:{datetime_geq:$from,datetime_lt:$to,scriptName:$name},"
        "orderBy:[datetimeHour_DESC]){sum{requests errors subrequests} quantiles{cpuTimeP50 cpuTimeP99} "
        "dimensions{datetimeHour scriptName status}}}}}");
  CHECK(text(asked, {"variables", "tag"}) == account);
  CHECK(text(asked, {"variables", "from"}) == "2026-11-23T11:00:00Z");
  CHECK(text(asked, {"variables", "to"}) == "2026-11-23T14:00:00Z");
}

TEST_CASE("whole days of the zone are asked for", "[cloudflare]") {
  const Json zone_query = asked("zone", query_of(nullptr, "2026-09-01T00:00:00Z"));
  CHECK(text(zone_query, {"variables", "tag"}) == zone);
  CHECK(text(zone_query, {"variables", "from"}) == "2026-11-22");
  CHECK(text(zone_query, {"variables", "to"}) == "2026-11-24");
  CHECK(contains(text(zone_query, {"query"}), "$from:Date!"));
  CHECK(contains(text(zone_query, {"query"}), "zones(filter:{zoneTag:$tag})"));
  CHECK(contains(text(zone_query, {"query"}),
                 "httpRequests1dGroups(limit:100,filter:{date_geq:$from,date_lt:$to}"));
}

TEST_CASE("a position names the span and the page size", "[cloudflare]") {
  const Json next =
      asked("workers", query_of(position_of({{"2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"}}, 500)));
  CHECK(text(next, {"variables", "from"}) == "2026-11-01T00:00:00Z");
  CHECK(text(next, {"variables", "to"}) == "2026-11-02T00:00:00Z");
  CHECK(contains(text(next, {"query"}), "limit:500"));
  CHECK_FALSE(contains(text(next, {"query"}), "settings"));
  const Json strange = asked("workers", query_of(Json{{"day", 7}}));
  CHECK(text(strange, {"variables", "from"}) == "2026-11-23T11:00:00Z");
}

TEST_CASE("invocations of parts of an hour become the hour", "[cloudflare]") {
  const auto rows = rows_of(page_of("workers", body("workers_invocations.json")), "cloudflare_worker_hourly");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["account_id"] == account);
  CHECK(rows[0]["script_name"] == "worker-subrequest-test-client");
  CHECK(rows[0]["status"] == "success");
  CHECK(rows[0]["hour"] == "2020-05-04T18:00:00Z");
  CHECK(rows[0]["requests"] == 6);
  CHECK(rows[0]["errors"] == 0);
  CHECK(rows[0]["cpu_p50_us"].is_null());  // percentiles cannot be added up
  CHECK(rows[0]["source_at"] == "2026-11-23T13:44:00Z");
}

TEST_CASE("a sum beyond what a double counts stays exact", "[cloudflare]") {
  const auto rows =
      rows_of(page_of("workers", workers_reply({group_of("2026-11-23T12:10:00Z", 9007199254740991),
                                                group_of("2026-11-23T12:20:00Z", 2)})),
              "cloudflare_worker_hourly");
  REQUIRE(rows.size() == 1);
  CHECK(dump(rows[0]["requests"]) == R"("9007199254740993")");
}

TEST_CASE("an hour that comes as one group keeps its percentiles", "[cloudflare]") {
  const Page page = page_of("workers", workers_reply({group_of("2026-11-23T12:00:00Z", 9007199254740993),
                                                      group_of("2026-11-23T13:00:00Z")}));
  const auto rows = rows_of(page, "cloudflare_worker_hourly");
  REQUIRE(rows.size() == 2);
  CHECK(dump(rows[0]["requests"]) == R"("9007199254740993")");
  CHECK(rows[0]["cpu_p99_us"] == 300.5);
  CHECK(page.items == 2);
  CHECK(*page.newest == *parse_time("2026-11-23T13:00:00Z"));
  CHECK(*page.oldest == *parse_time("2026-11-23T11:00:00Z"));
  CHECK_FALSE(page.next.has_value());
}

TEST_CASE("operations carry their class, and unknown ones are other", "[cloudflare]") {
  const auto rows =
      rows_of(page_of("r2_operations", body("r2_operations_statuses.built.json")), "cloudflare_r2_daily");
  REQUIRE(rows.size() == 3);
  const auto row_of = [&](const char* action, const char* status) {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const Json& row) {
      return row["action_type"] == action && row["action_status"] == status;
    });
    return found == rows.end() ? Json() : *found;
  };
  CHECK(row_of("GetObject", "userError")["requests"] == 1404);
  CHECK(row_of("GetObject", "userError")["day"] == "2026-11-10");
  CHECK(row_of("GetObject", "success")["operation_class"] == "B");
  CHECK(row_of("FutureOperation", "internalError")["operation_class"] == "other");
  CHECK(row_of("GetObject", "success")["bucket_name"] == "");
  CHECK(cloudflare::r2_operation_class("PutObject") == "A");
  CHECK(cloudflare::r2_operation_class("ListObjects") == "A");
  CHECK(cloudflare::r2_operation_class("DeleteObject") == "free");
}

TEST_CASE("operations without a day are refused: they would be a row of no day", "[cloudflare]") {
  CHECK(parse("r2_operations", body("r2_operations.built.json")).error().message ==
        "cloudflare r2: missing day");
}

TEST_CASE("storage is the latest reading of a bucket and day", "[cloudflare]") {
  Json reply = json(body("r2_storage.built.json"));
  Json& groups = reply["data"]["viewer"]["accounts"][0]["r2StorageAdaptiveGroups"];
  Json earlier = groups[0];
  earlier["dimensions"]["datetime"] = "2026-11-22T01:00:00Z";
  earlier["max"]["objectCount"] = 400;
  groups.push_back(earlier);
  const Page page = page_of("r2_storage", dump(reply));
  const auto rows = rows_of(page, "cloudflare_r2_daily");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["day"] == "2026-11-22");
  CHECK(rows[0]["bucket_name"] == "media");
  CHECK(rows[0]["object_count"] == 500);
  CHECK(rows[0]["payload_bytes"] == 2000000000);
  CHECK(rows[0]["measured_at"] == "2026-11-22T23:00:00Z");
  CHECK(rows[0]["action_type"] == "");
  CHECK(page.items == 2);
}

TEST_CASE("a zone's days", "[cloudflare]") {
  Json reply = json(body("http_requests_1d.built.json"));
  Json& sum = reply["data"]["viewer"]["zones"][0]["httpRequests1dGroups"][0]["sum"];
  sum["countryMap"] = {{{"clientCountryName", "DE"}, {"requests", 5}, {"bytes", 9}, {"threats", 0}}};
  sum["responseStatusMap"] = {{{"edgeResponseStatus", 200}, {"requests", 5}}};
  const Page page = page_of("zone", dump(reply));
  CHECK(page.newest == *parse_time("2026-11-23T00:00:00Z"));  // the end of the newest day
  const auto rows = rows_of(page, "cloudflare_zone_daily");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0]["zone_id"] == zone);
  CHECK(rows[0]["day"] == "2026-11-21");
  CHECK(rows[0]["requests"] == 1482);
  CHECK(rows[0]["cached_bytes"] == 2549992);
  CHECK(rows[0]["unique_visitors"] == 11);
  CHECK(rows[0]["countries"] == Json{{"DE", {{"requests", 5}, {"bytes", 9}, {"threats", 0}}}});
  CHECK(rows[0]["statuses"] == Json{{"200", 5}});
  CHECK(rows[1]["countries"].is_null());
}

TEST_CASE("no groups is an empty page, no account is a configuration error", "[cloudflare]") {
  const Page page = page_of("workers", body("empty_rows.built.json"));
  CHECK(page.batches.empty());
  CHECK(page.items == 0);
  const auto none = parse("workers", R"({"data":{"viewer":{"accounts":[]}},"errors":null})");
  CHECK(none.error().kind == ErrorKind::configuration);
}

TEST_CASE("older spans follow the newest, as the settings allow", "[cloudflare]") {
  const Query first_sync = query_of(nullptr, "2026-08-25T13:44:00Z");
  const Json settings = {{"maxDuration", 864000}, {"maxPageSize", 500}, {"notOlderThan", 2678400}};
  const Page page = page_of("workers", workers_reply(Json::array(), settings), first_sync);
  CHECK(*page.next == position_of({{"2026-11-12T14:00:00Z", "2026-11-22T14:00:00Z"},
                                   {"2026-11-02T14:00:00Z", "2026-11-12T14:00:00Z"},
                                   {"2026-10-23T15:00:00Z", "2026-11-02T14:00:00Z"}},
                                  500));
  const Page second = page_of("workers", workers_reply(Json::array()), query_of(*page.next));
  CHECK((*second.next)["spans"].size() == 2);
}

TEST_CASE("without settings the documented limits hold", "[cloudflare]") {
  Json reply = json(body("empty_rows.built.json"));
  reply["errors"] = {
      {{"message", "settings: access denied"}, {"path", {"viewer", "accounts", "0", "settings"}}}};
  const Page page = page_of("workers", dump(reply), query_of(nullptr, "2026-08-25T13:44:00Z"));
  CHECK((*page.next)["spans"].size() == 4);
  CHECK((*page.next)["page_size"] == 10'000);
}

TEST_CASE("a full reply is asked for again in two halves", "[cloudflare]") {
  const Query query = query_of(position_of(
      {{"2026-11-23T09:00:00Z", "2026-11-23T14:00:00Z"}, {"2026-11-22T00:00:00Z", "2026-11-23T09:00:00Z"}},
      3));
  const Page page = page_of("workers", workers_reply(many_groups(3)), query);
  CHECK(page.batches.empty());
  CHECK(*page.next == position_of({{"2026-11-23T11:00:00Z", "2026-11-23T14:00:00Z"},
                                   {"2026-11-23T09:00:00Z", "2026-11-23T11:00:00Z"},
                                   {"2026-11-22T00:00:00Z", "2026-11-23T09:00:00Z"}},
                                  3));
  CHECK(page_of("workers", workers_reply(many_groups(2)), query).batches.size() == 1);
  const auto shortest = parse("workers", workers_reply(many_groups(3)),
                              query_of(position_of({{"2026-11-23T13:00:00Z", "2026-11-23T14:00:00Z"}}, 3)));
  CHECK(shortest.error().kind == ErrorKind::data);
}

TEST_CASE("spans that have become too old are left out", "[cloudflare]") {
  const std::string too_old = body("error_too_old_200.json");  // 31 days
  const Query query = query_of(position_of(
      {{"2026-10-20T00:00:00Z", "2026-10-27T00:00:00Z"}, {"2026-10-13T00:00:00Z", "2026-10-20T00:00:00Z"}},
      100));
  CHECK(*page_of("workers", too_old, query).next ==
        position_of({{"2026-10-23T15:00:00Z", "2026-10-27T00:00:00Z"}}, 100));
  const std::string in_weeks =
      refused("cannot request data older than 4w3d, but your query requests data from 5w");
  CHECK(page_of("workers", in_weeks, query).next == page_of("workers", too_old, query).next);
  const Query over = query_of(position_of({{"2026-10-13T00:00:00Z", "2026-10-20T00:00:00Z"}}, 100));
  CHECK_FALSE(page_of("workers", too_old, over).next.has_value());
  // Young enough, and still refused: asking again would not help.
  CHECK(parse("workers", too_old).error().kind == ErrorKind::ours);
}

TEST_CASE("a query that is too much is asked for in halves, a page in fewer rows", "[cloudflare]") {
  const Query query = query_of(position_of({{"2026-11-23T09:00:00Z", "2026-11-23T13:00:00Z"}}, 1000));
  for (const char* message :
       {"query time range is too large", "query consumed excessive resources",
        "cannot request a time range wider than 4w4d, but your query time range spans 8w"})
    CHECK((*page_of("workers", refused(message), query).next)["spans"].size() == 2);
  const Page page =
      page_of("workers", refused("limit must be positive number and not greater than 400"), query);
  CHECK((*page.next)["page_size"] == 400);
  CHECK((*page.next)["spans"].size() == 1);
}

TEST_CASE("errors in a successful reply have their kinds", "[cloudflare]") {
  const auto limited = parse("workers", refused("rate limiter budget depleted, try again after 5 minutes"));
  CHECK(limited.error().kind == ErrorKind::rate_limit);
  CHECK(limited.error().retry_after_secs == 300);
  CHECK(kind_of("not authorized for that account") == ErrorKind::credentials);
  CHECK(kind_of("zone 'x' does not have access to the path") == ErrorKind::credentials);
  CHECK(kind_of("unknown field \"datetimeHour\"") == ErrorKind::ours);
  CHECK(kind_of("error parsing args for \"x\"") == ErrorKind::ours);
  CHECK(kind_of("unable to execute query, please try again later") == ErrorKind::provider);
  CHECK(kind_of("something new") == ErrorKind::provider);
  CHECK(kind_of("cannot request data older than 99999999999999999999s") == ErrorKind::ours);
  CHECK(kind_of("cannot request data older than 99999999999w") == ErrorKind::ours);
  CHECK(kind_of("cannot request data older than 90") == ErrorKind::ours);
  CHECK(kind_of("cannot request data older than 3 moons") == ErrorKind::ours);
  CHECK_FALSE(contains(parse("workers", refused("something <new>")).error().message, "new"));
}

TEST_CASE("errors of HTTP", "[cloudflare]") {
  const auto explained = [](int status, const std::string& text, ErrorKind kind) {
    return cloudflare::connector.explain({status, {}, text},
                                         {{kind, "cloudflare workers: answered"}, Remedy::give_up});
  };
  const Json token = json(body("rest_error_invalid_token.built.json"));
  const Problem refusal = explained(401, dump(token["body"]), ErrorKind::credentials);
  CHECK(refusal.error.message == "cloudflare workers: answered (1000)");
  CHECK(refusal.remedy == Remedy::give_up);
  CHECK(explained(429, "", ErrorKind::rate_limit).error.retry_after_secs == 300);
  CHECK(explained(400, body("error_too_old_200.json"), ErrorKind::ours).remedy == Remedy::read);
  CHECK(explained(400, refused("not authorized for that account"), ErrorKind::ours).error.kind ==
        ErrorKind::credentials);
  for (const char* text : {
           R"({"success":false,"errors":[{"code":6003,"message":"Invalid request headers",
              "error_chain":[{"code":6111,"message":"Invalid format for Authorization header"}]}]})",
           R"({"success":false,"errors":[{"code":10001,"message":"Unable to authenticate request"}]})"}) {
    const Problem malformed = explained(400, text, ErrorKind::ours);
    CHECK(malformed.error.kind == ErrorKind::credentials);
    CHECK(malformed.remedy == Remedy::give_up);
  }
  CHECK(explained(503, "<html>", ErrorKind::provider).error.kind == ErrorKind::provider);
}

TEST_CASE("groups of a wrong shape are refused whole", "[cloudflare]") {
  CHECK(parse("workers", "").error().kind == ErrorKind::data);
  CHECK(parse("workers", "{}").error().message == "cloudflare workers: the reply holds no groups");
  CHECK(parse("workers", body("token_verify_ok.built.json")).error().kind == ErrorKind::data);
  const auto with = [](const std::string& pointer, Json value) {
    Json group = group_of("2026-11-23T12:00:00Z");
    group[Json::json_pointer(pointer)] = std::move(value);
    const auto page = parse("workers", workers_reply(Json::array({group})));
    return page ? std::string("read") : page.error().message;
  };
  CHECK(contains(with("/sum/requests", "many"), "cloudflare workers: requests is"));
  CHECK(contains(with("/sum/errors", nullptr), "missing errors"));
  CHECK(contains(with("/dimensions/datetimeHour", "today"), "a group has no time"));
  CHECK(contains(with("/quantiles/cpuTimeP50", "fast"), "cpu_p50_us is"));
  CHECK(with("/dimensions/status", "aNewStatus") == "read");
  CHECK(with("/dimensions/status", nullptr) == "read");
  for (const char* dimension : {"/dimensions/status", "/dimensions/scriptName"})
    CHECK(with(dimension, 7) == "cloudflare workers: a dimension is not a text");
  const auto overflow = parse("workers", workers_reply({group_of("2026-11-23T12:00:00Z", 9223372036854775807),
                                                        group_of("2026-11-23T12:00:00Z", 1)}));
  CHECK(overflow.error().message == "cloudflare workers: a sum is larger than 64 bits");
}
