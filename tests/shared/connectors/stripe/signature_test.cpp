#include <catch_amalgamated.hpp>
#include <set>

#include "shared/connectors/stripe/webhook.hpp"
#include "tests/shared/connectors/fixtures.hpp"
#include "tests/shared/find_key.hpp"

using namespace wf;
using fixtures::json;
using fixtures::read;
using wf::text_in;

namespace {

Result<SignatureClaim> claim(const std::string& header, std::int64_t now = 1'763'900'000) {
  return stripe::read_signature({{"content-type", "application/json"}, {"Stripe-Signature", header}}, "{}",
                                from_unix(now));
}

std::string refusal(const std::string& header) {
  const auto read = claim(header);
  if (!read) return read.error().message;
  return read->untimely.empty() ? "accepted" : std::string(read->untimely);
}

}  // namespace

TEST_CASE("the card says what to do about the secret that is claimed", "[stripe][signature]") {
  const auto read = claim("t=1763900000,v1=" + std::string(64, 'a'));
  REQUIRE(read.has_value());
  REQUIRE(find_key(read->secret) != nullptr);
  CHECK_FALSE(find_key(read->secret)->when_refused.empty());
}

TEST_CASE("the published vectors are read as far as no key is needed", "[stripe][signature]") {
  // What only the HMAC can tell passes here; the host refuses it.
  const std::set<std::string> for_the_host{"mismatch"};
  const Json vectors = json(read("signature_vectors.json"));
  for (const Json& one : vectors["cases"]) {
    const auto read_claim = claim(text_in(one, "header"), one["now"].get<std::int64_t>());
    const std::string reason = text_in(one, "reason");
    INFO(text_in(one, "name"));
    const bool accepted = read_claim.has_value() && read_claim->untimely.empty();
    CHECK(accepted == (one["expect"] == "accept" || for_the_host.contains(reason)));
  }
}

TEST_CASE("the claim keeps the time as it was written and every v1", "[stripe][signature]") {
  const auto read_claim = claim("t=1763900000,v1=aa,v0=bb, v1 = cc ,x,=,v1==dd");
  REQUIRE(read_claim.has_value());
  CHECK(read_claim->prefix == "1763900000.");
  CHECK(read_claim->signatures == std::vector<std::string>{"aa", "cc", "=dd"});
}

TEST_CASE("headers that claim nothing usable are refused with the reason", "[stripe][signature]") {
  CHECK(refusal("") == "Stripe-Signature: missing");
  CHECK(refusal("   ") == "Stripe-Signature: missing");
  CHECK(refusal("v1=aa") == "Stripe-Signature: no timestamp");
  CHECK(refusal("t=,v1=aa") == "Stripe-Signature: no timestamp");
  CHECK(refusal("t=12x,v1=aa") == "Stripe-Signature: no timestamp");
  CHECK(refusal("t=-1,v1=aa") == "Stripe-Signature: no timestamp");
  CHECK(refusal("t=99999999999999999999,v1=aa") == "Stripe-Signature: no timestamp");
  CHECK(refusal("t=9223372036854775807,v1=aa") == "timestamp in the future");
  CHECK(refusal("t=1763900000") == "Stripe-Signature: no v1 signature");
  CHECK(refusal("t=1763899699,v1=aa") == "timestamp too old");
  CHECK(refusal("t=1763900301,v1=aa") == "timestamp in the future");
  CHECK(refusal("t=1763900300,v1=aa") == "accepted");
}

TEST_CASE("a header sent twice is one claim, or none when the times differ", "[stripe][signature]") {
  CHECK(refusal("t=1763900000,v1=aa, t=1763900000,v1=bb") == "accepted");
  CHECK(refusal("t=1763900000,v1=aa, t=1763900001,v1=bb") == "Stripe-Signature: more than one timestamp");
  const auto both = stripe::read_signature(
      {{"stripe-signature", "t=1763900000,v1=aa"}, {"STRIPE-SIGNATURE", "t=1763900009,v1=bb"}}, "{}",
      from_unix(1'763'900'000));
  CHECK_FALSE(both.has_value());
}

TEST_CASE("a header of a thousand signatures costs nothing", "[stripe][signature]") {
  std::string header = "t=1763900000";
  for (int i = 0; i < 1000; ++i) header += ",v1=aa";
  CHECK(refusal(header) == "Stripe-Signature: too many signatures");
}
