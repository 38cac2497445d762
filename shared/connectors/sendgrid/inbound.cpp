#include "shared/connectors/sendgrid/inbound.hpp"

#include <string>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/sha256.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/sendgrid/mail.hpp"
#include "shared/connectors/sendgrid/texts.hpp"
#include "shared/connectors/sendgrid/thread.hpp"

namespace wf::sendgrid {
namespace {

constexpr std::string_view who = "sendgrid inbound";
constexpr std::string_view file_field = "attachment";  // with a number
constexpr std::size_t most_references = 20;
constexpr std::size_t most_reference_bytes = 2000;  // they go into one URL, where each may take three
// A mail's own clock may be wrong by as much as it likes; it is believed within this time of its arrival.
constexpr std::chrono::hours believed_age{24 * 7};

tl::unexpected<Error> refuse(std::string_view why) { return fail(ErrorKind::data, {who, ": ", why}); }

std::string parameter(const Part& part, std::string_view name) {
  return parameter_of(header(part.headers, "content-disposition"), name);
}

// What was posted, as far as telling its thread takes.
struct Form {
  std::vector<Part> parts;
  Json envelope;         // {"to":["email"],"from":"email"}; null: not known
  const Part* raw = {};  // the field that holds the whole mail, in raw mode
  Part mail;             // its headers in either mode, and its content in raw mode

  const Part* find(std::string_view name) const {
    for (const Part& part : parts)
      if (to_lower(parameter(part, "name")) == name) return &part;
    return nullptr;
  }
  std::string_view field(std::string_view name) const {
    const Part* part = find(name);
    return part ? part->content : std::string_view();
  }
  Json json(std::string_view name) const { return json_or_null(field(name)); }
};

// Says what is wrong with it; empty: nothing.
std::string_view read_form(std::string_view body, Form& form) {
  const std::string_view problem = read_parts(body, boundary_of_form(body), form.parts);
  if (!problem.empty()) return problem;
  if (!form.find("envelope") && !form.find("from")) return "neither envelope nor from";
  form.envelope = form.json("envelope");
  form.raw = form.find("email");
  form.mail = form.raw ? split_part(form.raw->content) : Part{read_header_lines(form.field("headers")), {}};
  return {};
}

// Of the fields, not of the bytes: the boundary between them may be another one in a retry.
std::string content_hash(const Form& form) {
  std::string content;
  for (const Part& part : form.parts) {
    const std::string name = parameter(part, "name");
    for (const std::string_view text : {std::string_view(name), part.content}) {
      append_uint64(content, text.size());
      content += ':';
      content += text;
    }
  }
  return sha256_hex(content);
}

std::string envelope_email(std::string_view email) { return to_lower(one_line(email)); }

// The addresses that it was sent to, as read_addresses gives them.
Json envelope_to(const Form& form) {
  Json addresses = empty_list();
  for (const Json& one : list_in(form.envelope, "to"))
    if (one.is_string()) addresses.push_back(make_address(envelope_email(text_of(one)), ""));
  return addresses;
}

std::string token_of(const Form& form, const Json& ids) {
  for (const Json& one : list_in(form.envelope, "to"))
    if (std::string token = read_reply_address(envelope_email(text_of(one)), ids); !token.empty())
      return token;
  return {};
}

// The mails whose thread is this one's, the nearest first: those that it answers, and itself. To two of our
// addresses it comes twice.
std::vector<std::string> thread_ids(const Headers& headers) {
  std::vector<std::string> ids = read_message_ids(header(headers, "in-reply-to"));
  std::vector<std::string> chain = read_message_ids(header(headers, "references"));
  for (; !chain.empty(); chain.pop_back()) ids.push_back(std::move(chain.back()));
  if (ids.size() > most_references) ids.resize(most_references);
  for (std::string& own : read_message_ids(header(headers, "message-id"))) ids.push_back(std::move(own));
  std::size_t count = 0;
  std::size_t bytes = 0;
  while (count < ids.size() && (bytes += ids[count].size()) <= most_reference_bytes) ++count;
  ids.resize(count);
  return ids;
}

Lookup threads_of(const std::vector<std::string>& smtp_ids) {
  std::string list;
  for (const std::string& id : smtp_ids) {
    // In quotes a quote and a backslash are escaped.
    // https://docs.postgrest.org/en/stable/references/api/url_grammar.html#reserved-characters
    list += list.empty() ? "\"" : ",\"";
    for (const char c : id) {
      if (c == '"' || c == '\\') list += '\\';
      list += c;
    }
    list += '"';
  }
  return {"email_messages", concat({"smtp_id=in.(", percent_encode(list), ")&select=thread_id,smtp_id"})};
}

// The thread of the nearest mail that is known; empty: none.
std::string_view thread_answered(const std::vector<std::string>& smtp_ids, const Json& rows) {
  for (const std::string& id : smtp_ids)
    for (const Json& row : elements(rows))
      if (const auto thread = find_text(row, "thread_id"); !thread.empty() && find_text(row, "smtp_id") == id)
        return thread;
  return {};
}

bool is_true(const Json& value) {
  const bool* flag = value.get_ptr<const bool*>();
  return flag && *flag;
}

// The thread that it goes on; empty: none. A token that is not genuine may be of an earlier key; who made it
// up could have left it out as well.
std::string_view thread_of(const Json& answers, std::string_view token, const Headers& headers) {
  const auto answered = elements(answers);
  if (answered.empty()) return {};
  if (!token.empty() && is_true(answered.front())) return thread_of_token(token);
  return thread_answered(thread_ids(headers), answered.back());
}

// A mail that no human wrote (RFC 3834): answering it would go round for ever.
bool is_auto_reply(const Headers& headers) {
  const std::string submitted = value_of(header(headers, "auto-submitted"));
  const std::string precedence = value_of(header(headers, "precedence"));
  return (!submitted.empty() && submitted != "no") || is_one_of(precedence, "bulk junk auto_reply") ||
         !header(headers, "x-autoreply").empty();
}

// The texts of the fields, in the charsets that the form says.
struct FieldReader {
  const Form& form;
  Mail& mail;
  Json charsets = form.json("charsets");

