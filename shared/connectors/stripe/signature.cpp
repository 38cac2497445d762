#include <cstdlib>

#include "shared/base/text.hpp"
#include "shared/connectors/stripe/webhook.hpp"

namespace wf::stripe {
namespace {

constexpr std::int64_t tolerance_secs = 300;
constexpr std::size_t most_signatures = 16;  // a rolled secret gives two

tl::unexpected<Error> refuse(std::string_view why) {
  return fail(ErrorKind::data, {"Stripe-Signature: ", why});
}

// A header that was sent twice arrives as one, joined by commas.
std::string joined_header(const Headers& headers) {
  std::string joined;
  for (const auto& [name, value] : headers)
    if (to_lower(name) == "stripe-signature") joined += (joined.empty() ? "" : ",") + value;
  return joined;
}

}  // namespace

Result<SignatureClaim> read_signature(const Headers& headers, std::string_view, UnixSeconds now) {
  const std::string text = joined_header(headers);
  if (trim(text).empty()) return refuse("missing");
  SignatureClaim claim{.algorithm = "hmac-sha256", .secret = webhook_secret};
  std::string_view timestamp;
  for (const std::string_view item : split(text, ',')) {
    const auto equals = item.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = trim(item.substr(0, equals));
    const std::string_view value = trim(item.substr(equals + 1));
    if (key == "v1") claim.signatures.emplace_back(value);
    if (key != "t") continue;
    // Two different times cannot both be the signed one.
    if (!timestamp.empty() && timestamp != value) return refuse("more than one timestamp");
    timestamp = value;
  }
  const auto seconds = parse_int64(timestamp);
  if (!seconds || *seconds < 0) return refuse("no timestamp");
  if (claim.signatures.empty()) return refuse("no v1 signature");
  if (claim.signatures.size() > most_signatures) return refuse("too many signatures");
  const std::int64_t now_secs = to_unix(now);
  if (*seconds < now_secs - tolerance_secs) claim.untimely = "timestamp too old";
  if (*seconds > now_secs + tolerance_secs) claim.untimely = "timestamp in the future";
  // As it was written: "+5" or "05" would be other signed bytes.
  claim.prefix = concat({timestamp, "."});
  return claim;
}

}  // namespace wf::stripe
