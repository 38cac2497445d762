#include "shared/base/json_object.hpp"

namespace wf {

JsonObject& JsonObject::json(std::string_view key, Json value) {
  slot(object_, key) = std::move(value);
  return *this;
}

JsonObject& JsonObject::text(std::string_view key, std::string_view value) { return json(key, Json(value)); }
JsonObject& JsonObject::text_or_null(std::string_view key, std::string_view value) {
  return json(key, value.empty() ? Json() : Json(value));
}
[[gnu::noinline]] JsonObject& JsonObject::text(std::string_view key, const std::string& value) {
  return text(key, std::string_view(value));
}
[[gnu::noinline]] JsonObject& JsonObject::text(std::string_view key, const char* value) {
  return text(key, std::string_view(value));
}
[[gnu::noinline]] JsonObject& JsonObject::text_or_null(std::string_view key, const std::string& value) {
  return text_or_null(key, std::string_view(value));
}

JsonObject& JsonObject::number(std::string_view key, std::int64_t value) { return json(key, Json(value)); }
JsonObject& JsonObject::flag(std::string_view key, bool value) { return json(key, Json(value)); }

JsonObject& JsonObject::time(std::string_view key, std::optional<UnixSeconds> value) {
  return json(key, value ? Json(format_time(*value)) : Json());
}

std::optional<UnixSeconds> find_time(const Json& object, std::string_view key) {
  return parse_time(find_text(object, key));
}

Json json_or_null(std::string_view text) { return parse_json(text, "").value_or(Json()); }

Json copy_of(const Json& object, std::string_view key) {
  const Json* found = find(object, key);
  return found ? *found : Json();
}

std::vector<std::string> texts_in(const Json& object, std::string_view key) {
  std::vector<std::string> texts;
  for (const Json& item : list_in(object, key))
    if (auto text = as_string(item)) texts.push_back(*std::move(text));
  return texts;
}

}  // namespace wf
