#include "edge-workers/edge.hpp"

#include <algorithm>
#include <utility>

#include "shared/base/json_object.hpp"

namespace wf {
namespace {

Frame fault(std::string_view why) {
  return {JsonObject().json("effects", empty_list()).text("fault", why).take(), {}};
}

}  // namespace

Frame Edge::step(Result<Frame> input) {
  if (!input) return fault(input.error().message);
  const std::string_view op = find_text(input->control, "op");
  if (op == "manifest") return {manifest(), {}};
  if (op == "start") return start(*std::move(input));
  if (op == "reply") return reply(*std::move(input));
  return fault("unknown op");
}

Frame Edge::start(Frame input) {
  const std::string id = text_in(input.control, "flow");
  const auto now_ms = find_int64(input.control, "now_ms");
  if (id.empty() || !now_ms) return fault("start needs flow and now_ms");
  if (running(id) != flows_.end()) return fault("this flow is running");
  const Json* event = find_object(input.control, "event");
  const Json* config = find_object(input.control, "config");
  const std::string_view url = config ? find_text(*config, "supabase_url") : std::string_view();
  if (!event || url.empty()) return fault("start needs an event and config.supabase_url");
  Database database{std::string(url), text_in(*config, "publishable_key")};
  auto flow = make_flow_(registry_, {id, *event, input.parts, std::move(database)});
  if (!flow) return fault(flow.error().message);
  Turn turn{from_millis(*now_ms), {}};
  const auto begun = flows_.insert(flows_.end(), {id, *std::move(flow)});
  begun->flow->start(turn);
  return answer(begun, std::move(turn));
}

Frame Edge::reply(Frame input) {
  const std::string_view id = find_text(input.control, "flow");
  const auto effect = find_int64(input.control, "effect");
  const auto now_ms = find_int64(input.control, "now_ms");
  if (id.empty() || !effect || !now_ms) return fault("reply needs flow, effect and now_ms");
  const auto flow = running(id);
  if (flow == flows_.end()) return fault("unknown flow");
  const auto waiting = std::find_if(flow->waiting.begin(), flow->waiting.end(),
                                    [&](const auto& known) { return known.first == *effect; });
  if (waiting == flow->waiting.end()) return fault("unknown effect");
  const ResultKind kind = waiting->second;
  flow->waiting.erase(waiting);
  const Json* result = find(input.control, "result");
  Turn turn{from_millis(*now_ms), {}};
  EffectResult outcome = read_result(kind, result ? *result : Json(), input.parts);
  flow->flow->reply(outcome, turn);
  return answer(flow, std::move(turn));
}

Frame Edge::answer(Flows::iterator flow, Turn turn) {
  Frame out{JsonObject().json("effects", empty_list()).take(), {}};
  bool over = false;
  for (Effect& effect : turn.effects) {
    const int number = ++flow->last_effect;
    over = over || std::holds_alternative<Done>(effect);
    if (expects_result(effect)) flow->waiting.emplace_back(number, result_kind(effect));
    add_effect(out, number, std::move(effect));
  }
  if (over) flows_.erase(flow);
  return out;
}

Edge::Flows::iterator Edge::running(std::string_view id) {
  return std::find_if(flows_.begin(), flows_.end(), [&](const Running& one) { return one.id == id; });
}

// Here, because only what is optimised as a whole may take these addresses: wasm-ld 14 loses them elsewhere.
Edge queue_edge(Registry registry) { return {registry, make_queue_flow}; }
Edge gateway_edge(Registry registry) { return {registry, make_gateway_flow}; }
Edge deployed_edge(Registry registry) { return {registry, make_deployed_flow}; }
Edge tools_edge(Registry registry) { return {registry, make_tools_flow}; }

}  // namespace wf
