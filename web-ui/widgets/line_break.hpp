// Where a line of text ends.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace wf {

/// How many bytes of the text, which is not empty, stand on a line: up to a space, but not to one between a
/// number and its word ("3 rows") as long as there is another; in a word only when it is longer than a line.
std::size_t line_length(std::string_view text, const std::function<bool(std::string_view)>& fits);

struct Broken {
  std::string_view line;
  std::string_view rest;
};
/// The first line, and what is left for the next ones. A dot between words ("3 h ago · 08:41") joins nothing
/// where the line ends: it is on neither.
Broken break_line(std::string_view text, const std::function<bool(std::string_view)>& fits);

}  // namespace wf
