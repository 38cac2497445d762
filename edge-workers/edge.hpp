#pragma once
// The core as its host sees it: one frame in, one frame out, many flows at the same time. The wasm
// module (abi.cpp) and the native replay tool drive the same class.

#include <list>
#include <memory>
#include <string>
#include <string_view>
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
    std::string id;
    std::unique_ptr<Flow> flow;
    int last_effect = 0;
    std::vector<std::pair<int, ResultKind>> waiting = {};  // effects without a reply yet
  };
  using Flows = std::list<Running>;

  Frame start(Frame input);
  Frame reply(Frame input);
  // Numbers the turn's effects; a flow that is done is dropped.
  Frame answer(Flows::iterator flow, Turn turn);
  Flows::iterator running(std::string_view id);  // the end: there is none

  Registry registry_;
  MakeFlow make_flow_;
  Flows flows_;  // tens at most
};

// What each wasm module is (edge-workers/modules), and native programs.
Edge queue_edge(Registry registry);
Edge gateway_edge(Registry registry);
Edge deployed_edge(Registry registry);  // both of these
Edge tools_edge(Registry registry);

// Which names the host may resolve, and where it may send them.
Json manifest();

}  // namespace wf
