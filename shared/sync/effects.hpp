#pragma once
// What a flow asks the host to do, and what comes back. A flow never acts: it returns effects, the
// host runs them and hands their results in. The JSON forms are in docs/abi.md.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shared/base/json.hpp"
#include "shared/sync/http.hpp"

namespace wf {

struct PutObject {
  std::string key;
  std::string body = {};
  std::string content_type = "application/json";
  bool if_absent = false;  // an object that is already there stays as it is
  Json metadata = {};      // an object of short ASCII texts, 2 KB with their names; null: none
  bool as_given =
      false;  // in place of a body: the bytes of the reply that this answers, or that the host holds
};

struct GetObject {
  std::string key;
};

// True when any of the signatures is that of `prefix` + `body`. `hmac-sha256`: hex, either case;
// `hmac-sha256-96`: the first 24 digits of it, for what must fit into an address (RFC 2104, section 5);
// `ecdsa-p256-sha256`: base64 of DER, and the secret is a public key (base64 of SPKI). `basic-auth`:
// the secret is the password that came with this webhook, which the host keeps to itself; nothing is
// signed.
struct Verify {
  std::string algorithm;
  std::string secret;  // a name from the manifest, never a value
  std::string prefix;
  std::string body;
  std::vector<std::string> signatures;
  bool as_given = false;  // in place of a body: as in PutObject
};

// Signs `message`, whose placeholders may name secrets of the same service, and keeps what results
// under `captured`: for `RS256` (PKCS#8 PEM key) the message, a dot and the signature in base64url,
// which makes a JWT of its first two parts; for `hmac-sha256` the signature in hex. Without `captured`
// the signature is the result: only of `hmac-sha256`, and of a message without placeholders.
struct Sign {
  std::string algorithm;
  std::string secret;
  std::string message;
  std::string captured;
  std::int64_t expires_in_secs = 300;
};

struct Enqueue {
  Json message;
  std::int64_t delay_secs = 0;
};

struct Log {
  std::string_view level;  // "info", "warn" or "error"
  Json fields;
};

struct Respond {
  int status = 200;
  Headers headers;
  std::string body;
};

enum class Outcome { ok, retry };

struct Done {
  Outcome outcome = Outcome::ok;
  std::int64_t delay_secs = 0;
};

using Effect = std::variant<HttpRequest, PutObject, GetObject, Verify, Sign, Enqueue, Log, Respond, Done>;

struct Stored {
  bool stored = false;  // false: an object of that key was there already
};
struct FoundObject {
  std::string body;
  Json metadata = {};  // as it was put; null: none
};
struct NoObject {};
struct Verified {
  bool valid = false;
  bool secret_present = false;
};
struct Captured {};  // the value is kept by the host
struct Signed {
  std::string signature;  // in hex
};
struct Queued {};

// The effect could not be carried out. `reason` is the host's word (`timeout`, `network`,
// `too_large`, `secret_refused`, `secret_missing`, `not_captured`, `short_lived`, `not_json`, `bad_key`) or
// `malformed` for a result that cannot be read.
struct Failed {
  std::string reason;
  std::string message;
  std::string name = {};  // of the missing secret
};

using EffectResult =
    std::variant<HttpReply, Stored, FoundObject, NoObject, Verified, Captured, Signed, Queued, Failed>;

// The failure that names a secret which is not there; null: it is not that.
const Failed* missing_secret(const EffectResult& result);

// True for the kinds that the host answers.
bool expects_result(const Effect& effect);

}  // namespace wf
