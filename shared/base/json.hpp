#pragma once
// JSON reading that cannot abort: the wasm builds have no exceptions, so a wrong type
// must be an answer. Nothing else in the product calls get<T>() or at() on a document.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "shared/base/result.hpp"

namespace wf {

using Json = nlohmann::json;

// `who` opens the error's message. Errors: data (empty, cut, not JSON, invalid UTF-8,
// nested deeper than 200 levels).
Result<Json> parse_json(std::string_view text, std::string_view who);

// Smaller than Json::array() and Json::object(), which can be given elements.
Json empty_list();
Json empty_object();

// Absent, null and wrong type are all "not found" here; use require_* where they differ.
const Json* find(const Json& object, std::string_view key);
std::optional<std::string> find_string(const Json& object, std::string_view key);
// The text itself, which lives as long as the document; empty where there is none. Smaller than
// find_string wherever absent and empty mean the same.
std::string_view find_text(const Json& object, std::string_view key);
std::string_view text_of(const Json& value);
std::string text_in(const Json& object, std::string_view key);                     // a copy of it
std::optional<std::int64_t> find_int64(const Json& object, std::string_view key);  // number or decimal text
std::optional<bool> find_bool(const Json& object, std::string_view key);
bool is_true(const Json& object, std::string_view key);
const Json* find_object(const Json& object, std::string_view key);
const Json* find_array(const Json& object, std::string_view key);

// Of what is no list, and no object, there are none. To go through them costs the edge module a fraction of
// what nlohmann's iterators do.
std::span<const Json> elements(const Json& list);
std::span<const Json> list_in(const Json& object, std::string_view key);
const Json::object_t& members(const Json& object);

std::optional<std::int64_t> as_int64(const Json& value);

// A number that is read as a double on its way, as JavaScript does, keeps its value only up to 2^53 - 1
// (RFC 8259, section 6). Beyond that it is written as text, which Postgres takes for a bigint as well.
inline constexpr std::int64_t most_exact_integer = 9'007'199'254'740'991;
inline bool is_exact(std::int64_t value) {
  return value >= -most_exact_integer && value <= most_exact_integer;
}
Json exact_integer(std::int64_t value);
std::optional<double> as_double(const Json& value);  // any number
std::optional<std::string> as_string(const Json& value);

// Errors: data, "stripe charges: missing id" or "stripe charges: amount is a string, not
// an integer".
Result<std::string> require_string(const Json& object, std::string_view key, std::string_view who);
Result<bool> require_bool(const Json& object, std::string_view key, std::string_view who);
// Null and absent are allowed (nullopt); any other type is an error.
Result<std::optional<std::string>> allow_string(const Json& object, std::string_view key,
                                                std::string_view who);
Result<std::optional<std::int64_t>> allow_int64(const Json& object, std::string_view key,
                                                std::string_view who);

// The same; null: there is none.
Result<const Json*> allow_object(const Json& object, std::string_view key, std::string_view who);

// An object's member to write to, null when it is new. Smaller than operator[], which is a template.
Json& slot(Json& object, std::string_view key);

std::string_view type_name(const Json& value);

// Compact text; invalid UTF-8 becomes U+FFFD instead of an abort.
std::string dump(const Json& value);
std::string dump_ascii(const Json& value);  // everything beyond ASCII is escaped
std::string dump_pretty(const Json& value);

}  // namespace wf
