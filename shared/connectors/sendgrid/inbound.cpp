#include "shared/connectors/sendgrid/inbound.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "shared/base/sha256.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/sendgrid/charsets.hpp"
#include "shared/connectors/sendgrid/mail.hpp"
#include "shared/connectors/sendgrid/texts.hpp"
#include "shared/connectors/sendgrid/thread.hpp"
#include "shared/sync/json_object.hpp"

namespace wf::sendgrid {
namespace {

constexpr std::string_view who = "sendgrid inbound";
constexpr std::size_t most_references = 20;
// A mail's own clock may be wrong by as much as it likes; it is believed within this time of its arrival.
constexpr std::chrono::hours believed_age{24 * 7};

struct Form {
  std::vector<Part> parts;

  const Part* find(std::string_view name) const {
    const auto found = std::find_if(parts.begin(), parts.end(),
                                    [&](const Part& part) { return to_lower(name_of(part)) == name; });
    return found == parts.end() ? nullptr : &*found;
  }
  std::string_view field(std::string_view name) const {
    const Part* part = find(name);
    return part ? part->content : std::string_view();
  }
  static std::string name_of(const Part& part) {
    return parameter_of(header(part.headers, "content-disposition"), "name");
  }
  static std::string file_name_of(const Part& part) {
    return parameter_of(header(part.headers, "content-disposition"), "filename");
  }
};

Result<Form> read_form(std::string_view body) {
  auto parts = read_parts(body, boundary_of_form(body), who);
  if (!parts) return tl::unexpected<Error>(std::move(parts.error()));
  Form form{*std::move(parts)};
  if (!form.find("envelope") && !form.find("from"))
    return fail(ErrorKind::data, std::string(who) + ": neither envelope nor from");
  return form;
}

// Of the fields, not of the bytes: the boundary between them may be another one in a retry.
std::string content_hash(const Form& form) {
  std::string content;
  for (const Part& part : form.parts) {
    const std::string name = Form::name_of(part);
    content.append(std::to_string(name.size())).append(":").append(name);
    content.append(std::to_string(part.content.size())).append(":").append(part.content);
  }
  return sha256_hex(content);
}

struct Envelope {
  std::vector<std::string> to;
  std::string from;
  bool known = false;
};

Envelope read_envelope(const Form& form) {
  Envelope envelope;
  const auto json = parse_json(form.field("envelope"), who);
  if (!json || !json->is_object()) return envelope;
  envelope.known = true;
  envelope.from = to_lower(one_line(find_string(*json, "from").value_or("")));
  if (const Json* to = find_array(*json, "to"))
    for (const Json& one : *to)
      if (const auto email = as_string(one)) envelope.to.push_back(to_lower(one_line(*email)));
  return envelope;
}

// The headers of the mail itself, in either mode.
Headers mail_headers(const Form& form) {
  if (const Part* raw = form.find("email")) return split_part(raw->content).headers;
  return read_header_lines(form.field("headers"));
}

std::optional<ThreadToken> token_of(const Envelope& envelope, const Json& ids) {
  for (const std::string& email : envelope.to)
    if (auto token = read_reply_address(email, ids)) return token;
  return std::nullopt;
}

// The mails that this one answers, the nearest first.
std::vector<std::string> answered_ids(const Headers& headers) {
  std::vector<std::string> ids = read_message_ids(header(headers, "in-reply-to"));
  std::vector<std::string> chain = read_message_ids(header(headers, "references"));
  ids.insert(ids.end(), chain.rbegin(), chain.rend());
  if (ids.size() > most_references) ids.resize(most_references);
  return ids;
}

Lookup threads_of(const std::vector<std::string>& smtp_ids) {
  std::string list;
  for (const std::string& id : smtp_ids) {
    // In quotes a quote and a backslash are escaped.
    // https://docs.postgrest.org/en/stable/references/api/url_grammar.html#reserved-characters
    std::string quoted;
    for (const char c : id) quoted.append(c == '"' || c == '\\' ? "\\" : "").push_back(c);
    list += (list.empty() ? "\"" : ",\"") + quoted + "\"";
  }
  return {"email_messages", "smtp_id=in.(" + percent_encode(list) + ")&select=thread_id,smtp_id"};
}

// The thread of the nearest mail that is known; empty: none.
std::string thread_answered(const std::vector<std::string>& smtp_ids, const Json& rows) {
  for (const std::string& id : smtp_ids)
    for (const Json& row : rows)
      if (find_string(row, "smtp_id") == id)
        if (auto thread = find_string(row, "thread_id"); thread && !thread->empty()) return *thread;
  return {};
}

// A mail that no human wrote (RFC 3834): answering it would go round for ever.
bool is_auto_reply(const Headers& headers, const Envelope& envelope) {
  const std::string submitted = value_of(header(headers, "auto-submitted"));
  const std::string precedence = value_of(header(headers, "precedence"));
  if (!submitted.empty() && submitted != "no") return true;
  if (precedence == "bulk" || precedence == "junk" || precedence == "auto_reply") return true;
  if (!header(headers, "x-autoreply").empty() || !header(headers, "x-auto-response-suppress").empty())
    return true;
  return envelope.known && envelope.from.empty();
}

// The text of a field, in the charset that `charsets` says.
struct FieldReader {
  const Form& form;
  Json charsets = Json::object();
  std::string problem = {};

