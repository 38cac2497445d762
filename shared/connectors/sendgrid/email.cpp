#include "shared/connectors/sendgrid/email.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/sendgrid/events.hpp"
#include "shared/connectors/sendgrid/multipart.hpp"
#include "shared/connectors/sendgrid/stats.hpp"
#include "shared/connectors/sendgrid/texts.hpp"
#include "shared/connectors/sendgrid/thread.hpp"

namespace wf::sendgrid {
namespace {

constexpr std::size_t most_recipients = 50;
constexpr std::size_t longest_subject = 500;
constexpr std::size_t longest_name = 200;
constexpr std::size_t longest_body = 500'000;  // of 30 MB that SendGrid takes
constexpr std::size_t longest_failure = 300;
constexpr std::size_t longest_member = 40;
constexpr std::size_t most_references = 10;
constexpr std::string_view from_email = "sendgrid.from_email";
constexpr std::string_view from_name = "sendgrid.from_name";
constexpr std::string_view members = "to cc subject text html thread_id";

bool is_label(std::string_view text) {
  return is_code(text, 63, "-") && text.front() != '-' && text.back() != '-';
}

// Header fields are lines: a line end inside of one would begin another (RFC 5322, section 2.2).
bool is_one_line(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f') return false;
  return is_valid_utf8(text);
}

// {"email","name"?}
Json address_with(std::string_view email, std::string_view name) {
  JsonObject address;
  address.text("email", email);
  if (!name.empty()) address.text("name", name);
  return address.take();
}

// A request's body on its way into an action's input. What is wrong first is told.
class Check {
 public:
  explicit Check(const Json& body) : body_(body) {}

  void refuse(std::string_view where, std::string_view why) {
    if (problem_.empty()) problem_ = concat({"email: ", where, why});
  }

  void members_known() {
    if (!body_.is_object()) return refuse("", "not an object");
    for (const auto& [name, value] : wf::members(body_))
      if (!is_one_of(name, members))
        refuse("", concat({"there is no member ", shorten(name, longest_member)}));
  }

  void recipients(std::string_view list) {
    if (!find(body_, list)) return refuse(list, " is missing");
    if (!find_array(body_, list)) return refuse(list, " is not a list of {email, name?}");
    const std::span<const Json> items = list_in(body_, list);
    if (known_.size() + items.size() > most_recipients) return refuse("", "more than 50 recipients");
    Json checked = empty_list();
    for (const Json& item : items) checked.push_back(recipient(item, list));
    if (!checked.empty()) input_.json(list, std::move(checked));
  }

  // A text of at most so many bytes; none where it is not asked for.
  void text(std::string_view name, std::size_t most, bool required) {
    const Json* given = find(body_, name);
    if (!given && !required) return;
    const std::string_view text = find_text(body_, name);
    if (given && !given->is_string()) refuse(name, " is not a text");
    if (required && trim(text).empty()) refuse(name, " is missing");
    if (text.size() > most) refuse(name, " is too long");
    if (!text.empty()) input_.text(name, text);
  }

  Result<Json> take() {
    if (!problem_.empty()) return fail(ErrorKind::data, problem_);
    return input_.take();
  }

 private:
  Json recipient(const Json& item, std::string_view list) {
    if (!item.is_object()) refuse(list, " is not a list of {email, name?}");
    const std::string_view address = find_text(item, "email");
    if (!is_email_address(address)) refuse(list, " has what is no email address");
    // SendGrid refuses a mail that names somebody twice.
    std::string lower = to_lower(address);
    if (std::find(known_.begin(), known_.end(), lower) != known_.end()) refuse(list, " names somebody twice");
    known_.push_back(std::move(lower));
    const Json* given = find(item, "name");
    const std::string_view name = find_text(item, "name");
    if ((given && !given->is_string()) || !is_one_line(name) || name.size() > longest_name)
      refuse("", concat({"a name in ", list, " is not one line of text"}));
    return address_with(address, name);
  }

