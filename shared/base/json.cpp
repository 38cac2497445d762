#include "shared/base/json.hpp"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>
#include <vector>

#include "shared/base/json_events.hpp"
#include "shared/base/text.hpp"

namespace wf {

namespace {

constexpr int deepest = 200;
// A list of nothing but zeros takes forty times its text, and an isolate has 128 MB for all that it does.
constexpr int most_values = 500'000;

// RFC 8259, section 6: a number without fraction and exponent is whole, as far as 64 bits hold it.
Json read_number(std::string_view text) {
  if (text.find_first_of(".eE") == std::string_view::npos) {
    if (text.front() != '-') {
      if (const auto value = parse_uint64(text)) return *value;
    } else if (const auto value = parse_int64(text)) {
      return *value;
    }
  }
  return std::strtod(std::string(text).c_str(), nullptr);
}

// Json::parse would do, but the reader of bulk pages is here already, and a second parser is a tenth of
// the edge module.
class DocumentBuilder final : public JsonEvents {
 public:
  bool on_begin(bool array) override {
    // Whatever is open is the last element of what it is in, so its address stays.
    Json& value = next();
    value = array ? Json::value_t::array : Json::value_t::object;
    open_.push_back(&value);
    return ++values_ <= most_values;
  }
  bool on_end() override {
    open_.pop_back();
    return true;
  }
  bool on_key(std::string_view name) override {
    member_ = &slot(*open_.back(), without_nul(name));
    return true;
  }
  bool on_scalar(JsonScalar kind, std::string_view text) override {
    Json& value = next();
    value = nullptr;  // a member may have been there before
    if (kind == JsonScalar::text) value = without_nul(text);
    if (kind == JsonScalar::flag) value = text == "true";
    if (kind == JsonScalar::number) value = read_number(text);
    return ++values_ <= most_values;
  }
  Json take() { return std::move(root_); }

 private:
  // Where the next value belongs.
  Json& next() {
    if (open_.empty()) return root_;
    auto* list = open_.back()->get_ptr<Json::array_t*>();
    return list == nullptr ? *member_ : list->emplace_back();
  }

  Json root_;
  std::vector<Json*> open_;
  Json* member_ = nullptr;
  int values_ = 0;
};

// Why a member is not what it should be.
tl::unexpected<Error> refuse(const Json& object, std::string_view key, std::string_view who,
                             std::string_view wanted) {
  const Json* found = find(object, key);
  if (found == nullptr) return fail(ErrorKind::data, {who, ": missing ", key});
  return fail(ErrorKind::data, {who, ": ", key, " is ", type_name(*found), ", not ", wanted});
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view who) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (starts_with(text, byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  DocumentBuilder builder;
  const auto whole = read_json_events(text, who, builder, deepest);
  if (!whole) return tl::unexpected<Error>(whole.error());
  if (!*whole) return fail(ErrorKind::data, {who, ": the reply has too many values"});
  return builder.take();
}

[[gnu::noinline]] Json empty_list() { return Json::value_t::array; }
[[gnu::noinline]] Json empty_object() { return Json::value_t::object; }

const Json* find(const Json& object, std::string_view key) {
  const auto& all = members(object);
  const auto found = all.find(key);
  return found == all.end() || found->second.is_null() ? nullptr : &found->second;
}

Json& slot(Json& object, std::string_view key) {
  return (*object.get_ptr<Json::object_t*>())[std::string(key)];
}

std::optional<double> as_double(const Json& value) {
  if (const auto* real = value.get_ptr<const double*>()) return *real;
  // A sum of large numbers may be more than 63 bits hold.
  if (const auto* count = value.get_ptr<const Json::number_unsigned_t*>()) return static_cast<double>(*count);
  if (const auto* whole = value.get_ptr<const Json::number_integer_t*>()) return static_cast<double>(*whole);
  return std::nullopt;
}

std::optional<std::string> as_string(const Json& value) {
  const auto* text = value.get_ptr<const std::string*>();
  return text == nullptr ? std::nullopt : std::optional<std::string>(*text);
}

Json exact_integer(std::int64_t value) { return is_exact(value) ? Json(value) : Json(decimal(value)); }

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

std::string_view text_of(const Json& value) {
  const auto* text = value.get_ptr<const std::string*>();
  return text ? std::string_view(*text) : std::string_view();
}

std::string_view find_text(const Json& object, std::string_view key) {
  const Json* value = find(object, key);
  return value ? text_of(*value) : std::string_view();
}

std::string text_in(const Json& object, std::string_view key) { return std::string(find_text(object, key)); }

std::optional<std::int64_t> find_int64(const Json& object, std::string_view key) {
  const Json* value = find(object, key);
  return value == nullptr ? std::nullopt : as_int64(*value);
}

std::optional<bool> find_bool(const Json& object, std::string_view key) {
  const Json* value = find(object, key);
  const bool* flag = value == nullptr ? nullptr : value->get_ptr<const bool*>();
  return flag == nullptr ? std::nullopt : std::optional<bool>(*flag);
}

bool is_true(const Json& object, std::string_view key) { return find_bool(object, key).value_or(false); }

std::span<const Json> elements(const Json& list) {
  const auto* all = list.get_ptr<const Json::array_t*>();
  return all ? std::span<const Json>(*all) : std::span<const Json>();
}

std::span<const Json> list_in(const Json& object, std::string_view key) {
  const Json* found = find(object, key);
  return found ? elements(*found) : std::span<const Json>();
}

const Json::object_t& members(const Json& object) {
  static const Json::object_t none;
  const auto* all = object.get_ptr<const Json::object_t*>();
  return all ? *all : none;
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
  if (auto text = find_string(object, key)) return *std::move(text);
  return refuse(object, key, who, "a string");
}

Result<bool> require_bool(const Json& object, std::string_view key, std::string_view who) {
  if (const auto flag = find_bool(object, key)) return *flag;
  return refuse(object, key, who, "true or false");
}

Result<std::optional<std::string>> allow_string(const Json& object, std::string_view key,
                                                std::string_view who) {
  auto text = find_string(object, key);
  if (!text && find(object, key) != nullptr) return refuse(object, key, who, "a string");
  return text;
}

Result<std::optional<std::int64_t>> allow_int64(const Json& object, std::string_view key,
                                                std::string_view who) {
  const auto number = find_int64(object, key);
  if (!number && find(object, key) != nullptr) return refuse(object, key, who, "an integer");
  return number;
}

Result<const Json*> allow_object(const Json& object, std::string_view key, std::string_view who) {
  const Json* found = find(object, key);
  if (found && !found->is_object()) return refuse(object, key, who, "an object");
  return found;
}

std::string_view type_name(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_string()) return "a string";
  if (value.is_boolean()) return "true or false";
  if (value.is_number()) return "a number";
  return value.is_array() ? "a list" : "an object";
}

std::string dump_pretty(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace wf
