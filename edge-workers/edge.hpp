#pragma once
// The core as its host sees it: one frame in, one frame out, many flows at the same time. The wasm
// module (abi.cpp) and the native replay tool drive the same class.

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "edge-workers/effect_json.hpp"
#include "edge-workers/entry.hpp"
#include "edge-workers/frame.hpp"

namespace wf {

class Edge {
 public:
  Edge(Registry registry, MakeFlow make_flow) : registry_(registry), make_flow_(make_flow) {}

  // Takes any frame: what cannot be understood is answered with `fault` and changes nothing.
  Frame step(Result<Frame> input);

  std::size_t flows() const { return flows_.size(); }

 private:
  struct Running {
    std::unique_ptr<Flow> flow;
    int last_effect = 0;
    std::vector<std::pair<int, ResultKind>> waiting;  // effects without a reply yet
  };

  Frame start(Frame input);
  Frame reply(Frame input);
  // Numbers the turn's effects; a flow that is done is dropped.
  Frame answer(const std::string& id, Turn turn);

  Registry registry_;
  MakeFlow make_flow_;
  std::map<std::string, Running> flows_;
};

// What each wasm module is (edge-workers/modules), and native programs.
Edge queue_edge(Registry registry);
Edge gateway_edge(Registry registry);
Edge deployed_edge(Registry registry);  // both of these
Edge replay_edge(Registry registry);

// Which names the host may resolve, and where it may send them.
Json manifest();

}  // namespace wf
