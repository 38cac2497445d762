#include "shared/connectors/sendgrid/email.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/text.hpp"
#include "shared/connectors/sendgrid/events.hpp"
#include "shared/connectors/sendgrid/stats.hpp"
#include "shared/connectors/sendgrid/texts.hpp"
#include "shared/connectors/sendgrid/thread.hpp"
#include "shared/sync/json_object.hpp"

namespace wf::sendgrid {
namespace {

constexpr std::size_t most_recipients = 50;
constexpr std::size_t longest_subject = 500;
constexpr std::size_t longest_name = 200;
constexpr std::size_t longest_body = 500'000;  // of 30 MB that SendGrid takes
constexpr std::size_t longest_failure = 300;
constexpr std::size_t most_references = 10;
constexpr std::array<std::string_view, 6> members{"to", "cc", "subject", "text", "html", "thread_id"};

tl::unexpected<Error> refuse(std::string why) { return fail(ErrorKind::data, "email: " + std::move(why)); }

bool is_atom(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+/=?^_`{|}~-").find(c) != std::string_view::npos;
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
         });
}

// Header fields are lines: a line end inside of one would begin another (RFC 5322, section 2.2).
bool is_one_line(std::string_view text) {
  return is_valid_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == '\x7f';
         });
}

Result<Json> check_recipient(const Json& item, std::string_view list, std::vector<std::string>& known) {
  const std::string where(list);
  const std::string address = find_string(item, "email").value_or("");
  if (!is_email_address(address)) return refuse(where + " has what is no email address");
  // SendGrid refuses a mail that names somebody twice.
  std::string lower = to_lower(address);
  if (std::find(known.begin(), known.end(), lower) != known.end())
    return refuse(where + " names somebody twice");
  known.push_back(std::move(lower));
  JsonObject recipient;
  recipient.text("email", address);
  const Json* given = find(item, "name");
  if (!given || given->is_null()) return recipient.take();
  const auto name = as_string(*given);
  if (!name || !is_one_line(*name) || name->size() > longest_name)
    return refuse("a name in " + where + " is not one line of text");
  return name->empty() ? recipient.take() : recipient.text("name", *name).take();
}

Result<Json> check_recipients(const Json& body, std::string_view list, std::vector<std::string>& known) {
  const Json* given = find_array(body, list);
  if (!given) return refuse(std::string(list) + " is not a list");
  if (known.size() + given->size() > most_recipients) return refuse("more than 50 recipients");
  Json checked = Json::array();
  for (const Json& item : *given) {
    auto recipient = check_recipient(item, list, known);
    if (!recipient) return recipient;
    checked.push_back(*std::move(recipient));
  }
  return checked;
}

// A text of at most so many bytes; none where it is not asked for.
Result<std::string> check_text(const Json& body, std::string_view name, std::size_t most, bool required) {
  const Json* given = find(body, name);
  if (!required && (!given || given->is_null())) return std::string();
  auto text = given ? as_string(*given) : std::nullopt;
  if (!text || (required && trim(*text).empty())) return refuse(std::string(name) + " is missing");
  if (text->size() > most) return refuse(std::string(name) + " is too long");
  if (contains(*text, std::string_view("\0", 1)))
    return refuse(std::string(name) + " has a character that mail has not");
  return *std::move(text);
}

std::string text_in(const Json& object, std::string_view key) {
  return find_string(object, key).value_or("");
}

const Json& list_in(const Json& object, std::string_view key) {
  static const Json none = Json::array();
  const Json* list = find_array(object, key);
  return list ? *list : none;
}

// The thread that is answered, else a new one with the request's id.
std::string thread_of(const ActionQuery& query) {
  if (auto given = text_in(query.input, "thread_id"); !given.empty()) return given;
  std::string id = to_lower(query.id);
  id.erase(std::remove(id.begin(), id.end(), '-'), id.end());
  return id;
}

Json thread_row(const ActionQuery& query, UnixSeconds now) {
  const Json& first = list_in(query.input, "to").front();
  return JsonObject()
      .text("id", thread_of(query))
      .text("subject", text_in(query.input, "subject"))
      .text("contact_email", to_lower(text_in(first, "email")))
      .json("contact_name", text_or_null(text_in(first, "name")))
      .text("state", "open")
      .time("started_at", now)
      .time("last_message_at", now)
      .text("last_direction", "sent")
      .time("source_at", now)
      .take();
}

// The mail that this one answers; empty: none.
std::string answered(const ActionQuery& query) {
  const Json& ids = list_in(query.facts, "smtp_ids");
  return ids.empty() ? "" : as_string(ids.back()).value_or("");
}

// The whole row, so that each state of it can be written without reading it first.
JsonObject message_row(const ActionQuery& query, std::string_view state, UnixSeconds now) {
  JsonObject row;
  row.text("id", query.id)
      .text("thread_id", thread_of(query))
      .text("direction", "sent")
      .text("state", state)
      .time("sent_at", now)
      .json("in_reply_to", text_or_null(answered(query)))
      .text("from_email", text_in(query.ids, "sendgrid.from_email"))
      .json("from_name", text_or_null(text_in(query.ids, "sendgrid.from_name")))
      .json("to_emails", list_in(query.input, "to"))
      .json("cc_emails", list_in(query.input, "cc").empty() ? Json() : list_in(query.input, "cc"))
      .text("subject", text_in(query.input, "subject"))
      .text("body_text", text_in(query.input, "text"))
      .json("body_html", text_or_null(text_in(query.input, "html")))
      .json("sent_by", text_or_null(query.user_id))
      .time("source_at", now);
  return row;
}

std::vector<RowBatch> message_batch(JsonObject row) {
  std::vector<RowBatch> batches;
  batches.push_back({"email_messages", {row.take()}});
  return batches;
}

Json content_of(const ActionQuery& query) {
  Json content = Json::array();
  content.push_back(
      JsonObject().text("type", "text/plain").text("value", text_in(query.input, "text")).take());
  const std::string html = text_in(query.input, "html");
  if (!html.empty()) content.push_back(JsonObject().text("type", "text/html").text("value", html).take());
  return content;
}

Json sender_of(const ActionQuery& query) {
  JsonObject from;
  from.text("email", text_in(query.ids, "sendgrid.from_email"));
  const std::string name = text_in(query.ids, "sendgrid.from_name");
  if (!name.empty()) from.text("name", name);
  return from.take();
}

// So that the contact's mail program shows the answer below the question. Stored ids came from mail:
// what is not one word between brackets does not become a header.
Json thread_headers(const ActionQuery& query) {
  std::string chain;
  const Json& ids = list_in(query.facts, "smtp_ids");
  const std::size_t first = ids.size() > most_references ? ids.size() - most_references : 0;
  for (std::size_t i = first; i < ids.size(); ++i) {
    const std::string id = as_string(ids[i]).value_or("");
    const bool is_id =
        id.size() > 2 && id.front() == '<' && id.back() == '>' && is_one_line(id) && !contains(id, " ");
    if (is_id) chain += (chain.empty() ? "" : " ") + id;
  }
  if (chain.empty()) return Json();
  const std::size_t last = chain.rfind('<');
  return JsonObject().text("In-Reply-To", chain.substr(last)).text("References", chain).take();
}

Json personalization(const ActionQuery& query) {
  JsonObject envelope;
  envelope.json("to", list_in(query.input, "to"));
  if (!list_in(query.input, "cc").empty()) envelope.json("cc", list_in(query.input, "cc"));
  envelope.json("custom_args", JsonObject().text(own_id_argument, query.id).take());
  Json list = Json::array();
  list.push_back(envelope.take());
  return list;
}

HttpRequest send_request(const ActionQuery& query) {
  JsonObject mail;
  mail.json("personalizations", personalization(query))
      .json("from", sender_of(query))
      .text("subject", text_in(query.input, "subject"))
      .json("content", content_of(query));
  if (!query.signature.empty())
    mail.json("reply_to",
              JsonObject().text("email", reply_address(thread_of(query), query.signature, query.ids)).take());
  if (Json headers = thread_headers(query); !headers.is_null()) mail.json("headers", std::move(headers));
  HttpRequest request = api_request("/v3/mail/send", query.ids);
  request.method = "POST";
  request.headers.emplace_back("content-type", "application/json");
  request.body = dump(mail.take());
  return request;
}

}  // namespace

bool is_email_address(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at > 64 || text.size() > 254) return false;
  for (const std::string_view atom : split(text.substr(0, at), '.'))
    if (atom.empty() || !std::all_of(atom.begin(), atom.end(), is_atom)) return false;
  const auto labels = split(text.substr(at + 1), '.');
  return labels.size() >= 2 && std::all_of(labels.begin(), labels.end(), is_label);
}

Result<Json> check_email(const Json& body) {
  if (!body.is_object()) return refuse("not an object");
  for (const auto& [name, value] : body.items())
    if (std::find(members.begin(), members.end(), name) == members.end())
      return refuse("a member that is not known");
  std::vector<std::string> known;
  auto to = check_recipients(body, "to", known);
  if (!to) return to;
  if (to->empty()) return refuse("to is empty");
  JsonObject input;
  input.json("to", *std::move(to));
  if (const Json* given = find(body, "cc"); given && !given->is_null()) {
    auto cc = check_recipients(body, "cc", known);
    if (!cc) return cc;
    input.json("cc", *std::move(cc));
  }
  auto subject = check_text(body, "subject", longest_subject, true);
  if (!subject) return tl::unexpected<Error>(std::move(subject.error()));
  if (!is_one_line(*subject)) return refuse("the subject is not one line");
  const auto text = check_text(body, "text", longest_body, true);
  if (!text) return tl::unexpected<Error>(text.error());
  const auto html = check_text(body, "html", longest_body, false);
  if (!html) return tl::unexpected<Error>(html.error());
  const auto thread = check_text(body, "thread_id", thread_id_digits, false);
  if (!thread || (!thread->empty() && !is_thread_id(*thread)))
    return refuse("thread_id is not the id of a thread");
  input.text("subject", *subject).text("text", *text);
  if (!html->empty()) input.text("html", *html);
  if (!thread->empty()) input.text("thread_id", *thread);
  return input.take();
}

std::optional<Sign> sign_email(const ActionQuery& query) {
  if (text_in(query.ids, inbound_domain).empty()) return std::nullopt;
  return Sign{.algorithm = "hmac-sha256",
              .secret = std::string(thread_key),
              .message = thread_message(query.client_id, thread_of(query)),
              .captured = ""};
}

Result<ActionStart> start_email(const ActionQuery& query, UnixSeconds now) {
  const std::string from = text_in(query.ids, "sendgrid.from_email");
  if (!is_email_address(from) || !is_one_line(text_in(query.ids, "sendgrid.from_name")))
    return fail(ErrorKind::configuration, "email: sendgrid.from_email is missing, or is no address");
  const bool is_answer = !text_in(query.input, "thread_id").empty();
  if (is_answer && !find_object(query.facts, "thread")) return refuse("there is no such thread");
  ActionStart start{message_batch(message_row(query, "queued", now)), send_request(query)};
  if (!is_answer) start.batches.push_back({"email_threads", {thread_row(query, now)}});
  return start;
}

Result<ActionEnd> end_email(const ActionQuery& query, const HttpReply& reply, UnixSeconds now) {
  const std::string message_id = one_line(header(reply.headers, "x-message-id"));
  JsonObject row = message_row(query, "sent", now);
  row.json("message_id", text_or_null(message_id));
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
