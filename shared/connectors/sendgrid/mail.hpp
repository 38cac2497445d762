#pragma once
// What mail is made of: transfer encodings, encoded words, addresses, dates, and the texts and files of
// a whole MIME message (RFC 2045, 2047, 5322).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/base/time.hpp"
#include "shared/connectors/sendgrid/multipart.hpp"

namespace wf::sendgrid {

std::string decode_base64(std::string_view text);            // what is not of the alphabet is skipped
std::string decode_quoted_printable(std::string_view text);  // malformed escapes stay as they are

// `=?utf-8?Q?caf=C3=A9?=` as UTF-8, on one line.
std::string decode_words(std::string_view header_value);

struct Address {
  std::string email;  // lower case; empty when there is none
  std::string name;
};
// `"Doe, Jane" <jane@example.com>, bob@example.com (Bob)`
std::vector<Address> read_addresses(std::string_view header_value);

// Every `<...>` of a Message-ID, In-Reply-To or References, with its brackets.
std::vector<std::string> read_message_ids(std::string_view header_value);

// `Wed, 10 Aug 2016 18:10:13 -0700 (PDT)`
std::optional<UnixSeconds> read_mail_date(std::string_view text);

struct File {
  std::string name;  // sanitised: no path, no control characters
  std::string content_type;
  std::string bytes;
};

struct Mail {
  Headers headers;
  std::string text;
  std::string html;
  std::vector<File> files;
  std::string problem;  // what could not be read exactly; empty: nothing
};

// A MIME message, as Inbound Parse sends it in raw mode. Errors: data.
Result<Mail> read_mail(std::string_view message);

// The last part of a path, without what a file system or a header would take for something else.
std::string safe_file_name(std::string_view name);

}  // namespace wf::sendgrid