  explicit FieldReader(const Form& read) : form(read) {
    if (auto json = parse_json(form.field("charsets"), who); json && json->is_object())
      charsets = *std::move(json);
  }
  std::string text(std::string_view name) {
    const std::string charset = find_string(charsets, name).value_or("utf-8");
    Decoded decoded = to_utf8(form.field(name), charset);
    if (!decoded.exact) problem = std::string(name) + " is not in the charset " + one_line(charset, 40);
    return std::move(decoded.text);
  }
};

// In default mode the texts are fields and the files are parts with a file name.
Mail mail_of_fields(const Form& form, FieldReader& fields) {
  Mail mail{.headers = read_header_lines(form.field("headers")),
            .text = fields.text("text"),
            .html = fields.text("html")};
  for (const Part& part : form.parts) {
    const std::string name = Form::file_name_of(part);
    if (name.empty()) continue;
    mail.files.push_back({safe_file_name(decode_words(name)), value_of(header(part.headers, "content-type")),
                          std::string(part.content)});
  }
  return mail;
}

UnixSeconds sent_at(const Headers& headers, UnixSeconds now) {
  const auto date = read_mail_date(header(headers, "date"));
  if (!date || *date > now || *date < now - believed_age) return now;
  return *date;
}

// [{"email","name"}]
Json to_json(const std::vector<Address>& addresses) {
  Json list = Json::array();
  for (const Address& address : addresses)
    list.push_back(JsonObject().text("email", address.email).json("name", text_or_null(address.name)).take());
  return list;
}

std::string file_key(std::string_view folder, std::size_t index) {
  return std::string(folder) + "/" + std::to_string(index + 1);
}

Json to_json(const std::vector<File>& files, std::string_view folder) {
  Json list = Json::array();
  for (std::size_t i = 0; i < files.size(); ++i)
    list.push_back(JsonObject()
                       .text("name", files[i].name)
                       .text("content_type", one_line(files[i].content_type, 100))
                       .number("bytes", static_cast<std::int64_t>(files[i].bytes.size()))
                       .text("object_key", file_key(folder, i))
                       .take());
  return list;
}

struct Place {
  std::string thread_id;
  bool is_new = false;
};

bool is_true(const Json& value) {
  const bool* flag = value.get_ptr<const bool*>();
  return flag && *flag;
}

// A token that is not genuine makes a thread of its own, whatever mails it says it answers.
Place place_of(const Received& received, const Form& form) {
  const Json answer = received.answers.empty() ? Json() : received.answers.front();
  std::string thread;
  if (const auto token = token_of(read_envelope(form), received.ids))
    thread = is_true(answer) ? token->thread_id : "";
  else if (answer.is_array())
    thread = thread_answered(answered_ids(mail_headers(form)), answer);
  if (!thread.empty()) return {thread, false};
  return {content_hash(form).substr(0, thread_id_digits), true};
}

// Everything that a posted mail says.
struct Inbound {
  Mail mail;
  Envelope envelope;
  Address from;
  std::vector<Address> to;
  std::vector<Address> cc;
  std::string subject;
  UnixSeconds at;
  std::string problem;  // what could not be read exactly; empty: nothing
};

Address sender_of(FieldReader& fields, const Envelope& envelope) {
  const auto named = read_addresses(fields.text("from"));
  if (!named.empty()) return named.front();
  return {envelope.from.empty() ? "unknown@sender.invalid" : envelope.from, ""};
}

std::vector<Address> recipients_of(FieldReader& fields, const Envelope& envelope) {
  auto to = read_addresses(fields.text("to"));
  if (to.empty())
    for (const std::string& email : envelope.to) to.push_back({email, ""});
  return to;
}

Result<Inbound> read_inbound(const Form& form, UnixSeconds now) {
  FieldReader fields(form);
  const Part* raw = form.find("email");
  auto mail = raw ? read_mail(raw->content) : Result<Mail>(mail_of_fields(form, fields));
  if (!mail) return tl::unexpected<Error>(std::move(mail.error()));
  Inbound inbound{.mail = *std::move(mail), .envelope = read_envelope(form)};
  inbound.from = sender_of(fields, inbound.envelope);
  inbound.to = recipients_of(fields, inbound.envelope);
  inbound.cc = read_addresses(fields.text("cc"));
  inbound.subject = decode_words(fields.text("subject"));
  inbound.at = sent_at(inbound.mail.headers, now);
  inbound.problem = inbound.mail.problem.empty() ? fields.problem : inbound.mail.problem;
  return inbound;
}

Json thread_row(const Place& place, const Inbound& inbound) {
  return JsonObject()
      .text("id", place.thread_id)
      .json("subject", text_or_null(inbound.subject))
      .text("contact_email", inbound.from.email)
      .json("contact_name", text_or_null(inbound.from.name))
      .text("state", "open")
      .time("started_at", inbound.at)
      .time("last_message_at", inbound.at)
      .text("last_direction", "received")
      .time("source_at", inbound.at)
      .take();
}

Json first_or_null(const std::vector<std::string>& ids) { return ids.empty() ? Json() : Json(ids.front()); }

// SendGrid's own findings. A score that is no number is none.
void add_findings(JsonObject& row, const Form& form) {
  const auto score = parse_json(form.field("spam_score"), who);
  row.json("spf", text_or_null(one_line(form.field("spf"))))
      .json("dkim", text_or_null(one_line(form.field("dkim"))))
      .json("spam_score", score && score->is_number() ? *score : Json());
}

Json message_row(const Form& form, const Inbound& inbound, const Place& place, std::string_view object_key) {
  const Mail& mail = inbound.mail;
  JsonObject row;
  row.text("id", content_hash(form).substr(0, thread_id_digits))
      .text("thread_id", place.thread_id)
      .text("direction", "received")
      .text("state", "received")
      .time("sent_at", inbound.at)
      .json("smtp_id", first_or_null(read_message_ids(header(mail.headers, "message-id"))))
      .json("in_reply_to", first_or_null(read_message_ids(header(mail.headers, "in-reply-to"))))
      .text("from_email", inbound.from.email)
      .json("from_name", text_or_null(inbound.from.name))
      .json("to_emails", to_json(inbound.to))
      .json("cc_emails", inbound.cc.empty() ? Json() : to_json(inbound.cc))
      .json("subject", text_or_null(inbound.subject))
      .json("body_text", text_or_null(mail.text))
      .json("body_html", text_or_null(mail.html))
      .json("attachments", mail.files.empty() ? Json() : to_json(mail.files, object_key))
      .flag("is_auto_reply", is_auto_reply(mail.headers, inbound.envelope))
      .text("object_key", object_key)
      .time("source_at", inbound.at);
  add_findings(row, form);
  return row.take();
}

// What a stranger calls a page must not be served as one.
std::vector<PutObject> objects_of(std::vector<File> files, std::string_view folder) {
  std::vector<PutObject> objects;
  for (std::size_t i = 0; i < files.size(); ++i)
    objects.push_back(
        {file_key(folder, i), std::move(files[i].bytes), "application/octet-stream", /*if_absent=*/true});
  return objects;
}

}  // namespace

bool is_inbound(std::string_view body) { return starts_with(body, "--"); }

Result<SignatureClaim> claim_inbound(const Headers& headers) {
  if (value_of(header(headers, "content-type")) != "multipart/form-data")
    return fail(ErrorKind::data, "inbound parse: the content type is not multipart/form-data");
  return SignatureClaim{
      .algorithm = "basic-auth", .secret = inbound_password, .prefix = "", .signatures = {}};
}

Result<Identity> identify_inbound(std::string_view body) {
  const auto form = read_form(body);
  if (!form) return tl::unexpected<Error>(form.error());
  return Identity{"inbound-" + content_hash(*form), "inbound", "multipart/form-data"};
}

std::vector<Question> inbound_questions(const Received& received) {
  const auto form = read_form(received.body);
  if (!form) return {};
  if (const auto token = token_of(read_envelope(*form), received.ids))
    return {token_check(*token, received.client_id)};
  const auto ids = answered_ids(mail_headers(*form));
  if (ids.empty()) return {};
  return {threads_of(ids)};
}

Result<Delivery> parse_inbound(const Received& received) {
  const auto form = read_form(received.body);
  if (!form) return tl::unexpected<Error>(form.error());
  auto inbound = read_inbound(*form, received.now);
  if (!inbound) return tl::unexpected<Error>(std::move(inbound.error()));
  const Place place = place_of(received, *form);
  Delivery delivery{.event_at = inbound->at, .left_out = inbound->problem};
  delivery.batches.push_back({"email_messages", {message_row(*form, *inbound, place, received.object_key)}});
  if (place.is_new) delivery.batches.push_back({"email_threads", {thread_row(place, *inbound)}});
  delivery.objects = objects_of(std::move(inbound->mail.files), received.object_key);
  return delivery;
}

}  // namespace wf::sendgrid
