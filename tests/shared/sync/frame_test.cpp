#include <catch_amalgamated.hpp>

#include "edge-workers/edge.hpp"
#include "edge-workers/effect_json.hpp"
#include "fake_host.hpp"
#include "shared/connectors/registry.hpp"

using wf::Json;

namespace {

wf::Frame step(wf::Edge& edge, Json control, std::vector<std::string> parts = {}) {
  return edge.step(wf::Frame{std::move(control), std::move(parts)});
}

wf::Frame step_bytes(wf::Edge& edge, std::string_view input) { return edge.step(wf::decode_frame(input)); }

bool is_fault(const wf::Frame& frame) {
  return frame.control.contains("fault") && frame.control["effects"].empty();
}

Json start_of(const Json& event) {
  return {{"op", "start"},
          {"flow", "f"},
          {"now_ms", 1},
          {"config", {{"supabase_url", "http://db"}}},
          {"event", event}};
}

}  // namespace

TEST_CASE("a frame survives its encoding, bodies with any bytes included", "[frame]") {
  const std::string body("\0\xff{}\n", 5);
  const auto frame = wf::decode_frame(wf::encode_frame({{{"op", "x"}}, {body, ""}}));
  REQUIRE(frame.has_value());
  CHECK(frame->control == Json{{"op", "x"}});
  CHECK(frame->parts == std::vector<std::string>{body, ""});
}

TEST_CASE("every cut and every flipped byte of a frame is refused or read, never a trap", "[frame]") {
  wf::Edge edge = wf::deployed_edge(wf::connectors());
  const std::string good =
      wf::encode_frame({start_of({{"kind", "webhook"}, {"service", "toy"}, {"body", 1}}), {"body"}});
  for (std::size_t length = 0; length < good.size(); ++length) {
    CHECK(is_fault(step_bytes(edge, std::string_view(good).substr(0, length))));
  }
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x5a);
    CHECK(step_bytes(edge, bad).control.contains("effects"));
  }
  CHECK(is_fault(step_bytes(edge, good + "x")));
}

TEST_CASE("what is not of the ABI is answered with a fault", "[frame]") {
  wf::Edge edge = wf::deployed_edge(wf::connectors());
  CHECK(is_fault(step(edge, {{"op", "dance"}})));
  CHECK(is_fault(step(edge, {{"op", 7}})));
  CHECK(is_fault(step(edge, start_of({{"kind", "unknown"}}))));
  CHECK(is_fault(step(edge, start_of({{"kind", "job"}, {"message", {{"job", "dance"}}}}))));
  CHECK(is_fault(step(edge, start_of({{"kind", "webhook"}, {"service", "stripe"}, {"body", 5}}))));
  CHECK(is_fault(step(edge, start_of("text"))));
  CHECK(is_fault(step(edge, start_of({{"kind", "replay"}, {"object_key", "raw/x"}}))));  // of tools.wasm
  CHECK(edge.flows() == 0);
}

TEST_CASE("while a workspace's settings cannot be read, what needs them waits, and nothing else", "[frame]") {
  wf::Edge edge = wf::deployed_edge(wf::connectors());
  const auto effect_of = [&](std::string_view job, std::string_view service, bool unreadable,
                             std::string_view kind = "job") {
    const Json message = {
        {"job", job}, {"service", service}, {"workspace", "w"}, {"object_key", "o"}, {"stream", "s"}};
    const auto frame =
        step(edge, start_of({{"kind", kind}, {"message", message}, {"settings_unreadable", unreadable}}));
    edge = wf::deployed_edge(wf::connectors());
    return frame.control["effects"][0];
  };
  for (const char* job : {"sync", "delivery"}) {
    const Json waits = effect_of(job, "stripe", true);
    CHECK(waits["outcome"] == "retry");
    CHECK(waits["delay_secs"] == 300);
    CHECK(effect_of(job, "stripe", false)["kind"] != "done");
  }
  CHECK(effect_of("sync", "supabase", true)["kind"] == "http");
  CHECK(effect_of("action_end", "", true)["kind"] == "get_object");
  CHECK(effect_of("sync", "stripe", true, "dead_letter")["kind"] == "http");
}

