#include "shared/connectors/row_reader.hpp"

#include <cmath>
#include <utility>

#include "shared/base/text.hpp"

namespace wf {
namespace {

// Postgres takes more, but no provider means a year above 9999.
constexpr std::int64_t last_second_of_9999 = 253'402'300'799;

Json* slot(Json& row, std::string_view column) { return &row[std::string(column)]; }

const Json* step_into(const Json& at, std::string_view key) {
  if (at.is_object()) return find(at, key);
  const auto index = at.is_array() ? parse_int64(key) : std::nullopt;
  if (!index || *index < 0 || static_cast<std::size_t>(*index) >= at.size()) return nullptr;
  return &at[static_cast<std::size_t>(*index)];
}

// The first of a column's places that holds something.
const Json* find_at(const Json& object, std::string_view places) {
  for (const std::string_view place : split(places, '|')) {
    const Json* at = &object;
    for (const std::string_view key : split(place, '.'))
      if (at) at = step_into(*at, key);
    if (at && !at->is_null()) return at;
  }
  return nullptr;
}

// An id, or an expanded object that has one.
const Json* id_of(const Json* found) {
  if (!found || !found->is_object()) return found;
  const Json* id = find(*found, "id");
  return id && !id->is_null() ? id : nullptr;
}

}  // namespace

const Json* RowReader::member(Path path) const {
  const Json* at = &object_;
  for (const std::string_view key : path) {
    if (!at->is_object()) return nullptr;
    at = find(*at, key);
    if (!at || at->is_null()) return nullptr;
  }
  return at;
}

RowReader& RowReader::fail_on(std::string_view column, const Json* found, std::string_view wanted) {
  std::string message = std::string(who_) + ": ";
  if (found)
    message += std::string(column) + " is " + std::string(type_name(*found)) + ", not " + std::string(wanted);
  else
    message += "missing " + std::string(column);
  error_ = Error{ErrorKind::data, std::move(message)};
  return *this;
}

bool RowReader::settled(std::string_view column, const Json* found, Need need) {
  if (error_) return true;
  if (found) return false;
  if (need == Need::required)
    fail_on(column, nullptr, "");
  else
    *slot(row_, column) = nullptr;
  return true;
}

RowReader& RowReader::read_text(std::string_view column, const Json* found, Need need) {
  if (settled(column, found, need)) return *this;
  if (!found->is_string()) return fail_on(column, found, "a string");
  if (need == Need::required && found->get_ptr<const std::string*>()->empty())
    return fail_on(column, nullptr, "");
  return set(column, *found);
}

RowReader& RowReader::read_integer(std::string_view column, const Json* found, Need need) {
  if (settled(column, found, need)) return *this;
  const auto value = found->is_number_integer() ? as_int64(*found) : std::nullopt;
  return value ? set(column, exact_integer(*value)) : fail_on(column, found, "a 64-bit integer");
}

RowReader& RowReader::read_flag(std::string_view column, const Json* found, Need need) {
  if (settled(column, found, need)) return *this;
  return found->is_boolean() ? set(column, *found) : fail_on(column, found, "true or false");
}

RowReader& RowReader::read_time(std::string_view column, const Json* found, Need need) {
  if (settled(column, found, need)) return *this;
  const auto value = found->is_number_integer() ? as_int64(*found) : std::nullopt;
  if (!value || *value < 0 || *value > last_second_of_9999) return fail_on(column, found, "Unix seconds");
  return set_time(column, from_unix(*value));
}

RowReader& RowReader::read_any(std::string_view column, const Json* found, Need need, bool fits,
                               std::string_view wanted) {
  if (settled(column, found, need)) return *this;
  return fits ? set(column, *found) : fail_on(column, found, wanted);
}

RowReader& RowReader::required_text(std::string_view column, Path path) {
  return read_text(column, member(path), Need::required);
}
RowReader& RowReader::required_integer(std::string_view column, Path path) {
  return read_integer(column, member(path), Need::required);
}
RowReader& RowReader::text(std::string_view column, Path path) {
  return read_text(column, member(path), Need::optional);
}
RowReader& RowReader::integer(std::string_view column, Path path) {
  return read_integer(column, member(path), Need::optional);
}
RowReader& RowReader::flag(std::string_view column) {
  return read_flag(column, member({column}), Need::optional);
}

RowReader& RowReader::iso_time(std::string_view column, Path path) {
  const Json* found = member(path);
  if (settled(column, found, Need::optional)) return *this;
  const auto text = as_string(*found);
  const auto time = text ? parse_time(*text) : std::nullopt;
  return time ? set_time(column, *time) : fail_on(column, found, "an ISO 8601 time");
}

RowReader& RowReader::number(std::string_view column, Path path) {
  const Json* found = member(path);
  return read_any(column, found, Need::optional, found && found->is_number(), "a number");
}

RowReader& RowReader::rounded(std::string_view column, Path path) {
  const Json* found = member(path);
  if (!found || !found->is_number_float()) return read_integer(column, found, Need::optional);
  if (error_) return *this;
  const double value = std::round(*found->get_ptr<const double*>());
  // 2^53: beyond it a double no longer counts in ones.
  if (!(std::abs(value) <= 9'007'199'254'740'992.0)) return fail_on(column, found, "a count");
  return set(column, static_cast<std::int64_t>(value));
}

RowReader& RowReader::object(std::string_view column, Path path) {
  const Json* found = member(path);
  return read_any(column, found, Need::optional, found && found->is_object(), "an object");
}

RowReader& RowReader::array(std::string_view column, Path path) {
  const Json* found = member(path);
  return read_any(column, found, Need::optional, found && found->is_array(), "an array");
}

RowReader& RowReader::read_column(const Column& column) {
  const Json* found = find_at(object_, column.at.empty() ? column.name : column.at);
  switch (column.type) {
    case ColumnType::text:
      return read_text(column.name, found, column.need);
    case ColumnType::reference:
      return read_text(column.name, id_of(found), column.need);
    case ColumnType::integer:
      return read_integer(column.name, found, column.need);
    case ColumnType::flag:
      return read_flag(column.name, found, column.need);
    case ColumnType::unix_time:
      return read_time(column.name, found, column.need);
    case ColumnType::number:
      return read_any(column.name, found, column.need, found && found->is_number(), "a number");
    case ColumnType::object:
      return read_any(column.name, found, column.need, found && found->is_object(), "an object");
    case ColumnType::array:
      return read_any(column.name, found, column.need, found && found->is_array(), "an array");
  }
  return *this;
}

RowReader& RowReader::columns(std::span<const Column> columns) {
  for (const Column& column : columns) read_column(column);
  return *this;
}

RowReader& RowReader::set(std::string_view column, Json value) {
  if (!error_) *slot(row_, column) = std::move(value);
  return *this;
}

RowReader& RowReader::set_time(std::string_view column, UnixSeconds time) {
  return set(column, format_time(time));
}

Result<Json> RowReader::take() {
  if (error_) return tl::unexpected<Error>(*std::move(error_));
  return std::move(row_);
}

}  // namespace wf