  std::string text(std::string_view name) {
    const std::string_view charset = find_text(charsets, name);
    return read_text(mail, name, form.field(name), charset.empty() ? "utf-8" : charset);
  }
  Json addresses(std::string_view name) { return read_addresses(text(name)); }
};

// In default mode the texts are fields, and the files are parts that have a file name or are called
// "attachment1". What the form says of them knows names that are not ASCII.
void read_fields(const Form& form, FieldReader& fields, Mail& mail) {
  mail.text = fields.text("text");
  mail.html = fields.text("html");
  const Json infos = form.json("attachment-info");
  for (const Part& part : form.parts) {
    const std::string field = parameter(part, "name");
    const std::string given = parameter(part, "filename");
    const bool is_file = starts_with(field, file_field) && parse_int64(field.substr(file_field.size()));
    if (given.empty() && !is_file) continue;
    const Json* info = find_object(infos, field);
    const std::string_view told = info ? find_text(*info, "filename") : "";
    add_file(mail, told.empty() ? given : told, value_of(header(part.headers, "content-type")),
             std::string(part.content));
  }
}

UnixSeconds sent_at(const Headers& headers, UnixSeconds now) {
  const auto date = read_mail_date(header(headers, "date"));
  if (!date || *date > now || *date < now - believed_age) return now;
  return *date;
}

std::string first_id(const Headers& headers, std::string_view name) {
  const auto ids = read_message_ids(header(headers, name));
  return ids.empty() ? "" : ids.front();
}

}  // namespace

bool is_inbound(std::string_view body) { return starts_with(body, "--"); }

Result<SignatureClaim> claim_inbound(const Headers& headers) {
  if (value_of(header(headers, "content-type")) != "multipart/form-data")
    return fail(ErrorKind::data, {"inbound parse: the content type is not multipart/form-data"});
  // A password that somebody is about to change costs no mail: it comes again for three days.
  return SignatureClaim{.algorithm = "basic-auth",
                        .secret = inbound_password,
                        .prefix = "",
                        .signatures = {},
                        .mismatch_status = 503};
}

Result<Identity> identify_inbound(std::string_view body) {
  Form form;
  if (const auto problem = read_form(body, form); !problem.empty()) return refuse(problem);
  return Identity{concat({"inbound-", content_hash(form)}), "inbound", "multipart/form-data"};
}

std::vector<Question> inbound_questions(const Received& received) {
  Form form;
  if (!read_form(received.body, form).empty()) return {};
  std::vector<Question> questions;
  const std::string token = token_of(form, received.ids);
  if (!token.empty()) questions.push_back(token_check(token, received.client_id));
  const auto ids = thread_ids(form.mail.headers);
  if (!ids.empty()) questions.push_back(threads_of(ids));
  return questions;
}

Result<Delivery> parse_inbound(const Received& received) {
  Form form;
  if (const auto problem = read_form(received.body, form); !problem.empty()) return refuse(problem);
  const Headers& headers = form.mail.headers;
  const std::string envelope_from = envelope_email(find_text(form.envelope, "from"));
  std::string id = content_hash(form);
  id.resize(thread_id_digits);

  Mail mail{.folder = received.object_key};
  FieldReader fields{form, mail};
  Json senders = fields.addresses("from");
  if (senders.empty())
    senders.push_back(make_address(envelope_from.empty() ? "unknown@sender.invalid" : envelope_from, ""));
  const Json& from = senders.front();
  Json to = fields.addresses("to");
  if (to.empty()) to = envelope_to(form);
  Json cc = fields.addresses("cc");
  const std::string subject = decode_words(fields.text("subject"));
  if (!form.raw)
    read_fields(form, fields, mail);
  else if (!read_mail(form.mail, mail))
    return fail(ErrorKind::data, {"mail: no headers"});

  Delivery delivery{.event_at = sent_at(headers, received.now)};
  const std::string token = token_of(form, received.ids);
  const std::string_view known_thread = thread_of(received.answers, token, headers);
  const Json score = form.json("spam_score");
  add_row(delivery.batches, "email_messages",
          JsonObject()
              .text("id", id)
              .text("thread_id", known_thread.empty() ? id : known_thread)
              .text("direction", "received")
              .text("state", "received")
              .time("sent_at", delivery.event_at)
              .text_or_null("smtp_id", first_id(headers, "message-id"))
              .text_or_null("in_reply_to", first_id(headers, "in-reply-to"))
              .text("from_email", find_text(from, "email"))
              .text_or_null("from_name", find_text(from, "name"))
              .json("to_emails", std::move(to))
              .json("cc_emails", std::move(cc))
              .text_or_null("subject", subject)
              .text_or_null("body_text", mail.text)
              .text_or_null("body_html", mail.html)
              .json("attachments", std::move(mail.attachments))
              .flag("is_auto_reply",
                    is_auto_reply(headers) || (form.envelope.is_object() && envelope_from.empty()))
              .text("object_key", received.object_key)
              .time("source_at", delivery.event_at)
              // SendGrid's own findings. A score that is no number is none.
              .text_or_null("spf", one_line(form.field("spf")))
              .text_or_null("dkim", one_line(form.field("dkim")))
              .json("spam_score", score.is_number() ? score : Json())
              .take());
  if (known_thread.empty()) add_thread(delivery.batches, id, subject, from, "received", delivery.event_at);
  delivery.objects = std::move(mail.files);
  delivery.left_out = std::move(mail.problem);
  return delivery;
}

}  // namespace wf::sendgrid
