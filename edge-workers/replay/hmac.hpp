#pragma once
// HMAC-SHA256 by OpenSSL, which stands for the Worker's WebCrypto here.

#include <string>
#include <string_view>

namespace wf::replay {

std::string hmac_sha256_hex(std::string_view key, std::string_view message);

}  // namespace wf::replay
