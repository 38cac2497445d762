#pragma once
// A verdict as JSON: for the golden vectors, for replay.

#include "shared/base/json.hpp"
#include "shared/domain/judge.hpp"

namespace wf {

Json to_json(const Verdict& verdict);

}  // namespace wf
