#include "shared/sync/json_object.hpp"

#include <string>

namespace wf {

JsonObject& JsonObject::json(std::string_view key, Json value) {
  (*object_.get_ptr<Json::object_t*>())[std::string(key)] = std::move(value);
  return *this;
}

JsonObject& JsonObject::text(std::string_view key, std::string_view value) { return json(key, Json(value)); }
JsonObject& JsonObject::text_or_null(std::string_view key, std::string_view value) {
  return json(key, value.empty() ? Json() : Json(value));
}
JsonObject& JsonObject::number(std::string_view key, std::int64_t value) { return json(key, Json(value)); }
JsonObject& JsonObject::flag(std::string_view key, bool value) { return json(key, Json(value)); }

JsonObject& JsonObject::time(std::string_view key, std::optional<UnixSeconds> value) {
  return json(key, value ? Json(format_time(*value)) : Json());
}

}  // namespace wf
