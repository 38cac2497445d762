#include "shared/connectors/sendgrid/events.hpp"

#include <catch_amalgamated.hpp>

#include "shared/connectors/sendgrid/webhook.hpp"
#include "tests/shared/connectors/columns.hpp"
#include "tests/shared/connectors/sendgrid/fixtures.hpp"
#include "tests/shared/find_key.hpp"

using namespace wf;
using sendgrid_fixtures::json;
using sendgrid_fixtures::read;
using sendgrid_fixtures::received;

namespace {

constexpr std::int64_t now = 1'600'112'600;

Result<SignatureClaim> claim(const std::string& timestamp, const std::string& body,
                             const std::string& signature = "MEUC") {
  return sendgrid::webhook.claim({{"X-Twilio-Email-Event-Webhook-Signature", signature},
                                  {"x-twilio-email-event-webhook-timestamp", timestamp}},
                                 body, from_unix(now));
}

std::string refusal(const std::string& timestamp, const std::string& body = "[{}]\r\n",
                    const std::string& signature = "MEUC") {
  const auto made = claim(timestamp, body, signature);
  if (!made) return made.error().message;
  return made->untimely.empty() ? "accepted" : std::string(made->untimely);
}

std::vector<Json> rows_of(const std::string& body) {
  const auto delivery = sendgrid::parse_events(received(body));
  REQUIRE(delivery.has_value());
  REQUIRE(delivery->batches.size() == 1);
  CHECK(delivery->batches[0].table == "email_events");
  return delivery->batches[0].rows;
}

Json row_of(const std::string& members) {
  return rows_of(R"([{"event":"open","timestamp":1513299569,)" + members + "}]").front();
}

}  // namespace

TEST_CASE("what the vectors claim is what was sent", "[sendgrid][signature]") {
  const Json vectors = json(read("signature_vectors.json"));
  for (const Json& one : vectors["cases"]) {
    INFO(text_in(one, "name"));
    const auto made = claim(text_in(one, "timestamp"), text_in(one, "body_text"), text_in(one, "signature"));
    // What only the key can tell passes here.
    const bool readable = text_in(one, "timestamp") != "timestamp";
    CHECK(made.has_value() == readable);
    if (!made) continue;
    CHECK(made->prefix == text_in(one, "timestamp"));
    CHECK(made->signatures == std::vector<std::string>{text_in(one, "signature")});
    CHECK(made->secret == "sendgrid.webhook_public_key");
  }
}

TEST_CASE("claims that are none say why", "[sendgrid][signature]") {
  const auto at = [](std::int64_t secs) { return std::to_string(now + secs); };
  // Nothing fits it: it is refused, and counted, like a signature that is wrong.
  const auto without = claim(at(0), "[]", "");
  REQUIRE(without.has_value());
  CHECK(without->signatures.empty());
  for (const char* time : {"", "+1600112600", "-5", "16001126000000", "0x5f", "1600112600 1"})
    CHECK(refusal(time) == "event webhook: the timestamp is not a number of seconds");
  CHECK(refusal(at(-25 * 3600)) == "accepted");
  CHECK(refusal(at(-25 * 3600 - 1)) == "timestamp too old");
  CHECK(refusal(at(600)) == "accepted");
  CHECK(refusal(at(601)) == "timestamp in the future");
  // The same signed bytes with the border moved: nobody makes an old delivery new by that.
  CHECK(refusal("160011260", "0[{}]") == "timestamp too old");
  CHECK(refusal("16001126001", "[{}]") == "timestamp in the future");
}

TEST_CASE("a form is not taken for events, nor events for a form", "[sendgrid][signature]") {
  const Headers form{{"content-type", "multipart/form-data; boundary=xYzZY"}};
  const auto made = sendgrid::webhook.claim(form, "--xYzZY\r\n", from_unix(now));
  REQUIRE(made.has_value());
  CHECK(made->algorithm == "basic-auth");
  CHECK(made->secret == "sendgrid.inbound_password");
  CHECK(made->signatures.empty());
  const auto events = sendgrid::webhook.claim(form, "[{}]", from_unix(now));
  REQUIRE(events.has_value());
  CHECK(events->algorithm == "ecdsa-p256-sha256");
  for (const std::string_view secret : {made->secret, events->secret}) {
    REQUIRE(find_key(secret) != nullptr);
    CHECK_FALSE(find_key(secret)->when_refused.empty());  // by which the card knows of the webhook
  }
}

TEST_CASE("the bytes name the delivery", "[sendgrid][events]") {
  const auto key = [](const std::string& body) { return sendgrid::webhook.identify(body)->delivery_key; };
  // It is stored, and known again when the same bytes come again.
  CHECK(key("[]") == "events-4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945");
  CHECK(key("[]") != key("[]\r\n"));
  CHECK(sendgrid::webhook.identify(R"([{"event":"open"}])")->event_type == "open");
  CHECK(sendgrid::webhook.identify(read("event_batch_all_types.json"))->event_type == "batch");
  CHECK_FALSE(sendgrid::webhook.identify("{}").has_value());
  CHECK_FALSE(sendgrid::webhook.identify("[\"\xff\xfe\"]").has_value());
}

