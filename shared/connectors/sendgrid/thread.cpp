#include "shared/connectors/sendgrid/thread.hpp"

#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"

namespace wf::sendgrid {
namespace {

constexpr std::string_view beginning = "reply+";

bool is_hex(std::string_view text, std::size_t digits) {
  for (const char c : text)
    if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) return false;
  return text.size() == digits;
}

}  // namespace

bool is_thread_id(std::string_view text) { return is_hex(text, thread_id_digits); }

std::string thread_message(std::string_view client_id, std::string_view thread_id) {
  return concat({"email thread ", client_id, " ", thread_id});
}

std::string reply_address(std::string_view thread_id, std::string_view signature, const Json& ids) {
  return concat({beginning, thread_id, ".", signature.substr(0, signature_digits), "@",
                 to_lower(find_text(ids, inbound_domain))});
}

std::string read_reply_address(std::string_view email, const Json& ids) {
  const std::string address = to_lower(trim(email));
  if (address.size() < beginning.size() + thread_id_digits + 1 + signature_digits) return {};
  const std::string_view token =
      std::string_view(address).substr(beginning.size(), thread_id_digits + 1 + signature_digits);
  const std::string_view thread_id = thread_of_token(token);
  const std::string_view signature = token.substr(thread_id_digits + 1);
  if (!is_thread_id(thread_id) || !is_hex(signature, signature_digits)) return {};
  if (find_text(ids, inbound_domain).empty() || address != reply_address(thread_id, signature, ids))
    return {};
  return std::string(token);
}

std::string_view thread_of_token(std::string_view token) { return token.substr(0, thread_id_digits); }

Verify token_check(std::string_view token, std::string_view client_id) {
  Verify check{
      "hmac-sha256-96", std::string(thread_key), thread_message(client_id, thread_of_token(token)), "", {}};
  check.signatures.push_back(std::string(token.substr(thread_id_digits + 1)));
  return check;
}

void add_thread(std::vector<RowBatch>& batches, std::string_view id, std::string_view subject,
                const Json& contact, std::string_view direction, UnixSeconds at) {
  add_row(batches, "email_threads",
          JsonObject()
              .text("id", id)
              .text_or_null("subject", subject)
              .text("contact_email", to_lower(find_text(contact, "email")))
              .text_or_null("contact_name", find_text(contact, "name"))
              .text("state", "open")
              .time("started_at", at)
              .time("last_message_at", at)
              .text("last_direction", direction)
              .time("source_at", at)
              .take());
}

}  // namespace wf::sendgrid
