#pragma once
// Builds a JSON object member by member. nlohmann's initialiser lists find out at run time whether
// they mean an object, and cost the edge module a tenth of its size.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/base/json.hpp"
#include "shared/base/time.hpp"

namespace wf {

class JsonObject {
 public:
  JsonObject& text(std::string_view key, std::string_view value);
  JsonObject& text_or_null(std::string_view key, std::string_view value);  // empty: null
  // As they come: what makes a view of them is code in every caller.
  JsonObject& text(std::string_view key, const std::string& value);
  JsonObject& text(std::string_view key, const char* value);
  JsonObject& text_or_null(std::string_view key, const std::string& value);
  JsonObject& number(std::string_view key, std::int64_t value);
  JsonObject& flag(std::string_view key, bool value);
  JsonObject& time(std::string_view key, std::optional<UnixSeconds> value);  // none: null
  JsonObject& json(std::string_view key, Json value);

  Json take() { return std::move(object_); }
  // For who only reads it.
  operator const Json&() const { return object_; }

 private:
  Json object_ = empty_object();
};

// What JsonObject::time wrote.
std::optional<UnixSeconds> find_time(const Json& object, std::string_view key);
// For who does without where there is none: null where the text is not JSON.
Json json_or_null(std::string_view text);
// A member to be written elsewhere; null where there is none.
Json copy_of(const Json& object, std::string_view key);
// The texts among them.
std::vector<std::string> texts_in(const Json& object, std::string_view key);

}  // namespace wf
