// Where a line of text ends.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace wf {

/// How many bytes of the text, which is not empty, stand on a line: up to a space, but not to one between a
/// number and its word ("3 rows") or beside a dot as long as there is another; in a word only when it is
/// longer than a line.
std::size_t line_length(std::string_view text, const std::function<bool(std::string_view)>& fits);

}  // namespace wf
