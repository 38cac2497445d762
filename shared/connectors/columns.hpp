#pragma once
// A table's columns as one text, a line each: name, type and, where a value is not under the column's own
// name, its place in what the provider sends.
//
//   id text!
//   outcome_type text outcome.type
//   latest_charge reference latest_charge|charges.data.0.id
//
// `!`: the value must be there. `=""`: the column is then empty, where it would be null. Where versions of
// an API differ, all places stand there, the newest first. The compiler refuses a table that cannot be
// read. In the edge module it costs its letters and nothing else.

#include <cstdint>
#include <string_view>
#include <vector>

#include "shared/base/text.hpp"

namespace wf {

enum class Absent : std::uint8_t { null, empty, error };

struct Column {
  std::string_view name;
  char type;  // the first letter of its name, which tells a reader's types apart
  Absent absent;
  std::string_view place;
};

// Cuts off the first column.
Column cut_column(std::string_view& table);
std::vector<Column> columns_of(std::string_view table);

// `types` are those of a reader, with a space before and after each.
constexpr bool is_table(std::string_view text, std::string_view types) {
  if (text.empty()) return false;
  while (!text.empty()) {
    std::string_view line = cut(text, '\n');
    const std::string_view name = cut(line, ' ');
    std::string_view type = cut(line, ' ');
    for (const std::string_view mark : {"!", "=\"\""})
      if (type.size() > mark.size() && type.substr(type.size() - mark.size()) == mark)
        type.remove_suffix(mark.size());
    const auto found = types.find(type);
    if (name.empty() || type.empty() || found == std::string_view::npos || types[found - 1] != ' ' ||
        types[found + type.size()] != ' ' || line.find(' ') != std::string_view::npos)
      return false;
  }
  return true;
}

// Not constexpr, so that a table which comes here does not compile.
void refuse_table();

template <const std::string_view& types>
class ColumnTable {
 public:
  explicit consteval ColumnTable(std::string_view lines) : text(without_ends(lines)) {
    if (!is_table(text, types)) refuse_table();
  }

  const std::string_view text;

 private:
  // A raw string's first line and last are empty.
  static constexpr std::string_view without_ends(std::string_view text) {
    if (!text.empty() && text.front() == '\n') text.remove_prefix(1);
    if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    return text;
  }
};

}  // namespace wf