  const Json& body_;
  JsonObject input_;
  std::vector<std::string> known_;
  std::string problem_;
};

// The thread that is answered, else a new one with the request's id.
std::string thread_of(const ActionQuery& query) {
  const std::string_view given = find_text(query.input, "thread_id");
  if (!given.empty()) return std::string(given);
  std::string id;
  for (const char c : to_lower(query.id))
    if (c != '-') id += c;
  return id;
}

// Stored ids came from mail: what is not one word between brackets does not become a header.
bool is_message_id(std::string_view id) {
  return id.size() > 2 && id.front() == '<' && id.back() == '>' && is_one_line(id) && !contains(id, " ");
}

// The mail that this one answers; empty: none.
std::string_view answered(const ActionQuery& query) {
  const std::span<const Json> ids = list_in(query.facts, "smtp_ids");
  return ids.empty() ? std::string_view() : text_of(ids.back());
}

// The whole row, so that each state of it can be written without reading it first.
JsonObject message_row(const ActionQuery& query, std::string_view state, UnixSeconds now) {
  const Json& input = query.input;
  JsonObject row;
  row.text("id", query.id)
      .text("thread_id", thread_of(query))
      .text("direction", "sent")
      .text("state", state)
      .time("sent_at", now)
      .text_or_null("in_reply_to", answered(query))
      .text("from_email", find_text(query.ids, from_email))
      .text_or_null("from_name", find_text(query.ids, from_name))
      .json("to_emails", copy_of(input, "to"))
      .json("cc_emails", copy_of(input, "cc"))
      .text("subject", find_text(input, "subject"))
      .text("body_text", find_text(input, "text"))
      .text_or_null("body_html", find_text(input, "html"))
      .text_or_null("sent_by", query.user_id)
      .time("source_at", now);
  return row;
}

std::vector<RowBatch> message_batch(JsonObject row) {
  std::vector<RowBatch> batches;
  add_row(batches, "email_messages", row.take());
  return batches;
}

void add_content(Json& list, std::string_view type, std::string_view text) {
  if (!text.empty()) list.push_back(JsonObject().text("type", type).text("value", text).take());
}

// So that the contact's mail program shows the answer below the question.
void add_thread_headers(JsonObject& mail, const ActionQuery& query) {
  const std::span<const Json> ids = list_in(query.facts, "smtp_ids");
  std::string chain;
  std::string_view last;
  for (std::size_t i = ids.size() > most_references ? ids.size() - most_references : 0; i < ids.size(); ++i) {
    const std::string_view id = text_of(ids[i]);
    if (!is_message_id(id)) continue;
    chain += concat({chain.empty() ? "" : " ", id});
    last = id;
  }
  if (!chain.empty())
    mail.json("headers", JsonObject().text("In-Reply-To", last).text("References", chain).take());
}

// SendGrid takes what stands before a comma or semicolon in a name for an address, and sends there or
// nowhere. https://www.twilio.com/docs/sendgrid/api-reference/mail-send/limitations
Json without_separators(Json recipients) {
  for (Json& recipient : *recipients.get_ptr<Json::array_t*>()) {
    std::string name = text_in(recipient, "name");
    if (name.empty()) continue;
    for (char& c : name)
      if (c == ',' || c == ';') c = ' ';
    slot(recipient, "name") = Json(std::move(name));
  }
  return recipients;
}

Json personalization(const ActionQuery& query) {
  JsonObject envelope;
  for (const std::string_view list : {"to", "cc"})
    if (Json given = copy_of(query.input, list); given.is_array())
      envelope.json(list, without_separators(std::move(given)));
  envelope.json("custom_args", JsonObject().text(own_id_argument, query.id).take());
  Json list = empty_list();
  list.push_back(envelope.take());
  return list;
}

HttpRequest send_request(const ActionQuery& query) {
  Json content = empty_list();
  add_content(content, "text/plain", find_text(query.input, "text"));
  add_content(content, "text/html", find_text(query.input, "html"));
  JsonObject mail;
  mail.json("personalizations", personalization(query))
      .json("from", address_with(find_text(query.ids, from_email), find_text(query.ids, from_name)))
      .text("subject", find_text(query.input, "subject"))
      .json("content", std::move(content));
  if (!query.signature.empty())
    mail.json("reply_to", address_with(reply_address(thread_of(query), query.signature, query.ids), ""));
  add_thread_headers(mail, query);
  HttpRequest request = api_request("/v3/mail/send", query.ids);
  put_json(request, dump(mail));
  return request;
}

}  // namespace

bool is_email_address(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at > 64 || text.size() > 254) return false;  // npos is more as well
  for (const std::string_view atom : split(text.substr(0, at), '.'))
    if (!is_code(atom, 64, "!#$%&'*+/=?^_`{|}~-")) return false;
  const auto labels = split(text.substr(at + 1), '.');
  for (const std::string_view label : labels)
    if (!is_label(label)) return false;
  return labels.size() >= 2;
}

