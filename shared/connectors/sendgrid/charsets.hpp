#pragma once
// Text in the charsets of mail as UTF-8: UTF-8, US-ASCII, ISO-8859-1, -15 and windows-1252, which are what
// nearly all mail is in. The Worker's C library has no others.

#include <string>
#include <string_view>

namespace wf::sendgrid {

struct Decoded {
  std::string text;   // valid UTF-8, without U+0000
  bool exact = true;  // false: the charset is not known, or bytes are none of it: U+FFFD stands for them
};

Decoded to_utf8(std::string_view bytes, std::string_view charset);

}  // namespace wf::sendgrid
