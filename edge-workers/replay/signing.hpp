#pragma once
// Keys and signatures by OpenSSL, which stands for the Worker's WebCrypto here.

#include <optional>
#include <string>
#include <string_view>

namespace wf::replay {

// `pem`: a PKCS#8 private key, or "generated" for one that exists as long as this process. The
// message, a dot and the signature in base64url; none: the key cannot be read.
std::optional<std::string> sign_rs256(const std::string& pem, const std::string& message);

// With the private half of "generated-p256", which exists as long as this process: DER in base64.
std::optional<std::string> sign_ecdsa_p256(const std::string& message);

// `key`: SPKI in base64, or "generated-p256"; `signature`: DER in base64.
bool verify_ecdsa_p256(const std::string& key, const std::string& message, const std::string& signature);

}  // namespace wf::replay
