#include "shared/connectors/supabase/probes.hpp"

#include <array>
#include <utility>

#include "shared/base/text.hpp"
#include "shared/sync/json_object.hpp"

namespace wf::supabase {
namespace {

HttpRequest ask(std::string method, std::string path) {
  HttpRequest request;
  request.method = std::move(method);
  request.url = "$SUPABASE_URL" + std::move(path);
  request.headers = {{"apikey", "{{secret:supabase.secret_key}}"}, {"accept", "application/json"}};
  request.timeout_ms = 20'000;
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
  UrlBuilder url{"/rest/v1/workspaces"};
  url.add("select", "client_id").add("client_id", "eq." + std::string(client_id)).add("limit", "1");
  return ask("GET", url.take());
}

Result<std::vector<Json>> read_rest(const HttpReply& reply, UnixSeconds probed_at) {
  const auto body = parse_json(reply.body, "supabase rest");
  if (!body) return tl::unexpected<Error>(body.error());
  if (!body->is_array()) return fail(ErrorKind::data, {"supabase rest: the reply is not a list"});
  return only(row_of("rest", reply, probed_at));
}

// https://supabase.com/docs/reference/self-hosting-auth/returns-the-service-health
HttpRequest auth_request(std::string_view) { return ask("GET", "/auth/v1/health"); }

Result<std::vector<Json>> read_auth(const HttpReply& reply, UnixSeconds probed_at) {
  const auto body = parse_json(reply.body, "supabase auth");
  if (!body) return tl::unexpected<Error>(body.error());
  const auto name = require_string(*body, "name", "supabase auth");
  if (!name) return tl::unexpected<Error>(name.error());
  Json row = row_of("auth", reply, probed_at);
  JsonObject detail;
  detail.text("name", *name);
  // What is longer is no version; an embedded sign-in server sends a whole token here.
  const Json* version = find(*body, "version");
  if (version && version->is_string() && find_text(*body, "version").size() <= 32)
    detail.json("version", *version);
  slot(row, "detail") = detail.take();
  return only(std::move(row));
}

// https://github.com/supabase/realtime: GET /api/ping, behind the gateway's /realtime/v1/api
HttpRequest realtime_request(std::string_view) { return ask("GET", "/realtime/v1/api/ping"); }

Result<std::vector<Json>> read_realtime(const HttpReply& reply, UnixSeconds probed_at) {
  const auto body = parse_json(reply.body, "supabase realtime");
  if (!body) return tl::unexpected<Error>(body.error());
  const auto message = require_string(*body, "message", "supabase realtime");
  if (!message) return tl::unexpected<Error>(message.error());
  Json row = row_of("realtime", reply, probed_at);
  slot(row, "state") = "answers";
  return only(std::move(row));
}

// public.count_rows in supabase/migrations
HttpRequest table_rows_request(std::string_view client_id) {
  HttpRequest request = ask("POST", "/rest/v1/rpc/count_rows");
  request.headers.emplace_back("content-type", "application/json");
  request.body = dump(JsonObject().json("p", JsonObject().text("client_id", client_id).take()).take());
  return request;
}

Result<std::vector<Json>> read_table_rows(const HttpReply& reply, UnixSeconds probed_at) {
  const auto body = parse_json(reply.body, "supabase table_rows");
  if (!body) return tl::unexpected<Error>(body.error());
  const Json* counts = find_object(*body, "counts");
  if (!counts) return fail(ErrorKind::data, {"supabase table_rows: missing counts"});
  std::vector<Json> rows;
  for (const auto& [table, count] : *counts->get_ptr<const Json::object_t*>()) {
    const auto number = as_int64(count);
    if (!number) return fail(ErrorKind::data, {"supabase table_rows: ", table, " is not a count"});
    Json row = row_of("table_rows", reply, probed_at);
    // One question answered for all tables: its latency is none of a single one.
    slot(row, "latency_ms") = nullptr;
    slot(row, "subject") = table;
    slot(row, "row_count") = *number;
    slot(row, "detail") = JsonObject().text("count", "exact").take();
    rows.push_back(std::move(row));
  }
  return rows;
}

constexpr std::array list{
    Probe{.name = "rest", .request = rest_request, .read = read_rest},
    Probe{.name = "auth", .request = auth_request, .read = read_auth},
    Probe{.name = "realtime", .request = realtime_request, .read = read_realtime, .may_be_absent = true},
    Probe{.name = "table_rows", .request = table_rows_request, .read = read_table_rows}};

}  // namespace

std::span<const Probe> probes() { return list; }

Json failed_row(const Probe& probe, const HttpReply& reply, UnixSeconds probed_at) {
  Json row = row_of(probe.name, reply, probed_at);
  slot(row, "ok") = false;
  slot(row, "failure_message") = "answered " + decimal(reply.status);
  const auto body = parse_json(reply.body, "supabase");
  // PostgREST's codes are stable; its texts may quote a row.
  if (const auto code = body ? find_string(*body, "code") : std::nullopt)
    slot(row, "detail") = JsonObject().text("code", shorten(*code, 64)).take();
  return row;
}

}  // namespace wf::supabase
