#pragma once
// Turns a provider's object into a row, column by column. The first member of a wrong type, or a
// required one that is absent, fails the whole row: half a row is worse than none.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/json.hpp"
#include "shared/base/time.hpp"

namespace wf {

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
  RowReader& required_flag(std::string_view column);
  RowReader& required_unix_time(std::string_view column);

  // Absent and null become null; any other type than the named one is an error.
  RowReader& text(std::string_view column) { return text(column, {column}); }
  RowReader& text(std::string_view column, Path path);
  RowReader& integer(std::string_view column) { return integer(column, {column}); }
  RowReader& integer(std::string_view column, Path path);
  RowReader& flag(std::string_view column);
  RowReader& unix_time(std::string_view column);
  RowReader& iso_time(std::string_view column, Path path);
  RowReader& number(std::string_view column) { return number(column, {column}); }
  RowReader& number(std::string_view column, Path path);
  // A count that the provider writes as a double.
  RowReader& rounded(std::string_view column, Path path);
  RowReader& object(std::string_view column) { return object(column, {column}); }
  RowReader& object(std::string_view column, Path path);
  RowReader& array(std::string_view column) { return array(column, {column}); }
  RowReader& array(std::string_view column, Path path);
  // An id, or an expanded object that has one.
  RowReader& reference(std::string_view column);

  RowReader& set(std::string_view column, Json value);
  RowReader& set_time(std::string_view column, UnixSeconds time);

  Result<Json> take();

 private:
  enum class Need { optional, required };
  const Json* member(Path path) const;  // null when absent or JSON null
  RowReader& fail_on(std::string_view column, const Json* found, std::string_view wanted);
  RowReader& read_text(std::string_view column, const Json* found, Need need);
  RowReader& read_integer(std::string_view column, const Json* found, Need need);
  RowReader& read_flag(std::string_view column, const Json* found, Need need);
  RowReader& read_time(std::string_view column, const Json* found, Need need);
  // True when the column is settled: null was allowed, or an error is already known.
  bool settled(std::string_view column, const Json* found, Need need);

  const Json& object_;
  std::string_view who_;
  Json row_ = Json::object();
  std::optional<Error> error_;
};

}  // namespace wf
