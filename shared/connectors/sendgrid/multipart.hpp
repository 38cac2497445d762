#pragma once
// Bodies of several parts: forms (RFC 7578) and mail (RFC 2046). Binary safe; lines may end in CRLF or
// in LF alone, as in SendGrid's own samples.

#include <string>
#include <string_view>
#include <vector>

#include "shared/sync/http.hpp"

namespace wf::sendgrid {

// A line of a header, folded lines joined; the names as they were sent.
Headers read_header_lines(std::string_view lines);

// `form-data; name="a"`: the value before the first semicolon, in lower case, and a parameter's value
// (quotes and RFC 2231 encoding resolved, unless it names a charset other than UTF-8).
std::string value_of(std::string_view header_value);
std::string parameter_of(std::string_view header_value, std::string_view name);

// `=C3` as the byte that it stands for, where `=` is the mark, and a mark at the end of a line as
// nothing; malformed escapes stay as they are.
std::string decode_escapes(std::string_view text, char mark);

struct Part {
  Headers headers;
  std::string_view content;  // of the body that was read
};

// A part or a mail: headers, an empty line, the rest.
Part split_part(std::string_view bytes);

// Adds the parts between the lines of `boundary`, and says what is wrong with the body; empty: nothing.
// A last part without its closing line is a body that was cut.
std::string_view read_parts(std::string_view body, std::string_view boundary, std::vector<Part>& parts);

// A form's boundary is the first line of its body.
std::string_view boundary_of_form(std::string_view body);

}  // namespace wf::sendgrid
