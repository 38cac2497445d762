#include "edge-workers/replay/credentials.hpp"

#include "edge-workers/replay/hmac.hpp"
#include "edge-workers/replay/json_parts.hpp"
#include "edge-workers/replay/signing.hpp"
#include "shared/base/text.hpp"
#include "shared/domain/catalogue.hpp"

namespace wf::replay {

namespace {

constexpr std::int64_t early_secs = 60;
constexpr std::int64_t default_expires_secs = 300;
constexpr std::size_t short_digits = 24;  // of hmac-sha256-96

Json failed(std::string_view reason, std::string_view message, std::string_view name = "") {
  Json result = {{"failed", std::string(reason)}, {"message", std::string(message)}};
  if (!name.empty()) result["name"] = std::string(name);
  return result;
}

std::string placeholder(std::string_view name) { return "{{secret:" + std::string(name) + "}}"; }

// Everything that the host fills in.
std::string filled_texts(const Json& effect, const std::string& body) {
  std::string texts = text_in(effect, "url");
  for (const Json& header : effect.value("headers", Json::array())) texts += '\n' + dump(header);
  if (find_array(effect, "body_secrets") != nullptr) texts += '\n' + body;
  return texts;
}

}  // namespace

std::optional<std::string> Credentials::missing(const Json& effect, const std::string& body,
                                                UnixSeconds now) const {
  const std::string texts = filled_texts(effect, body);
  for (const Descriptor& service : catalogue()) {
    for (const CapturedKey& key : service.captured) {
      const std::string name(key.name);
      if (!contains(texts, placeholder(name))) continue;
      const auto kept = kept_.find(name);
      if (kept == kept_.end() || kept->second <= now) return name;
    }
  }
  return std::nullopt;
}

bool Credentials::holds(const Json& effect, UnixSeconds now) const {
  const Json capture = object_of(effect, "capture");
  const auto kept = kept_.find(text_in(capture, "name"));
  return !is_true(capture, "refresh") && kept != kept_.end() && kept->second > now;
}

Json Credentials::capture(const Json& effect, const std::string& reply, UnixSeconds now) {
  const Json capture = object_of(effect, "capture");
  const auto body = parse_json(reply, "token");
  if (!body) return failed("not_json", "the reply cannot be read");
  const auto value = find_string(*body, "access_token");
  if (!value) return failed("not_captured", "the reply has no access_token");
  keep(text_in(capture, "name"), find_int64(*body, "expires_in").value_or(default_expires_secs), now);
  return {{"captured", true}};
}

Json Credentials::sign(const Json& effect, UnixSeconds now) {
  const auto secret = secrets_.find(text_in(effect, "secret"));
  if (secret == secrets_.end())
    return failed("secret_missing", "not in the scenario", text_in(effect, "secret"));
  const std::string message = text_in(effect, "message");
  const std::string algorithm = text_in(effect, "algorithm");
  if (algorithm == "RS256" && !sign_rs256(secret->second, message))
    return failed("bad_key", "the key cannot be read");
  if (algorithm != "RS256" && algorithm != "hmac-sha256") return failed("unknown", "no such algorithm");
  if (find_object(effect, "capture") == nullptr) {
    if (algorithm != "hmac-sha256" || contains(message, "{{secret:"))
      return failed("secret_refused", "this signature stays in the host");
    return {{"signature", hmac_sha256_hex(secret->second, message)}};
  }
  const Json capture = object_of(effect, "capture");
  keep(text_in(capture, "name"), find_int64(capture, "expires_in_secs").value_or(default_expires_secs), now);
  return {{"captured", true}};
}

Json Credentials::verify(const Json& effect, const std::string& body, const std::string& password) const {
  const auto secret = secrets_.find(text_in(effect, "secret"));
  if (secret == secrets_.end()) return {{"valid", false}, {"secret_present", false}};
  const std::string algorithm = text_in(effect, "algorithm");
  if (algorithm == "basic-auth") return {{"valid", secret->second == password}, {"secret_present", true}};
  const std::string message = text_in(effect, "prefix") + body;
  const bool ecdsa = algorithm == "ecdsa-p256-sha256";
  std::string wanted = ecdsa ? "" : hmac_sha256_hex(secret->second, message);
  if (algorithm == "hmac-sha256-96") wanted.resize(short_digits);
  bool valid = false;
  for (const Json& item : effect.value("signatures", Json::array())) {
    const std::string signature = as_string(item).value_or("");
    valid = valid ||
            (ecdsa ? verify_ecdsa_p256(secret->second, message, signature) : to_lower(signature) == wanted);
  }
  return {{"valid", valid}, {"secret_present", true}};
}

void Credentials::keep(const std::string& name, std::int64_t expires_in_secs, UnixSeconds now) {
  kept_[name] = now + std::chrono::seconds(expires_in_secs - early_secs);
}

}  // namespace wf::replay
