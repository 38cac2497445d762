#include "edge-workers/replay/signing.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>
#include <vector>

namespace wf::replay {

namespace {

using Key = std::shared_ptr<EVP_PKEY>;
using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
using Bytes = std::vector<unsigned char>;

const unsigned char* bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Key generated_key() {
  static const Key key(EVP_RSA_gen(2048), EVP_PKEY_free);
  return key;
}

Key generated_p256_key() {
  static const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  return key;
}

Key read_private_key(const std::string& pem) {
  if (pem == "generated") return generated_key();
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  return {PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
}

std::string base64(const Bytes& raw) {
  Bytes out(4 * ((raw.size() + 2) / 3) + 1);
  const int length = EVP_EncodeBlock(out.data(), raw.data(), static_cast<int>(raw.size()));
  return {out.begin(), out.begin() + length};
}

std::string base64url(const Bytes& raw) {
  std::string text;
  for (const char c : base64(raw))
    if (c != '=') text += c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

std::optional<Bytes> sign_sha256(const Key& key, const std::string& message) {
  const Digest digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::size_t length = 0;
  if (!key || EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(digest.get(), nullptr, &length, bytes(message), message.size()) != 1)
    return std::nullopt;
  Bytes signature(length);
  if (EVP_DigestSign(digest.get(), signature.data(), &length, bytes(message), message.size()) != 1)
    return std::nullopt;
  signature.resize(length);
  return signature;
}

// Empty when it is not base64.
Bytes from_base64(const std::string& text) {
  Bytes out(3 * (text.size() / 4) + 3);
  const int length = EVP_DecodeBlock(out.data(), bytes(text), static_cast<int>(text.size()));
  const auto padding = text.find('=');
  const std::size_t cut = padding == std::string::npos ? 0 : text.size() - padding;
  out.resize(length < 0 ? 0 : static_cast<std::size_t>(length) - cut);
  return out;
}

Key read_public_key(const std::string& key) {
  if (key == "generated-p256") return generated_p256_key();
  const Bytes der = from_base64(key);
  const unsigned char* at = der.data();
  return {d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())), EVP_PKEY_free};
}

}  // namespace

std::optional<std::string> sign_rs256(const std::string& pem, const std::string& message) {
  const auto signature = sign_sha256(read_private_key(pem), message);
  if (!signature) return std::nullopt;
  return message + '.' + base64url(*signature);
}

std::optional<std::string> sign_ecdsa_p256(const std::string& message) {
  const auto signature = sign_sha256(generated_p256_key(), message);
  if (!signature) return std::nullopt;
  return base64(*signature);
}

bool verify_ecdsa_p256(const std::string& key, const std::string& message, const std::string& signature) {
  const Bytes signed_by = from_base64(signature);
  const Key read = read_public_key(key);
  const Digest digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return read && !signed_by.empty() &&
         EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, read.get()) == 1 &&
         EVP_DigestVerify(digest.get(), signed_by.data(), signed_by.size(), bytes(message), message.size()) ==
             1;
}

}  // namespace wf::replay