Result<Json> check_email(const Json& body) {
  Check check(body);
  check.members_known();
  check.recipients("to");
  if (list_in(body, "to").empty()) check.refuse("", "to is empty");
  if (find(body, "cc")) check.recipients("cc");
  check.text("subject", longest_subject, true);
  if (!is_one_line(find_text(body, "subject"))) check.refuse("", "the subject is not one line");
  check.text("text", longest_body, true);
  check.text("html", longest_body, false);
  const Json* thread = find(body, "thread_id");
  const std::string_view thread_id = find_text(body, "thread_id");
  if (thread && !(thread->is_string() && (thread_id.empty() || is_thread_id(thread_id))))
    check.refuse("", "thread_id is not the id of a thread");
  check.text("thread_id", thread_id_digits, false);
  return check.take();
}

std::optional<Sign> sign_email(const ActionQuery& query) {
  // Without the password no reply would be taken.
  const bool receives = find_bool(query.facts, "receives").value_or(true);
  if (!receives || find_text(query.ids, inbound_domain).empty()) return std::nullopt;
  return Sign{.algorithm = "hmac-sha256",
              .secret = std::string(thread_key),
              .message = thread_message(query.client_id, thread_of(query)),
              .captured = ""};
}

Result<ActionStart> start_email(const ActionQuery& query, UnixSeconds now) {
  if (!find(query.ids, from_email))
    return fail(ErrorKind::configuration,
                {"email: sending needs sendgrid.api_key and sendgrid.from_email, which is missing"});
  if (!is_email_address(find_text(query.ids, from_email)))
    return fail(ErrorKind::configuration, {"email: sendgrid.from_email is no address"});
  const std::string_view domain = find_text(query.ids, inbound_domain);
  if (!domain.empty() && !is_email_address(concat({"reply@", domain})))
    return fail(ErrorKind::configuration, {"email: sendgrid.inbound_domain is no domain"});
  if (!is_one_line(find_text(query.ids, from_name)))
    return fail(ErrorKind::configuration, {"email: sendgrid.from_name is not one line"});
  const bool is_answer = !find_text(query.input, "thread_id").empty();
  if (is_answer && !find_object(query.facts, "thread"))
    return fail(ErrorKind::data, {"email: there is no such thread"});
  ActionStart start{message_batch(message_row(query, "queued", now)), send_request(query)};
  if (!is_answer)
    add_thread(start.batches, thread_of(query), find_text(query.input, "subject"),
               list_in(query.input, "to").front(), "sent", now);
  return start;
}

Result<ActionEnd> end_email(const ActionQuery& query, const HttpReply& reply, UnixSeconds now) {
  // A page of maintenance is a success too.
  // https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
  const std::string id = one_line(header(reply.headers, "x-message-id"));
  if (reply.status != 202 || id.empty())
    return fail(ErrorKind::provider,
                {"sendgrid email: answered ", decimal(reply.status), ", but not as one who takes a mail"});
  JsonObject row = message_row(query, "sent", now);
  row.text("message_id", id);
  return ActionEnd{message_batch(std::move(row)), 202,
                   JsonObject()
                       .text("message_id", query.id)
                       .text("thread_id", thread_of(query))
                       .text("state", "sent")
                       .take()};
}

std::vector<RowBatch> fail_email(const ActionQuery& query, const Error& error, bool unknown,
                                 UnixSeconds now) {
  JsonObject row = message_row(query, unknown ? "unknown" : "failed", now);
  row.text("failure_message", shorten(without_secrets(error.message), longest_failure));
  return message_batch(std::move(row));
}

}  // namespace wf::sendgrid
