#pragma once
// Texts that strangers wrote, made fit for the database: Postgres stores neither U+0000 nor bytes that
// are not UTF-8, and an index takes no more than 2,700 bytes.

#include <string>
#include <string_view>

#include "shared/base/json.hpp"

namespace wf::sendgrid {

inline constexpr std::size_t longest_indexed_text = 500;

// Malformed bytes become U+FFFD.
std::string valid_utf8(std::string_view text);

// Control characters become spaces, all of them `but` these. In JSON each takes six bytes.
void blank_controls(std::string& text, std::string_view but);

// A header's value or a name as one line of at most `most` bytes: control characters are spaces.
std::string one_line(std::string_view text, std::size_t most = longest_indexed_text);

}  // namespace wf::sendgrid
