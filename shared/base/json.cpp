#include "shared/base/json.hpp"

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "shared/base/text.hpp"

namespace wf {

namespace {

constexpr int deepest = 200;

// Refuses what the reader would follow down the stack: a wasm stack is small, and a body of
// a million brackets is one request. Brackets inside strings do not count.
bool nested_too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (depth > deepest) return true;
  }
  return false;
}

// Json::parse would do, but brings a second parser along for a callback that nobody passes,
// a twentieth of the edge module.
class DocumentBuilder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(number_integer_t value) override { return add(Json(value)); }
  bool number_unsigned(number_unsigned_t value) override { return add(Json(value)); }
  bool number_float(number_float_t value, const string_t&) override { return add(Json(value)); }
  bool string(string_t& value) override { return add(Json(std::move(value))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json(Json::value_t::object)); }
  bool start_array(std::size_t) override { return open(Json(Json::value_t::array)); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    member_ = &(*open_.back())[std::move(name)];
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }
  Json take() { return std::move(root_); }

 private:
  Json* place(Json value) {
    if (open_.empty()) return &(root_ = std::move(value));
    if (open_.back()->is_object()) return &(*member_ = std::move(value));
    open_.back()->push_back(std::move(value));
    return &open_.back()->back();
  }
  bool add(Json value) {
    place(std::move(value));
    return true;
  }
  // Whatever is open is the last element of what it is in, so its address stays.
  bool open(Json container) {
    open_.push_back(place(std::move(container)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Json root_;
  std::vector<Json*> open_;
  Json* member_ = nullptr;
};

std::string at(std::string_view who, std::string_view what) {
  return std::string(who) + ": " + std::string(what);
}

template <class T>
Result<T> required(const std::optional<T>& value, const Json& object, std::string_view key,
                   std::string_view who, std::string_view wanted) {
  if (value) return *value;
  const Json* found = find(object, key);
  if (found == nullptr) return fail(ErrorKind::data, at(who, "missing ") + std::string(key));
  return fail(ErrorKind::data,
              at(who, key) + " is " + std::string(type_name(*found)) + ", not " + std::string(wanted));
}

template <class T, class Read>
Result<std::optional<T>> allowed(Read read, const Json& object, std::string_view key, std::string_view who,
                                 std::string_view wanted) {
  const Json* found = find(object, key);
  if (found == nullptr) return std::optional<T>{};
  const Result<T> value = required<T>(read(*found), object, key, who, wanted);
  if (!value) return tl::unexpected<Error>(value.error());
  return std::optional<T>{*value};
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view who) {
  if (trim(text).empty()) return fail(ErrorKind::data, at(who, "the reply is empty"));
  if (!is_valid_utf8(text)) return fail(ErrorKind::data, at(who, "the reply is not valid UTF-8"));
  if (nested_too_deep(text)) return fail(ErrorKind::data, at(who, "the reply is nested too deep"));
  DocumentBuilder builder;
  if (Json::sax_parse(text, &builder)) return builder.take();
  if (trim(text).front() == '<') return fail(ErrorKind::data, at(who, "the reply is HTML, not JSON"));
  return fail(ErrorKind::data, at(who, "the reply is not JSON, or was cut off"));
}

const Json* find(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::optional<double> as_double(const Json& value) {
  if (const auto* real = value.get_ptr<const double*>()) return *real;
  const auto whole = value.is_number() ? as_int64(value) : std::nullopt;
  if (!whole) return std::nullopt;
  return static_cast<double>(*whole);
}

std::optional<std::string> as_string(const Json& value) {
  const auto* text = value.get_ptr<const std::string*>();
  return text == nullptr ? std::nullopt : std::optional<std::string>(*text);
}

Json exact_integer(std::int64_t value) { return is_exact(value) ? Json(value) : Json(std::to_string(value)); }

std::optional<std::int64_t> as_int64(const Json& value) {
  constexpr auto highest = std::numeric_limits<std::int64_t>::max();
  if (const auto* number = value.get_ptr<const Json::number_unsigned_t*>()) {
    if (*number > static_cast<std::uint64_t>(highest)) return std::nullopt;
    return static_cast<std::int64_t>(*number);
  }
  if (const auto* number = value.get_ptr<const Json::number_integer_t*>()) return *number;
  if (const auto* text = value.get_ptr<const std::string*>()) return parse_int64(*text);
  // 12.0 is an integer to some encoders; beyond 2^53 a double no longer says which one.
  const auto* number = value.get_ptr<const Json::number_float_t*>();
  constexpr double exact = 9007199254740992.0;
  if (number == nullptr || std::trunc(*number) != *number || std::abs(*number) > exact) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

std::optional<std::string> find_string(const Json& object, std::string_view key) {
  const Json* value = find(object, key);
  return value == nullptr ? std::nullopt : as_string(*value);
}

std::optional<std::int64_t> find_int64(const Json& object, std::string_view key) {
  const Json* value = find(object, key);
  return value == nullptr ? std::nullopt : as_int64(*value);
}

std::optional<bool> find_bool(const Json& object, std::string_view key) {
  const Json* value = find(object, key);
  const bool* flag = value == nullptr ? nullptr : value->get_ptr<const bool*>();
  return flag == nullptr ? std::nullopt : std::optional<bool>(*flag);
}

const Json* find_object(const Json& object, std::string_view key) {
  const Json* value = find(object, key);
  return value != nullptr && value->is_object() ? value : nullptr;
}

const Json* find_array(const Json& object, std::string_view key) {
  const Json* value = find(object, key);
  return value != nullptr && value->is_array() ? value : nullptr;
}

Result<std::string> require_string(const Json& object, std::string_view key, std::string_view who) {
  return required(find_string(object, key), object, key, who, "a string");
}

Result<std::int64_t> require_int64(const Json& object, std::string_view key, std::string_view who) {
  return required(find_int64(object, key), object, key, who, "an integer");
}

Result<bool> require_bool(const Json& object, std::string_view key, std::string_view who) {
  return required(find_bool(object, key), object, key, who, "true or false");
}

Result<std::optional<std::string>> allow_string(const Json& object, std::string_view key,
                                                std::string_view who) {
  return allowed<std::string>(as_string, object, key, who, "a string");
}

Result<std::optional<std::int64_t>> allow_int64(const Json& object, std::string_view key,
                                                std::string_view who) {
  return allowed<std::int64_t>(as_int64, object, key, who, "an integer");
}

std::string_view type_name(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_string()) return "a string";
  if (value.is_boolean()) return "true or false";
  if (value.is_number()) return "a number";
  return value.is_array() ? "a list" : "an object";
}

std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string dump_ascii(const Json& value) {
  return value.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string dump_pretty(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace wf
