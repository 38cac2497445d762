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
  const auto id = find_string(input.control, "flow");
  const auto now_ms = find_int64(input.control, "now_ms");
  if (!id || id->empty() || !now_ms) return fault("start needs flow and now_ms");
  if (flows_.contains(*id)) return fault("this flow is running");
  const Json* event = find_object(input.control, "event");
  const Json* config = find_object(input.control, "config");
  const std::string_view url = config ? find_text(*config, "supabase_url") : std::string_view();
  if (!event || url.empty()) return fault("start needs an event and config.supabase_url");
  Database database{std::string(url), std::string(find_text(*config, "publishable_key"))};
  auto flow = make_flow_(registry_, {*id, *event, input.parts, std::move(database)});
  if (!flow) return fault(flow.error().message);
  Running& running = flows_[*id];
  running.flow = *std::move(flow);
  Turn turn{from_millis(*now_ms), {}};
  running.flow->start(turn);
  return answer(*id, std::move(turn));
}

Frame Edge::reply(Frame input) {
  const auto id = find_string(input.control, "flow");
  const auto effect = find_int64(input.control, "effect");
  const auto now_ms = find_int64(input.control, "now_ms");
  if (!id || !effect || !now_ms) return fault("reply needs flow, effect and now_ms");
  const auto found = flows_.find(*id);
  if (found == flows_.end()) return fault("unknown flow");
  Running& running = found->second;
  const auto waiting = std::find_if(running.waiting.begin(), running.waiting.end(),
                                    [&](const auto& known) { return known.first == *effect; });
  if (waiting == running.waiting.end()) return fault("unknown effect");
  const ResultKind kind = waiting->second;
  running.waiting.erase(waiting);
  const Json* result = find(input.control, "result");
  Turn turn{from_millis(*now_ms), {}};
  EffectResult outcome = read_result(kind, result ? *result : Json(), input.parts);
  running.flow->reply(outcome, turn);
  return answer(*id, std::move(turn));
}

Frame Edge::answer(const std::string& id, Turn turn) {
  Frame out{JsonObject().json("effects", empty_list()).take(), {}};
  Running& running = flows_.find(id)->second;
  bool over = false;
  for (Effect& effect : turn.effects) {
    const int number = ++running.last_effect;
    over = over || std::holds_alternative<Done>(effect);
    if (expects_result(effect)) running.waiting.emplace_back(number, result_kind(effect));
    add_effect(out, number, std::move(effect));
  }
  if (over) flows_.erase(id);
  return out;
}

// Here, because only what is optimised as a whole may take these addresses: wasm-ld 14 loses them elsewhere.
Edge queue_edge(Registry registry) { return {registry, make_queue_flow}; }
Edge gateway_edge(Registry registry) { return {registry, make_gateway_flow}; }
Edge deployed_edge(Registry registry) { return {registry, make_deployed_flow}; }
Edge replay_edge(Registry registry) { return {registry, make_replay_flow}; }

}  // namespace wf
