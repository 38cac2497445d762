#include "shared/sync/effects.hpp"

namespace wf {

bool expects_result(const Effect& effect) {
  return !std::holds_alternative<Log>(effect) && !std::holds_alternative<Respond>(effect) &&
         !std::holds_alternative<Done>(effect);
}

}  // namespace wf
