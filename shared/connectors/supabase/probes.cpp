#include "shared/connectors/supabase/probes.hpp"

#include <array>
#include <utility>

#include "shared/base/text.hpp"

namespace wf::supabase {
namespace {

HttpRequest ask(std::string method, std::string path) {
  HttpRequest request;
  request.method = std::move(method);
  request.url = "$SUPABASE_URL" + std::move(path);
  // A secret key with a browser's User-Agent is refused, hence our own.
  request.headers = {{"apikey", "{{secret:supabase.secret_key}}"},
                     {"user-agent", "webfluentia-edge"},
                     {"accept", "application/json"}};
  request.timeout_ms = 20'000;
  return request;
}

// What every probe has. Latency is the host's: from the call to the last byte.
Json row_of(std::string_view probe, const HttpReply& reply, UnixSeconds probed_at) {
  return {{"probe", probe},
          {"subject", ""},
          {"probed_at", format_time(probed_at)},
          {"ok", true},
          {"latency_ms", reply.elapsed_ms > 0 ? Json(reply.elapsed_ms) : Json()},
          {"http_status", reply.status},
          {"row_count", nullptr},
          {"state", nullptr},
          {"detail", nullptr},
          {"failure_message", nullptr},
          {"source_at", format_time(probed_at)}};
}

Error error_of(std::string_view probe, std::string_view what) {
  return {ErrorKind::data, "supabase " + std::string(probe) + ": " + std::string(what)};
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
  if (!body->is_array()) return tl::unexpected<Error>(error_of("rest", "the reply is not a list"));
  return std::vector<Json>{row_of("rest", reply, probed_at)};
}

// https://supabase.com/docs/reference/self-hosting-auth/returns-the-service-health
HttpRequest auth_request(std::string_view) { return ask("GET", "/auth/v1/health"); }

Result<std::vector<Json>> read_auth(const HttpReply& reply, UnixSeconds probed_at) {
  const auto body = parse_json(reply.body, "supabase auth");
  if (!body) return tl::unexpected<Error>(body.error());
  const auto name = require_string(*body, "name", "supabase auth");
  if (!name) return tl::unexpected<Error>(name.error());
  Json row = row_of("auth", reply, probed_at);
  row["detail"] = {{"name", *name}};
  // What is longer is no version; an embedded sign-in server sends a whole token here.
  const auto version = find_string(*body, "version");
  if (version && version->size() <= 32) row["detail"]["version"] = *version;
  return std::vector<Json>{std::move(row)};
}

// https://github.com/supabase/realtime: GET /api/ping, behind the gateway's /realtime/v1/api
HttpRequest realtime_request(std::string_view) { return ask("GET", "/realtime/v1/api/ping"); }

Result<std::vector<Json>> read_realtime(const HttpReply& reply, UnixSeconds probed_at) {
  const auto body = parse_json(reply.body, "supabase realtime");
  if (!body) return tl::unexpected<Error>(body.error());
  const auto message = require_string(*body, "message", "supabase realtime");
  if (!message) return tl::unexpected<Error>(message.error());
  Json row = row_of("realtime", reply, probed_at);
  row["state"] = "answers";
  return std::vector<Json>{std::move(row)};
}

// public.count_rows in supabase/migrations
HttpRequest table_rows_request(std::string_view client_id) {
  HttpRequest request = ask("POST", "/rest/v1/rpc/count_rows");
  request.headers.emplace_back("content-type", "application/json");
  const Json body = {{"p", {{"client_id", client_id}}}};
  request.body = dump(body);
  return request;
}

Result<std::vector<Json>> read_table_rows(const HttpReply& reply, UnixSeconds probed_at) {
  const auto body = parse_json(reply.body, "supabase table_rows");
  if (!body) return tl::unexpected<Error>(body.error());
  const Json* counts = find_object(*body, "counts");
  if (!counts) return tl::unexpected<Error>(error_of("table_rows", "missing counts"));
  std::vector<Json> rows;
  for (const auto& [table, count] : counts->items()) {
    const auto number = as_int64(count);
    if (!number) return tl::unexpected<Error>(error_of("table_rows", table + " is not a count"));
    Json row = row_of("table_rows", reply, probed_at);
    // One question answered for all tables: its latency is none of a single one.
    row["latency_ms"] = nullptr;
    row["subject"] = table;
    row["row_count"] = *number;
    row["detail"] = {{"count", "exact"}};
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
  row["ok"] = false;
  row["failure_message"] = "answered " + std::to_string(reply.status);
  const auto body = parse_json(reply.body, "supabase");
  // PostgREST's codes are stable; its texts may quote a row.
  if (const auto code = body ? find_string(*body, "code") : std::nullopt)
    row["detail"] = {{"code", shorten(*code, 64)}};
  return row;
}

}  // namespace wf::supabase
