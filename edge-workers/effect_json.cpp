#include "edge-workers/effect_json.hpp"

#include <utility>

#include "shared/sync/json_object.hpp"

namespace wf {
namespace {

Json to_json(const Headers& headers) {
  Json list = Json::array();
  for (const auto& [name, value] : headers) {
    Json pair = Json::array();
    pair.push_back(Json(name));
    pair.push_back(Json(value));
    list.push_back(std::move(pair));
  }
  return list;
}

// A body always travels when the effect has one to give, also an empty one.
void add_body(Frame& frame, JsonObject& control, std::string body) {
  frame.parts.push_back(std::move(body));
  control.number("body", static_cast<std::int64_t>(frame.parts.size()));
}

Json to_json(const Capture& capture) {
  JsonObject out;
  out.text("name", capture.name);
  out.text("member", capture.member);
  out.text("expires_in_member", capture.expires_in_member);
  if (capture.refresh) out.flag("refresh", true);
  return out.take();
}

struct Writer {
  Frame& frame;
  JsonObject control;

  void operator()(HttpRequest& http) {
    control.text("kind", "http");
    control.text("method", http.method);
    control.text("url", http.url);
    control.json("headers", to_json(http.headers));
    control.number("timeout_ms", http.timeout_ms);
    control.number("max_bytes", http.max_bytes);
    if (!http.body_secrets.empty()) control.json("body_secrets", http.body_secrets);
    if (http.capture) control.json("capture", to_json(*http.capture));
    if (!http.body.empty()) add_body(frame, control, std::move(http.body));
  }
  void operator()(PutObject& put) {
    control.text("kind", "put_object");
    control.text("key", put.key);
    control.text("content_type", put.content_type);
    control.flag("if_absent", put.if_absent);
    if (put.metadata.is_object()) control.json("metadata", std::move(put.metadata));
    add_body(frame, control, std::move(put.body));
  }
  void operator()(GetObject& get) {
    control.text("kind", "get_object");
    control.text("key", get.key);
  }
  void operator()(Verify& verify) {
    control.text("kind", "verify");
    control.text("algorithm", verify.algorithm);
    control.text("secret", verify.secret);
    control.text("prefix", verify.prefix);
    control.json("signatures", verify.signatures);
    add_body(frame, control, std::move(verify.body));
  }
  void operator()(Sign& sign) {
    control.text("kind", "sign");
    control.text("algorithm", sign.algorithm);
    control.text("secret", sign.secret);
    control.text("message", sign.message);
    if (sign.captured.empty()) return;
    control.json(
        "capture",
        JsonObject().text("name", sign.captured).number("expires_in_secs", sign.expires_in_secs).take());
  }
  void operator()(Enqueue& enqueue) {
    control.text("kind", "enqueue");
    control.json("message", std::move(enqueue.message));
    control.number("delay_secs", enqueue.delay_secs);
  }
  void operator()(Log& log) {
    control.text("kind", "log");
    control.text("level", log.level);
    control.json("fields", std::move(log.fields));
  }
  void operator()(Respond& respond) {
    control.text("kind", "respond");
    control.number("status", respond.status);
    control.json("headers", to_json(respond.headers));
    if (!respond.body.empty()) add_body(frame, control, std::move(respond.body));
  }
  void operator()(Done& done) {
    control.text("kind", "done");
    control.text("outcome", done.outcome == Outcome::ok ? "ok" : "retry");
    if (done.outcome == Outcome::retry) control.number("delay_secs", done.delay_secs);
  }
};

Failed malformed() { return {"malformed", "the host's result cannot be read"}; }

EffectResult read_http(const Json& result, std::vector<std::string>& parts) {
  if (find_bool(result, "captured").value_or(false)) return Captured{};
  const auto status = find_int64(result, "status");
  auto body = body_of(result, parts);
  if (!status || *status < 100 || *status > 999 || !body) return malformed();
  return HttpReply{static_cast<int>(*status), read_headers(result), *std::move(body),
                   find_int64(result, "elapsed_ms").value_or(0)};
}

EffectResult read_object(const Json& result, std::vector<std::string>& parts) {
  const auto found = find_bool(result, "found");
  if (!found) return malformed();
  if (!*found) return NoObject{};
  auto body = body_of(result, parts);
  if (!body) return malformed();
  const Json* metadata = find_object(result, "metadata");
  return FoundObject{*std::move(body), metadata ? *metadata : Json()};
}

EffectResult read_verified(const Json& result) {
  const auto valid = find_bool(result, "valid");
  const auto present = find_bool(result, "secret_present");
  if (!valid || !present) return malformed();
  return Verified{*valid, *present};
}

}  // namespace

void add_effect(Frame& frame, int id, Effect effect) {
  Writer writer{frame, {}};
  writer.control.number("effect", id);
  std::visit(writer, effect);
  frame.control["effects"].push_back(writer.control.take());
}

ResultKind result_kind(const Effect& effect) {
  if (std::holds_alternative<PutObject>(effect)) return ResultKind::stored;
  if (std::holds_alternative<GetObject>(effect)) return ResultKind::object;
  if (std::holds_alternative<Verify>(effect)) return ResultKind::verified;
  if (const auto* sign = std::get_if<Sign>(&effect))
    return sign->captured.empty() ? ResultKind::signature : ResultKind::captured;
  if (std::holds_alternative<Enqueue>(effect)) return ResultKind::queued;
  return ResultKind::http;
}

EffectResult read_result(ResultKind kind, const Json& result, std::vector<std::string>& parts) {
  if (!result.is_object()) return malformed();
  if (const auto reason = find_string(result, "failed"))
    return Failed{*reason, find_string(result, "message").value_or(""),
                  find_string(result, "name").value_or("")};
  switch (kind) {
    case ResultKind::http:
      return read_http(result, parts);
    case ResultKind::object:
      return read_object(result, parts);
    case ResultKind::verified:
      return read_verified(result);
    case ResultKind::stored:
      if (const auto stored = find_bool(result, "stored")) return Stored{*stored};
      return malformed();
    case ResultKind::captured:
      if (find_bool(result, "captured").value_or(false)) return Captured{};
      return malformed();
    case ResultKind::signature:
      if (auto hex = find_string(result, "signature"); hex && !hex->empty()) return Signed{*std::move(hex)};
      return malformed();
    case ResultKind::queued:
      if (find_bool(result, "queued").value_or(false)) return Queued{};
      return malformed();
  }
  return malformed();
}

Headers read_headers(const Json& object) {
  Headers headers;
  const Json* list = find_array(object, "headers");
  if (!list) return headers;
  for (const Json& entry : *list) {
    if (!entry.is_array() || entry.size() != 2) continue;
    auto name = as_string(entry[0]);
    auto value = as_string(entry[1]);
    if (name && value) headers.emplace_back(*std::move(name), *std::move(value));
  }
  return headers;
}

}  // namespace wf
