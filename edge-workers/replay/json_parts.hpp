#pragma once
// What is read of and written into the objects of a replay.

#include <string_view>

#include "shared/base/json.hpp"

namespace wf::replay {

inline Json object_of(const Json& object, std::string_view key) {
  const Json* found = find_object(object, key);
  return found != nullptr ? *found : Json::object();
}

inline void merge(Json& into, const Json& patch) {
  if (patch.is_object()) into.update(patch);
}

}  // namespace wf::replay
