#include "fake_host.hpp"

#include <catch_amalgamated.hpp>

#include "shared/base/time.hpp"

namespace fake {
namespace {

constexpr std::string_view client = "11111111-1111-4111-8111-111111111111";
constexpr std::string_view rest = "/rest/v1/";
constexpr int most_effects = 10'000;  // a flow that does not end fails its test, and does not hang it
constexpr int most_messages = 1'000;

Json reply_json(int status, const wf::Headers& headers) {
  Json list = Json::array();
  for (const auto& [name, value] : headers) list.push_back(Json::array({name, value}));
  return {{"status", status}, {"headers", list}, {"body", 1}};
}

}  // namespace

Json json(std::string_view text) {
  auto parsed = wf::parse_json(text, "test");
  REQUIRE(parsed.has_value());
  return *parsed;
}

Host::Host(wf::Registry used) : registry_(used) {
  provider = [](const std::string&) { return Reply{500, "", {}, ""}; };
}

std::string Host::run(const Json& event, std::string body) {
  const std::string what = text_in(event, "kind");
  wf::Edge edge =
      what == "replay" || what == "cards" ? wf::tools_edge(registry_) : wf::deployed_edge(registry_);
  const std::string flow = "00000000-0000-4000-8000-" + std::to_string(100000000000 + ++flows_);
  std::deque<std::pair<Json, std::string>> waiting;
  const auto take = [&](const wf::Frame& frame, const std::string& given) -> std::string {
    INFO(wf::dump(frame.control));
    REQUIRE_FALSE(frame.control.contains("fault"));
    for (const Json& effect : frame.control["effects"]) {
      const auto part = wf::find_int64(effect, "body");
      const bool gives = part && *part > 0;
      waiting.emplace_back(effect, gives  ? frame.parts[static_cast<std::size_t>(*part) - 1]
                                   : part ? (given.empty() ? held : given)
                                          : "");
      if (effect["kind"] == "done") return text_in(effect, "outcome");
    }
    return "";
  };
  const auto send = [&](Json control, std::vector<std::string> parts) {
    control["flow"] = flow;
    control["now_ms"] = now_ms;
    const std::string given = control["op"] == "reply" && !parts.empty() ? parts.front() : "";
    // Through the bytes of the ABI, so that these are tested as well.
    const std::string input = wf::encode_frame({std::move(control), std::move(parts)});
    const auto out = wf::decode_frame(wf::encode_frame(edge.step(wf::decode_frame(input))));
    REQUIRE(out.has_value());
    return take(*out, given);
  };
  std::string outcome = send({{"op", "start"}, {"config", {{"supabase_url", "http://db"}}}, {"event", event}},
                             {std::move(body)});
  for (int taken = 0; !waiting.empty(); ++taken) {
    if (taken == most_effects) FAIL("the flow never ends");
    auto [effect, bytes] = std::move(waiting.front());
    waiting.pop_front();
    const std::string kind = text_in(effect, "kind");
    seen.push_back(effect);
    if (kind == "done") break;
    if (kind == "log") logs.push_back(effect["fields"]);
    if (kind == "respond") {
      responses.push_back(effect);
      response_body = bytes;
    }
    if (kind == "log" || kind == "respond") continue;
    ++effects;
    const bool dies = death && death->at_effect == effects && !died;
    if (dies && death->before) return died = true, "died";
    Json result = act(effect, bytes);
    if (lose && lose(effect)) result = {{"failed", "network"}, {"message", "test"}};
    if (dies) return died = true, "died";
    std::vector<std::string> parts;
    if (result.contains("body")) parts.push_back(bytes);
    outcome = send({{"op", "reply"}, {"effect", effect["effect"]}, {"result", std::move(result)}}, parts);
  }
  REQUIRE_FALSE(outcome.empty());
  CHECK(edge.flows() == 0);
  return outcome;
}

Json Host::act(const Json& effect, std::string& body) {
  if (fault)
    if (Json result = fault(effect); !result.is_null()) {
      body = text_in(result, "text");
      return result;
    }
  const std::string kind = text_in(effect, "kind");
  if (kind == "http") return http(effect, std::string(body), body);
  if (kind == "put_object") {
    const std::string key = text_in(effect, "key");
    const bool there = objects.contains(key);
    if (there && effect["if_absent"] == true) return {{"stored", false}};
    objects[key] = body;
    metadata[key] = effect.value("metadata", Json());
    return {{"stored", true}};
  }
  if (kind == "get_object") {
    const auto found = objects.find(text_in(effect, "key"));
    if (found == objects.end()) return {{"found", false}};
    body = found->second;
    return {{"found", true}, {"body", 1}, {"metadata", metadata[found->first]}};
  }
  if (kind == "verify")
    return {{"valid", signature_valid && secrets[text_in(effect, "secret")]},
            {"secret_present", secrets[text_in(effect, "secret")]}};
  if (kind == "sign") return sign(effect);
  if (kind == "enqueue") queue.push_back(effect["message"]);
  return {{"queued", true}};
}

Json Host::http(const Json& effect, const std::string& body, std::string& reply_body) {
  const std::string url = text_in(effect, "url");
  if (url.rfind("http://db", 0) == 0) {
    const std::string path = url.substr(9 + rest.size());
    if (path.rfind("rpc/", 0) != 0 && rows) {
      const Reply reply = rows(path);
      reply_body = reply.body;
      return reply_json(reply.status, {});
    }
    if (path.rfind("rpc/", 0) != 0) {
      reply_body = R"([{"client_id":"11111111-1111-4111-8111-111111111111","slug":"northwind-dental"}])";
      return reply_json(200, {});
    }
    const auto [status, answer] = database.call(path.substr(4), json(body)["p"], now_ms / 1000);
    reply_body = wf::dump(answer);
    return reply_json(status, {});
  }
  if (const std::string name = missing_credential(effect, body); !name.empty())
    return {{"failed", "secret_missing"}, {"name", name}, {"message", "test"}};
  return effect.contains("capture") ? grant(effect, reply_body) : call_provider(effect, reply_body);
}

std::string Host::missing_credential(const Json& effect, const std::string& body) const {
  const std::string texts = wf::dump(effect) + body;
  for (const wf::Connector* connector : registry_)
    for (const wf::Grant& grant : connector->grants) {
      const auto kept = captured.find(std::string(grant.captured));
      const bool used = texts.find("{{secret:" + std::string(grant.captured) + "}}") != std::string::npos;
      if (used && (kept == captured.end() || kept->second <= now_ms)) return std::string(grant.captured);
    }
  return "";
}

Json Host::grant(const Json& effect, std::string& reply_body) {
  const Json& capture = effect["capture"];
  const auto kept = captured.find(text_in(capture, "name"));
  const bool refresh = wf::find_bool(capture, "refresh").value_or(false);
  if (kept != captured.end() && kept->second > now_ms && !refresh) return {{"captured", true}};
  Json reply = call_provider(effect, reply_body);
  if (!reply.contains("status") || reply["status"] != 200) return reply;
  const auto parsed = wf::parse_json(reply_body, "token");
  if (!parsed) return {{"failed", "not_json"}, {"message", "test"}};
  const Json& body = *parsed;
  if (!body.contains("access_token")) return {{"failed", "not_captured"}, {"message", "test"}};
  const auto secs = body["expires_in"].get<std::int64_t>() - 60;
  if (secs <= 0) return {{"failed", "short_lived"}, {"message", "test"}};
  captured[text_in(capture, "name")] = now_ms + secs * 1000;
  return {{"captured", true}};
}

Json Host::sign(const Json& effect) {
  if (!secrets[text_in(effect, "secret")])
    return {{"failed", "secret_missing"}, {"name", effect["secret"]}, {"message", "test"}};
  captured[text_in(effect["capture"], "name")] = now_ms + 240'000;
  return {{"captured", true}};
}

Json Host::call_provider(const Json& effect, std::string& reply_body) {
  const std::string url = text_in(effect, "url");
  provider_urls.push_back(url);
  Reply reply = provider(url);
  if (!reply.failed.empty()) return {{"failed", reply.failed}, {"message", "test"}};
  reply_body = reply.body;
  if (wf::header(reply.headers, "date").empty())
    reply.headers.emplace_back("date", wf::format_http_date(wf::from_millis(now_ms)));
  Json result = reply_json(reply.status, reply.headers);
  result["elapsed_ms"] = reply.elapsed_ms;
  return result;
}

std::string Host::run_job(const Json& message) {
  return run({{"kind", "job"}, {"message", message}, {"ids", ids}});
}

Json Host::message(const std::string& run_id) const {
  return {{"job", "sync"},          {"workspace", "northwind-dental"},
          {"client_id", client},    {"service", service},
          {"partition", partition}, {"stream", database.runs.at(run_id)["stream"]},
          {"run_id", run_id}};
}

std::string Host::sync(const std::string& stream) {
  const std::string run_id = "run-" + std::to_string(database.runs.size() + 1);
  database.add_run(run_id, stream, wf::from_millis(now_ms));
  return run_job(message(run_id));
}

void Host::work_until_quiet(int most_rounds) {
  for (int round = 0; round < most_rounds; ++round) {
    for (int taken = 0; !queue.empty(); ++taken) {
      if (taken == most_messages) FAIL("the queue never empties");
      const Json next = queue.front();
      queue.pop_front();
      now_ms += 1000;
      if (run_job(next) != "ok") queue.push_back(next);
      if (queue.size() == 1 && queue.front() == next) break;
    }
    now_ms += 5 * 60 * 1000;
    for (const auto& [run_id, run] : database.runs)
      if (const auto wakes = database.wakes_at(run_id); wakes && *wakes <= wf::from_millis(now_ms))
        queue.push_back(message(run_id));
    for (const auto& [key, receipt] : database.receipts)
      if (receipt["state"] == "received")
        queue.push_back({{"job", "delivery"},
                         {"workspace", "northwind-dental"},
                         {"client_id", client},
                         {"service", service},
                         {"delivery_key", key},
                         {"object_key", receipt["object_key"]}});
    if (queue.empty()) return;
  }
  FAIL("the work never ends");
}

Run Host::last_run() const {
  const Json& run = database.runs.at("run-" + std::to_string(database.runs.size()));
  return {text_in(run, "state"), wf::find_int64(run, "pages").value_or(0),
          wf::find_int64(run, "attempt").value_or(0), text_in(run, "error_kind"),
          text_in(run, "error_message")};
}

int Host::count(std::string_view kind) const {
  int n = 0;
  for (const Json& effect : seen) n += text_in(effect, "kind") == kind ? 1 : 0;
  return n;
}

}  // namespace fake
