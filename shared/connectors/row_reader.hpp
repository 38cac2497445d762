#pragma once
// Turns a provider's object into a row, column by column. The first member of a wrong type, or a
// required one that is absent, fails the whole row: half a row is worse than none.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "shared/base/json.hpp"
#include "shared/base/time.hpp"

namespace wf {

enum class ColumnType : std::uint8_t { text, integer, number, flag, unix_time, reference, object, array };
enum class Need : std::uint8_t { optional, required };

// A column as data, for services with many tables: a table of these costs the edge module less than
// the calls that read the same.
struct Column {
  std::string_view name;
  ColumnType type;
  Need need = Need::optional;
  // Where it is, when not under its own name: "outcome.type". Where versions of an API differ, all
  // places, the newest first: "latest_charge|charges.data.0.id".
  std::string_view at = {};
};

class RowReader {
 public:
  // Where a member is: its name, or the names on the way to it.
  using Path = std::initializer_list<std::string_view>;

  // `who` opens every error: "stripe charges".
  RowReader(const Json& object, std::string_view who) : object_(object), who_(who) {}

  RowReader& required_text(std::string_view column) { return required_text(column, {column}); }
  RowReader& required_text(std::string_view column, Path path);
  RowReader& required_integer(std::string_view column) { return required_integer(column, {column}); }
  RowReader& required_integer(std::string_view column, Path path);

  // Absent and null become null; any other type than the named one is an error.
  RowReader& text(std::string_view column) { return text(column, {column}); }
  RowReader& text(std::string_view column, Path path);
  RowReader& integer(std::string_view column) { return integer(column, {column}); }
  RowReader& integer(std::string_view column, Path path);
  RowReader& flag(std::string_view column);
  RowReader& iso_time(std::string_view column, Path path);
  RowReader& number(std::string_view column) { return number(column, {column}); }
  RowReader& number(std::string_view column, Path path);
  // A count that the provider writes as a double.
  RowReader& rounded(std::string_view column, Path path);
  RowReader& object(std::string_view column) { return object(column, {column}); }
  RowReader& object(std::string_view column, Path path);
  RowReader& array(std::string_view column) { return array(column, {column}); }
  RowReader& array(std::string_view column, Path path);

  RowReader& columns(std::span<const Column> columns);

  RowReader& set(std::string_view column, Json value);
  RowReader& set_time(std::string_view column, UnixSeconds time);

  Result<Json> take();

 private:
  const Json* member(Path path) const;  // null when absent or JSON null
  RowReader& fail_on(std::string_view column, const Json* found, std::string_view wanted);
  RowReader& read_text(std::string_view column, const Json* found, Need need);
  RowReader& read_integer(std::string_view column, const Json* found, Need need);
  RowReader& read_flag(std::string_view column, const Json* found, Need need);
  RowReader& read_time(std::string_view column, const Json* found, Need need);
  RowReader& read_any(std::string_view column, const Json* found, Need need, bool fits,
                      std::string_view wanted);
  RowReader& read_column(const Column& column);
  // True when the column is settled: null was allowed, or an error is already known.
  bool settled(std::string_view column, const Json* found, Need need);

  const Json& object_;
  std::string_view who_;
  Json row_ = Json::object();
  std::optional<Error> error_;
};

}  // namespace wf
