#pragma once
// Turns a provider's object into a row, column by column. The first member of a wrong type, or a
// required one that is absent, fails the whole row: half a row is worse than none.

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "shared/base/json.hpp"
#include "shared/base/time.hpp"
#include "shared/connectors/columns.hpp"

namespace wf {

enum class ColumnType : char {
  text = 't',
  integer = 'i',  // of 64 bits
  count = 'c',    // an integer that the provider may write as a double
  number = 'n',
  flag = 'f',
  unix_time = 'u',
  date_time = 'd',  // ISO 8601
  reference = 'r',  // an id, or an expanded object that has one
  object = 'o',
  array = 'a',
};

// Columns as data: a table costs the edge module less than the calls that read the same.
inline constexpr std::string_view row_types =
    " text integer count number flag unix_time date_time reference object array ";
using RowTable = ColumnTable<row_types>;

class RowReader {
 public:
  // `who` opens every error: "stripe charges".
  RowReader(const Json& object, std::string_view who) : object_(object), who_(who) {}

  // Absent and null become null, or an error where the value must be there; any other type than the
  // column's is an error.
  RowReader& columns(const RowTable& table) { return columns(table, object_); }
  RowReader& columns(const RowTable& table, const Json& object);

  RowReader& set(std::string_view column, Json value);
  RowReader& set_time(std::string_view column, UnixSeconds time);

  Result<Json> take() { return std::move(row_); }

 private:
  RowReader& read(std::string_view column, ColumnType type, Absent absent, const Json* found);
  RowReader& refuse(std::initializer_list<std::string_view> why);

  const Json& object_;
  std::string_view who_;
  Result<Json> row_ = empty_object();
};

}  // namespace wf
