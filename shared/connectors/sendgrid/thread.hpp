#pragma once
// The address that a reply comes back to, `reply+<thread>.<signature>@<inbound domain>`: who can name a
// thread so was given the address by us. Anybody may write there; nobody can make up another's.

#include <string>
#include <string_view>
#include <vector>

#include "shared/base/json.hpp"
#include "shared/base/time.hpp"
#include "shared/sync/effects.hpp"
#include "shared/sync/rows.hpp"

namespace wf::sendgrid {

inline constexpr std::string_view thread_key = "sendgrid.thread_key";
inline constexpr std::string_view inbound_domain = "sendgrid.inbound_domain";

// A thread's id: 32 hex digits. With 24 digits of signature the local part stays below the 64 bytes of
// RFC 5321, section 4.5.3.1.1.
inline constexpr std::size_t thread_id_digits = 32;
inline constexpr std::size_t signature_digits = 24;
bool is_thread_id(std::string_view text);

// What is signed.
std::string thread_message(std::string_view client_id, std::string_view thread_id);

// `signature`: hex, of which the address takes the first digits. The domain is `inbound_domain` of `ids`.
std::string reply_address(std::string_view thread_id, std::string_view signature, const Json& ids);

// `<thread>.<signature>` of an address of this shape and domain, in any case; empty: it is none. Whether
// it is genuine only the key tells.
std::string read_reply_address(std::string_view email, const Json& ids);
std::string_view thread_of_token(std::string_view token);

Verify token_check(std::string_view token, std::string_view client_id);

// A thread as its first mail makes it. `contact`: {"email","name"?}; `direction` of that mail.
void add_thread(std::vector<RowBatch>& batches, std::string_view id, std::string_view subject,
                const Json& contact, std::string_view direction, UnixSeconds at);

}  // namespace wf::sendgrid
