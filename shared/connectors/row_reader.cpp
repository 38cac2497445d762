#include "shared/connectors/row_reader.hpp"

#include <cmath>
#include <optional>
#include <utility>

#include "shared/base/text.hpp"

namespace wf {
namespace {

// 2^53: beyond it a double no longer counts in ones.
constexpr double most_counted = 9'007'199'254'740'992.0;

const Json* step_into(const Json& at, std::string_view key) {
  if (at.is_object()) return find(at, key);
  const auto index = at.is_array() ? parse_int64(key) : std::nullopt;
  if (!index || *index < 0 || static_cast<std::size_t>(*index) >= at.size()) return nullptr;
  return &at[static_cast<std::size_t>(*index)];
}

// The first of a column's places that holds something; or what stands in the way to it, which can hold
// nothing.
const Json* find_at(const Json& object, std::string_view places, bool& in_the_way) {
  while (!places.empty()) {
    std::string_view place = cut(places, '|');
    const Json* at = step_into(object, cut(place, '.'));
    while (at && !at->is_null() && !place.empty()) {
      in_the_way = !at->is_structured();
      if (in_the_way) return at;
      at = step_into(*at, cut(place, '.'));
    }
    if (at && !at->is_null()) return at;
  }
  return nullptr;
}

// An id, or an expanded object that has one.
const Json* id_of(const Json* found) { return found && found->is_object() ? find(*found, "id") : found; }

bool is_text(ColumnType type) { return type == ColumnType::text || type == ColumnType::reference; }

std::optional<std::int64_t> integer_of(const Json& value) {
  return value.is_number_integer() ? as_int64(value) : std::nullopt;
}

Json to_integer(const Json& value) {
  const auto integer = integer_of(value);
  return integer ? exact_integer(*integer) : Json();
}

Json to_count(double value) {
  const double count = std::round(value);
  return std::abs(count) <= most_counted ? Json(static_cast<std::int64_t>(count)) : Json();
}

std::optional<UnixSeconds> unix_time_of(const Json& value) {
  const auto seconds = integer_of(value);
  if (!seconds || *seconds < 0 || *seconds > to_unix(end_of_9999)) return std::nullopt;
  return from_unix(*seconds);
}

Json to_time(std::optional<UnixSeconds> time) { return time ? Json(format_time(*time)) : Json(); }

Json when(bool fits, const Json& value) { return fits ? value : Json(); }

// What goes into the column; null when the value is not `wanted`.
Json convert(ColumnType type, const Json& value, std::string_view& wanted) {
  switch (type) {
    case ColumnType::text:
    case ColumnType::reference:
      wanted = "a string";
      return when(value.is_string(), value);
    case ColumnType::number:
      wanted = "a number";
      return when(value.is_number(), value);
    case ColumnType::flag:
      wanted = "true or false";
      return when(value.is_boolean(), value);
    case ColumnType::object:
      wanted = "an object";
      return when(value.is_object(), value);
    case ColumnType::array:
      wanted = "an array";
      return when(value.is_array(), value);
    case ColumnType::unix_time:
      wanted = "Unix seconds";
      return to_time(unix_time_of(value));
    case ColumnType::date_time:
      wanted = "an ISO 8601 time";
      return to_time(parse_time(text_of(value)));
    case ColumnType::count:
      wanted = "a count";
      if (value.is_number_float()) return to_count(*value.get_ptr<const double*>());
      [[fallthrough]];
    case ColumnType::integer:
      wanted = "a 64-bit integer";
      return to_integer(value);
  }
  return Json();
}

}  // namespace

RowReader& RowReader::columns(const RowTable& table, const Json& object) {
  for (std::string_view rest = table.text; !rest.empty();) {
    const Column column = cut_column(rest);
    bool in_the_way = false;
    const Json* found = find_at(object, column.place, in_the_way);
    if (in_the_way)
      refuse({who_, ": ", column.name, " is sought in ", type_name(*found)});
    else
      read(column.name, ColumnType{column.type}, column.absent, found);
  }
  return *this;
}

RowReader& RowReader::read(std::string_view column, ColumnType type, Absent absent, const Json* found) {
  if (type == ColumnType::reference) found = id_of(found);
  const bool must_be = absent == Absent::error;
  if (found && must_be && is_text(type) && found->is_string() && text_of(*found).empty()) found = nullptr;
  if (!found)
    return must_be ? refuse({who_, ": missing ", column})
                   : set(column, absent == Absent::empty ? Json("") : Json());
  std::string_view wanted;
  Json value = convert(type, *found, wanted);
  if (value.is_null()) return refuse({who_, ": ", column, " is ", type_name(*found), ", not ", wanted});
  return set(column, std::move(value));
}

RowReader& RowReader::refuse(std::initializer_list<std::string_view> why) {
  if (row_) row_ = fail(ErrorKind::data, why);
  return *this;
}

RowReader& RowReader::set(std::string_view column, Json value) {
  if (row_) slot(*row_, column) = std::move(value);
  return *this;
}

RowReader& RowReader::set_time(std::string_view column, UnixSeconds time) {
  return set(column, to_time(time));
}

}  // namespace wf
