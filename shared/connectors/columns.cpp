#include "shared/connectors/columns.hpp"

#include <algorithm>

namespace wf {

Column cut_column(std::string_view& table) {
  std::string_view place = cut(table, '\n');
  const std::string_view name = cut(place, ' ');
  const std::string_view type = cut(place, ' ');
  const Absent absent = type.back() == '!'   ? Absent::error
                        : type.back() == '"' ? Absent::empty
                                             : Absent::null;
  return {name, type.front(), absent, place.empty() ? name : place};
}

std::vector<Column> columns_of(std::string_view table) {
  std::vector<Column> columns(static_cast<std::size_t>(std::count(table.begin(), table.end(), '\n')) + 1);
  for (Column& column : columns) column = cut_column(table);
  return columns;
}

}  // namespace wf
