#include "edge-workers/effect_json.hpp"

#include <utility>

#include "shared/base/json_object.hpp"

namespace wf {
namespace {

Json to_json(const Headers& headers) {
  Json list = empty_list();
  for (const auto& [name, value] : headers) {
    Json pair = empty_list();
    pair.push_back(Json(name));
    pair.push_back(Json(value));
    list.push_back(std::move(pair));
  }
  return list;
}

Json to_json(const std::vector<std::string>& texts) {
  Json list = empty_list();
  for (const std::string& text : texts) list.push_back(Json(text));
  return list;
}

// A body always travels when the effect has one to give, also an empty one.
void add_body(Frame& frame, JsonObject& control, std::string&& body) {
  frame.parts.push_back(std::move(body));
  control.number("body", static_cast<std::int64_t>(frame.parts.size()));
}

// `as_given`: the host has it already.
void add_body(Frame& frame, JsonObject& control, bool as_given, std::string&& body) {
  if (!as_given) return add_body(frame, control, std::move(body));
  control.number("body", 0);
}

Json to_json(const Capture& capture) {
  JsonObject out;
  out.text("name", capture.name);
  if (capture.refresh) out.flag("refresh", true);
  return out.take();
}

void write(Frame& frame, JsonObject& control, HttpRequest& http) {
  control.text("kind", "http");
  control.text("method", http.method);
  control.text("url", http.url);
  control.json("headers", to_json(http.headers));
  control.number("timeout_ms", http.timeout_ms);
  control.number("max_bytes", http.max_bytes);
  if (!http.body_secrets.empty()) control.json("body_secrets", to_json(http.body_secrets));
  if (http.capture) control.json("capture", to_json(*http.capture));
  if (!http.body.empty()) add_body(frame, control, std::move(http.body));
}

void write(Frame& frame, JsonObject& control, PutObject& put) {
  control.text("kind", "put_object");
  control.text("key", put.key);
  control.text("content_type", put.content_type);
  control.flag("if_absent", put.if_absent);
  if (put.metadata.is_object()) control.json("metadata", std::move(put.metadata));
  add_body(frame, control, put.as_given, std::move(put.body));
}

void write(Frame& frame, JsonObject& control, Verify& verify) {
  control.text("kind", "verify");
  control.text("algorithm", verify.algorithm);
  control.text("secret", verify.secret);
  control.text("prefix", verify.prefix);
  control.json("signatures", to_json(verify.signatures));
  add_body(frame, control, verify.as_given, std::move(verify.body));
}

void write(JsonObject& control, const Sign& sign) {
  control.text("kind", "sign");
  control.text("algorithm", sign.algorithm);
  control.text("secret", sign.secret);
  control.text("message", sign.message);
  if (sign.captured.empty()) return;
  control.json(
      "capture",
      JsonObject().text("name", sign.captured).number("expires_in_secs", sign.expires_in_secs).take());
}

void write(Frame& frame, JsonObject& control, Respond& respond) {
  control.text("kind", "respond");
  control.number("status", respond.status);
  control.json("headers", to_json(respond.headers));
  if (!respond.body.empty()) add_body(frame, control, std::move(respond.body));
}

void write(Frame& frame, JsonObject& control, Effect& effect) {
  if (auto* http = std::get_if<HttpRequest>(&effect)) return write(frame, control, *http);
  if (auto* put = std::get_if<PutObject>(&effect)) return write(frame, control, *put);
  if (auto* verify = std::get_if<Verify>(&effect)) return write(frame, control, *verify);
  if (auto* sign = std::get_if<Sign>(&effect)) return write(control, *sign);
  if (auto* respond = std::get_if<Respond>(&effect)) return write(frame, control, *respond);
  if (auto* get = std::get_if<GetObject>(&effect)) {
    control.text("kind", "get_object").text("key", get->key);
  } else if (auto* enqueue = std::get_if<Enqueue>(&effect)) {
    control.text("kind", "enqueue").number("delay_secs", enqueue->delay_secs);
    control.json("message", std::move(enqueue->message));
  } else if (auto* log = std::get_if<Log>(&effect)) {
    control.text("kind", "log").text("level", log->level).json("fields", std::move(log->fields));
  } else if (auto* done = std::get_if<Done>(&effect)) {
    const bool ok = done->outcome == Outcome::ok;
    control.text("kind", "done").text("outcome", ok ? "ok" : "retry");
    if (!ok) control.number("delay_secs", done->delay_secs);
  }
}

EffectResult malformed() { return Failed{"malformed", "the host's result cannot be read"}; }

EffectResult read_http(const Json& result, std::vector<std::string>& parts) {
  if (is_true(result, "captured")) return Captured{};
  const auto status = find_int64(result, "status").value_or(0);
  HttpReply reply;
  if (status < 100 || status > 999 || !take_body(result, parts, reply.body)) return malformed();
  reply.status = static_cast<int>(status);
  reply.headers = read_headers(result);
  reply.elapsed_ms = find_int64(result, "elapsed_ms").value_or(0);
  return reply;
}

EffectResult read_object(const Json& result, std::vector<std::string>& parts) {
  const auto found = find_bool(result, "found");
  if (found && !*found) return NoObject{};
  FoundObject object;
  if (!found || !take_body(result, parts, object.body)) return malformed();
  if (const Json* metadata = find_object(result, "metadata")) object.metadata = *metadata;
  return object;
}

}  // namespace

void add_effect(Frame& frame, int id, Effect effect) {
  JsonObject control;
  control.number("effect", id);
  write(frame, control, effect);
  slot(frame.control, "effects").push_back(control.take());
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
  if (const auto reason = find_text(result, "failed"); !reason.empty())
    return Failed{std::string(reason), text_in(result, "message"), text_in(result, "name")};
  switch (kind) {
    case ResultKind::http:
      return read_http(result, parts);
    case ResultKind::object:
      return read_object(result, parts);
    case ResultKind::verified: {
      const auto valid = find_bool(result, "valid");
      const auto present = find_bool(result, "secret_present");
      if (valid && present) return Verified{*valid, *present};
      break;
    }
    case ResultKind::stored:
      if (const auto stored = find_bool(result, "stored")) return Stored{*stored};
      break;
    case ResultKind::captured:
      if (is_true(result, "captured")) return Captured{};
      break;
    case ResultKind::signature:
      if (const auto hex = find_text(result, "signature"); !hex.empty()) return Signed{std::string(hex)};
      break;
    case ResultKind::queued:
      if (is_true(result, "queued")) return Queued{};
      break;
  }
  return malformed();
}

Headers read_headers(const Json& object) {
  Headers headers;
  for (const Json& entry : list_in(object, "headers")) {
    const auto pair = elements(entry);
    if (pair.size() != 2) continue;
    const auto* name = pair[0].get_ptr<const std::string*>();
    const auto* value = pair[1].get_ptr<const std::string*>();
    if (name && value) add_header(headers, *name, *value);
  }
  return headers;
}

}  // namespace wf