TEST_CASE("every documented type becomes a row with the table's columns", "[sendgrid][events]") {
  const auto rows = rows_of(read("event_batch_all_types.json"));
  REQUIRE(rows.size() == 11);
  const auto columns = columns::of_table("0011_sendgrid.sql", "email_events");
  for (const Json& row : rows) {
    CHECK(columns::of_row(row) == columns);
    CHECK(row["occurred_at"] == "2017-12-15T00:59:29Z");
    CHECK(row["source_at"] == row["occurred_at"]);
    CHECK(row["categories"] == json(R"(["cat facts"])"));
    CHECK(row["custom_args"].is_null());
  }
  CHECK(rows[1]["attempt"] == 5);
  CHECK(rows[4]["url"] == "http://www.sendgrid.com/");
  CHECK(rows[5]["reason"] == "500 unknown recipient");
  CHECK(rows[0]["smtp_id"] == "<14c5d75ce93.dfd.64b469@ismtpd-555>");
  CHECK(rows[9]["asm_group_id"] == 10);
}

TEST_CASE("copies of an event differ in nothing that is part of the key", "[sendgrid][events]") {
  Json first = row_of(R"("email":"A@Example.com","sg_event_id":"one","sg_message_id":"m.filter1")");
  Json second = row_of(R"("email":"a@example.com","sg_event_id":"two","sg_message_id":"m.filter2")");
  for (const char* column : {"message_id", "email", "event", "occurred_at", "url"})
    CHECK(first[column] == second[column]);
  CHECK(first["message_id"] == "m");
  CHECK(first["email"] == "a@example.com");
}

TEST_CASE("what has no column of its own is kept", "[sendgrid][events]") {
  const Json row = row_of(R"("email":"a@b.example","wf_message_id":"own","campaign":"spring","tls":1,
      "category":["a","b"],"sg_machine_open":true,"pool":{"id":7}})"
                          R"(,{"event":"open","timestamp":1513299570)");
  CHECK(row["own_message_id"] == "own");
  CHECK(row["categories"] == json(R"(["a","b"])"));
  CHECK(row["is_machine_open"] == true);
  CHECK(row["custom_args"] == json(R"({"campaign":"spring","tls":1,"pool":{"id":7}})"));
  CHECK(row["bounce_type"].is_null());
}

TEST_CASE("a soft refusal is told from a bounce", "[sendgrid][events]") {
  const auto bounce = [](const char* type) {
    return rows_of(std::string(R"([{"event":"bounce","timestamp":"1513299569","type":")") + type + R"("}])")
        .front()["bounce_type"];
  };
  CHECK(bounce("bounce") == "bounce");
  CHECK(bounce("blocked") == "blocked");
}

TEST_CASE("types that nobody knows, and an account's own, lose nothing", "[sendgrid][events]") {
  const auto rows = rows_of(
      R"([{"event":"account_status_change","type":"compliance_suspend","timestamp":1513299569},
          {"event":"teleported","timestamp":1513299569,"email":"a@b.example","where":"moon"}])");
  CHECK(rows[0]["message_id"] == "");
  CHECK(rows[0]["email"] == "");
  CHECK(rows[0]["custom_args"] == json(R"({"type":"compliance_suspend"})"));
  CHECK(rows[1]["event"] == "teleported");
  CHECK(rows[1]["custom_args"] == json(R"({"where":"moon"})"));
}

TEST_CASE("a member of the wrong type costs that member only", "[sendgrid][events]") {
  const Json row = row_of(R"("attempt":"many","sg_machine_open":"yes","ip":{"v":4},"category":5)");
  CHECK(row["attempt"].is_null());
  CHECK(row["ip"].is_null());
  CHECK(row["custom_args"]["attempt"] == "many");
  CHECK(row["custom_args"]["ip"] == json(R"({"v":4})"));
  CHECK(row["custom_args"]["category"] == 5);
}

TEST_CASE("what tells one event from another is no event in another type", "[sendgrid][events]") {
  for (const std::string member : {"email", "sg_message_id", "url"}) {
    const auto delivery =
        sendgrid::parse_events(received(R"([{"event":"open","timestamp":1513299569,")" + member +
                                        R"(":7},{"event":"open","timestamp":1513299569}])"));
    REQUIRE(delivery.has_value());
    CHECK(delivery->batches[0].rows.size() == 1);
    CHECK(delivery->left_out == "1 of 2 items cannot be read as events");
  }
}

TEST_CASE("an item that is no event does not stop the others, and is told", "[sendgrid][events]") {
  const auto delivery = sendgrid::parse_events(
      received(R"([7,{"event":"open"},{"timestamp":1},{"event":"open","timestamp":1513299569}])"));
  REQUIRE(delivery.has_value());
  CHECK(delivery->batches[0].rows.size() == 1);
  CHECK(delivery->left_out == "3 of 4 items cannot be read as events");
  CHECK_FALSE(sendgrid::parse_events(received("[7]")).has_value());
  const auto none = sendgrid::parse_events(received(read("event_batch_empty.json")));
  REQUIRE(none.has_value());
  CHECK(none->batches.empty());
  CHECK(none->event_at == from_unix(1'763'900'000));
}

TEST_CASE("U+0000, which the database does not store, is left out wherever it is", "[sendgrid][events]") {
  const Json row = row_of(R"("email":"a\u0000@b.example","useragent":"x\u0000y","k\u0000":["\u0000z"])");
  CHECK(row["email"] == "a@b.example");
  CHECK(row["user_agent"] == "xy");
  CHECK(row["custom_args"] == json(R"({"k":["z"]})"));
}
