// What the clock and people ask for: the other half of a divided edge.wasm.
#define HALF_OF(whole) \
  .service{PIECES(whole.service)}, .explain = whole.explain, .actions { PIECES(whole.actions) }
#include "registry.hpp"

namespace wf {
namespace {

Made make_asked_flow(Registry registry, Start start) {
  const std::string_view kind = find_text(start.event, "kind");
  if (kind == "api") return make_api(registry, std::move(start));
  if (kind == "tick")
    return std::make_unique<TickFlow>(std::move(start.database), object_or_null(start.event, "configured"));
  return unknown();
}

}  // namespace

Edge module_of_this_program() { return {list, make_asked_flow}; }

}  // namespace wf