TEST_CASE("replies that nobody waits for change nothing", "[frame]") {
  wf::Edge edge = wf::deployed_edge(wf::connectors());
  const auto first = step(edge, start_of({{"kind", "dead_letter"}, {"message", {{"job", "sync"}}}}));
  REQUIRE(first.control["effects"].size() == 1);
  const Json reply = {{"op", "reply"},
                      {"flow", "f"},
                      {"effect", 1},
                      {"now_ms", 2},
                      {"result", {{"status", 200}, {"headers", Json::array()}, {"body", 1}}}};
  Json other = reply;
  other["flow"] = "g";
  CHECK(is_fault(step(edge, other, {"{}"})));
  other = reply;
  other["effect"] = 99;
  CHECK(is_fault(step(edge, other, {"{}"})));
  other["effect"] = 4'294'967'297;
  CHECK(is_fault(step(edge, other, {"{}"})));
  CHECK(is_fault(step(edge, start_of({{"kind", "tick"}}))));  // the flow is running
  CHECK(step(edge, reply, {"{}"}).control["effects"].back()["kind"] == "done");
  CHECK(is_fault(step(edge, reply, {"{}"})));
}

TEST_CASE("a result of the wrong shape is a failed effect, not a trap", "[frame]") {
  for (const char* result : {"null", "7", "[]", "{}", R"({"status":"200"})", R"({"status":200,"body":9})",
                             R"({"status":99999,"headers":{}})", R"({"failed":3})"}) {
    wf::Edge edge = wf::deployed_edge(wf::connectors());
    step(edge, start_of({{"kind", "dead_letter"}, {"message", {{"job", "sync"}}}}));
    const auto out = step(
        edge, {{"op", "reply"}, {"flow", "f"}, {"effect", 1}, {"now_ms", 2}, {"result", fake::json(result)}});
    INFO(result << " gives " << wf::dump(out.control));
    CHECK(out.control["effects"].back()["outcome"] == "retry");
    CHECK(edge.flows() == 0);
  }
}

TEST_CASE("the manifest names every key, its hosts, and no value", "[frame]") {
  wf::Edge edge = wf::deployed_edge(wf::connectors());
  const Json manifest = step(edge, {{"op", "manifest"}}).control;
  bool stripe = false;
  for (const Json& secret : manifest["secrets"]) {
    CHECK(secret["hosts"].is_array());
    if (secret["name"] != "stripe.secret_key") continue;
    stripe = true;
    CHECK(secret["hosts"] == Json::array({"api.stripe.com"}));
    // One agency key must never stand in for a client's own.
    CHECK_FALSE(secret.contains("env"));
  }
  CHECK(stripe);
  CHECK(manifest["ids"].is_array());
}

TEST_CASE("a signature is asked for with or without a place to keep it", "[frame]") {
  wf::Frame out{{{"effects", Json::array()}}, {}};
  const wf::Effect open = wf::Sign{"hmac-sha256", "toy.key", "message", ""};
  const wf::Effect kept = wf::Sign{"RS256", "toy.key", "message", "toy.token"};
  wf::add_effect(out, 1, open);
  wf::add_effect(out, 2, kept);
  CHECK_FALSE(out.control["effects"][0].contains("capture"));
  CHECK(out.control["effects"][1]["capture"]["name"] == "toy.token");
  const auto read = [](const wf::Effect& effect, const char* result) {
    std::vector<std::string> parts;
    return wf::read_result(wf::result_kind(effect), fake::json(result), parts);
  };
  const auto given = read(open, R"({"signature":"ab"})");
  REQUIRE(std::holds_alternative<wf::Signed>(given));
  CHECK(std::get<wf::Signed>(given).signature == "ab");
  CHECK(std::holds_alternative<wf::Failed>(read(open, R"({"captured":true})")));
  CHECK(std::holds_alternative<wf::Failed>(read(open, R"({"signature":""})")));
  CHECK(std::holds_alternative<wf::Captured>(read(kept, R"({"captured":true})")));
  CHECK(std::holds_alternative<wf::Failed>(read(kept, R"({"signature":"ab"})")));
}
