#include "shared/sync/effects.hpp"

namespace wf {

const Failed* missing_secret(const EffectResult& result) {
  const auto* failed = std::get_if<Failed>(&result);
  return failed && failed->reason == "secret_missing" ? failed : nullptr;
}

bool expects_result(const Effect& effect) {
  return !std::holds_alternative<Log>(effect) && !std::holds_alternative<Respond>(effect) &&
         !std::holds_alternative<Done>(effect);
}

}  // namespace wf
