#include "shared/connectors/supabase/probes.hpp"

#include <array>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/sync/database.hpp"

namespace wf::supabase {
namespace {

constexpr std::string_view origin = "$SUPABASE_URL";

// Of what is no table.
HttpRequest ask(std::string_view path) {
  HttpRequest request = Database(std::string(origin)).select("", "");
  request.url = concat({origin, path});
  return request;
}

// What every probe has. Latency is the host's: from the call to the last byte.
Json row_of(std::string_view probe, const HttpReply& reply, UnixSeconds probed_at) {
  JsonObject row;
  row.text("probe", probe)
      .text("subject", "")
      .time("probed_at", probed_at)
      .flag("ok", true)
      .json("latency_ms", reply.elapsed_ms > 0 ? Json(reply.elapsed_ms) : Json())
      .number("http_status", reply.status)
      .time("source_at", probed_at);
  for (const std::string_view column : {"row_count", "state", "detail", "failure_message"})
    row.json(column, Json());
  return row.take();
}

std::vector<Json> only(Json row) {
  std::vector<Json> rows;
  rows.push_back(std::move(row));
  return rows;
}

// The way of every read: gateway, PostgREST, Postgres, and the workspace's own row.
HttpRequest rest_request(std::string_view client_id) {
  return Database(std::string(origin))
      .select("workspaces",
              concat({"select=client_id&client_id=eq.", percent_encode(client_id), "&limit=1"}));
}

Result<std::vector<Json>> read_rest(const Json& body, std::string_view who, Json row) {
  if (!body.is_array()) return fail(ErrorKind::data, {who, ": the reply is not a list"});
  return only(std::move(row));
}

// https://supabase.com/docs/reference/self-hosting-auth/returns-the-service-health
HttpRequest auth_request(std::string_view) { return ask("/auth/v1/health"); }

Result<std::vector<Json>> read_auth(const Json& body, std::string_view who, Json row) {
  const auto name = require_string(body, "name", who);
  if (!name) return tl::unexpected<Error>(name.error());
  JsonObject detail;
  detail.text("name", *name);
  // What is longer is no version; an embedded sign-in server sends a whole token here.
  const Json* version = find(body, "version");
  if (version && version->is_string() && text_of(*version).size() <= 32) detail.json("version", *version);
  slot(row, "detail") = detail.take();
  return only(std::move(row));
}

// https://github.com/supabase/realtime: GET /api/ping, behind the gateway's /realtime/v1/api
HttpRequest realtime_request(std::string_view) { return ask("/realtime/v1/api/ping"); }

Result<std::vector<Json>> read_realtime(const Json& body, std::string_view who, Json row) {
  const auto message = require_string(body, "message", who);
  if (!message) return tl::unexpected<Error>(message.error());
  slot(row, "state") = "answers";
  return only(std::move(row));
}

// public.count_rows in supabase/migrations
HttpRequest table_rows_request(std::string_view client_id) {
  return Database(std::string(origin)).call("count_rows", JsonObject().text("client_id", client_id));
}

Result<std::vector<Json>> read_table_rows(const Json& body, std::string_view who, Json row) {
  const Json* counts = find_object(body, "counts");
  if (!counts) return fail(ErrorKind::data, {who, ": missing counts"});
  // One question answered for all tables: its latency is none of a single one.
  slot(row, "latency_ms") = nullptr;
  slot(row, "detail") = JsonObject().text("count", "exact").take();
  std::vector<Json> rows;
  for (const auto& [table, count] : members(*counts)) {
    const auto number = as_int64(count);
    if (!number) return fail(ErrorKind::data, {who, ": ", table, " is not a count"});
    slot(row, "subject") = table;
    slot(row, "row_count") = *number;
    rows.push_back(row);
  }
  return rows;
}

constexpr std::array list{
    Probe{.name = "rest", .request = rest_request, .read = read_rest},
    Probe{.name = "auth", .request = auth_request, .read = read_auth},
    Probe{.name = "realtime", .request = realtime_request, .read = read_realtime, .may_be_absent = true},
    Probe{.name = "table_rows", .request = table_rows_request, .read = read_table_rows, .is_count = true}};

}  // namespace

std::span<const Probe> probes() { return list; }

Result<std::vector<Json>> rows_of(const Probe& probe, const HttpReply& reply, UnixSeconds probed_at) {
  const std::string who = concat({"supabase ", probe.name});
  const auto body = parse_json(reply.body, who);
  if (!body) return tl::unexpected<Error>(body.error());
  return probe.read(*body, who, row_of(probe.name, reply, probed_at));
}

Json failed_row(const Probe& probe, const HttpReply& reply, UnixSeconds probed_at) {
  Json row = row_of(probe.name, reply, probed_at);
  slot(row, "ok") = false;
  slot(row, "failure_message") = concat({"answered ", decimal(reply.status)});
  const Json body = json_or_null(reply.body);
  // PostgREST's codes are stable; its texts may quote a row.
  if (const auto code = find_text(body, "code"); !code.empty())
    slot(row, "detail") = JsonObject().text("code", shorten(code, 64)).take();
  return row;
}

}  // namespace wf::supabase
