// What queues and webhooks start, of all services: one half of a divided edge.wasm.
#define HALF_OF(whole)                                                                    \
  .service{PIECES(whole.service)}, .streams{PIECES(whole.streams)},                       \
      .webhook = whole.webhook, .fetch = whole.fetch, .parse_object = whole.parse_object, \
      .explain = whole.explain, .grants {                                                 \
    PIECES(whole.grants)                                                                  \
  }
#include "registry.hpp"

namespace wf {
namespace {

Made make_received_flow(Registry registry, Start start) {
  const std::string_view kind = find_text(start.event, "kind");
  if (kind == "job" || kind == "dead_letter") return make_queued(registry, std::move(start));
  if (kind == "webhook") return make_webhook(registry, std::move(start));
  return unknown();
}

}  // namespace

Edge module_of_this_program() { return {list, make_received_flow}; }

}  // namespace wf
