#pragma once
// What mail is made of: transfer encodings, encoded words, addresses, dates, and the texts and files of
// a whole MIME message (RFC 2045, 2047, 5322).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/json.hpp"
#include "shared/base/time.hpp"
#include "shared/connectors/sendgrid/multipart.hpp"
#include "shared/sync/effects.hpp"

namespace wf::sendgrid {

std::string decode_base64(std::string_view text);            // what is not of the alphabet is skipped
std::string decode_quoted_printable(std::string_view text);  // malformed escapes stay as they are

// `=?utf-8?Q?caf=C3=A9?=` as UTF-8, on one line. Of more than 100,000 bytes the first.
std::string decode_words(std::string_view header_value);

// {"email","name"}; without a name it is null.
Json make_address(std::string_view email, std::string_view name);
// `"Doe, Jane" <jane@example.com>, bob@example.com (Bob)` as a list of them, the emails in lower case, 500 at
// most; none: null.
Json read_addresses(std::string_view header_value);

// Every `<...>` of a Message-ID, In-Reply-To or References, with its brackets.
std::vector<std::string> read_message_ids(std::string_view header_value);

// `Wed, 10 Aug 2016 18:10:13 -0700 (PDT)`
std::optional<UnixSeconds> read_mail_date(std::string_view text);

struct Mail {
  std::string_view folder;  // where its files are kept, under numbers
  std::string text;
  std::string html;
  Json attachments;  // [{"name","content_type","bytes","object_key"}]; none: null
  std::vector<PutObject> files;
  std::string problem;  // what could not be read exactly; empty: nothing
};

// At most 2 MB of it. `what` names the text where its charset is not known, or its bytes are none of it.
std::string read_text(Mail& mail, std::string_view what, std::string_view bytes, std::string_view charset);

// At most 100.
void add_file(Mail& mail, std::string_view name, std::string_view content_type, std::string bytes);

// The texts and files of a MIME message, as Inbound Parse sends it in raw mode. False: it is none, for
// it has no headers.
bool read_mail(const Part& message, Mail& mail);

// The last part of a path, without what a file system or a header would take for something else.
std::string safe_file_name(std::string_view name);

}  // namespace wf::sendgrid
