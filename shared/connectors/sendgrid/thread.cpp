#include "shared/connectors/sendgrid/thread.hpp"

#include <algorithm>

#include "shared/base/text.hpp"

namespace wf::sendgrid {
namespace {

constexpr std::string_view beginning = "reply+";

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string domain_of(const Json& ids) { return to_lower(find_string(ids, inbound_domain).value_or("")); }

}  // namespace

bool is_thread_id(std::string_view text) { return is_hex(text, thread_id_digits); }

std::string thread_message(std::string_view client_id, std::string_view thread_id) {
  return "email thread " + std::string(client_id) + " " + std::string(thread_id);
}

std::string reply_address(std::string_view thread_id, std::string_view signature, const Json& ids) {
  return std::string(beginning) + std::string(thread_id) + "." +
         std::string(signature.substr(0, signature_digits)) + "@" + domain_of(ids);
}

std::optional<ThreadToken> read_reply_address(std::string_view email, const Json& ids) {
  const std::string address = to_lower(trim(email));
  const std::string_view all = address;
  const std::string domain = domain_of(ids);
  const std::size_t at = all.rfind('@');
  if (domain.empty() || at == std::string_view::npos || all.substr(at + 1) != domain) return std::nullopt;
  if (!starts_with(all, beginning)) return std::nullopt;
  const std::string_view token = all.substr(beginning.size(), at - beginning.size());
  const std::size_t dot = token.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view thread_id = token.substr(0, dot);
  const std::string_view signature = token.substr(dot + 1);
  if (!is_thread_id(thread_id) || !is_hex(signature, signature_digits)) return std::nullopt;
  return ThreadToken{std::string(thread_id), std::string(signature)};
}

Verify token_check(const ThreadToken& token, std::string_view client_id) {
  return {"hmac-sha256-96",
          std::string(thread_key),
          thread_message(client_id, token.thread_id),
          "",
          {token.signature}};
}

}  // namespace wf::sendgrid
