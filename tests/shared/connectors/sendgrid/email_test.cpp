#include "shared/connectors/sendgrid/email.hpp"

#include <catch_amalgamated.hpp>

#include "shared/base/text.hpp"
#include "shared/connectors/sendgrid/sendgrid.hpp"
#include "shared/sync/policy.hpp"
#include "tests/shared/connectors/columns.hpp"
#include "tests/shared/connectors/sendgrid/fixtures.hpp"

using namespace wf;
using sendgrid_fixtures::client;
using sendgrid_fixtures::ids;
using sendgrid_fixtures::json;
using sendgrid_fixtures::read;
using sendgrid_fixtures::thread_id;

namespace {

constexpr const char* request_id = "AAAAAAAA-bbbb-4ccc-8ddd-eeeeeeeeeeee";
constexpr const char* new_thread = "aaaaaaaabbbb4ccc8dddeeeeeeeeeeee";
const UnixSeconds now = from_unix(1'763'900'000);

std::string refusal(const std::string& body) {
  const auto checked = sendgrid::check_email(json(body));
  return checked ? "accepted" : checked.error().message;
}

std::string with(const std::string& members) {
  return R"({"to":[{"email":"jo@contact.example"}],"subject":"Hello","text":"Hi")" + members + "}";
}

ActionQuery query(const std::string& body = with("")) {
  const auto input = sendgrid::check_email(json(body));
  INFO((input ? "" : input.error().message));
  REQUIRE(input.has_value());
  return {.id = request_id,
          .workspace = "northwind-dental",
          .client_id = client,
          .user_id = "99999999-9999-4999-8999-999999999999",
          .ids = ids(),
          .input = *input,
          .facts = Json(),
          .signature = ""};
}

Json sent_body(const ActionQuery& asked) {
  const auto start = sendgrid::start_email(asked, now);
  REQUIRE(start.has_value());
  CHECK(start->call.body_secrets.empty());
  return json(start->call.body);
}

}  // namespace

TEST_CASE("what is asked for is checked member by member", "[sendgrid][email]") {
  CHECK(refusal(with("")) == "accepted");
  CHECK(refusal("[]") == "email: not an object");
  CHECK(refusal(with(R"(,"bcc":[])")) == "email: there is no member bcc");
  CHECK(refusal(R"({"to":[],"subject":"a","text":"b"})") == "email: to is empty");
  CHECK(refusal(R"({"subject":"a","text":"b"})") == "email: to is missing");
  for (const char* to : {R"("jo@x.example")", R"(["jo@x.example"])"})
    CHECK(refusal(R"({"to":)" + std::string(to) + R"(,"subject":"a","text":"b"})") ==
          "email: to is not a list of {email, name?}");
  CHECK(refusal(with(R"(,"cc":[{"email":"JO@contact.example"}])")) == "email: cc names somebody twice");
  CHECK(refusal(R"({"to":[{"email":"a@b.example"}],"subject":" ","text":"b"})") ==
        "email: subject is missing");
  CHECK(refusal(R"({"to":[{"email":"a@b.example"}],"subject":"a"})") == "email: text is missing");
  CHECK(refusal(with(R"(,"html":7)")) == "email: html is not a text");
  CHECK(refusal(with(R"(,"thread_id":"x")")) == "email: thread_id is not the id of a thread");
  CHECK(refusal(R"({"to":[{"email":"a@b.example"}],"subject":"a","text":")" + std::string(500'001, 'x') +
                R"("})") == "email: text is too long");
  std::string many = R"({"email":"x@y.example"})";
  for (int i = 0; i < 50; ++i) many += R"(,{"email":"x)" + std::to_string(i) + R"(@y.example"})";
  CHECK(refusal(R"({"to":[)" + many + R"(],"subject":"a","text":"b"})") == "email: more than 50 recipients");
}

TEST_CASE("no header can be smuggled in", "[sendgrid][email]") {
  CHECK(refusal(R"({"to":[{"email":"a@b.example"}],"subject":"a\r\nBcc: x","text":"b"})") ==
        "email: the subject is not one line");
  CHECK(refusal(R"({"to":[{"email":"a@b.example","name":"a\nBcc: x"}],"subject":"a","text":"b"})") ==
        "email: a name in to is not one line of text");
  CHECK(refusal(R"({"to":[{"email":"a@b.example\r\nBcc: x"}],"subject":"a","text":"b"})") ==
        "email: to has what is no email address");
  ActionQuery asked = query(with(std::string(R"(,"thread_id":")") + thread_id + "\""));
  asked.facts = json(R"({"thread":{"id":"x"},"smtp_ids":["<a@b>\r\nBcc: x","<ok@b>","<c d>"]})");
  CHECK(sent_body(asked)["headers"]["References"] == "<ok@b>");
  asked.ids["sendgrid.from_name"] = "a\r\nBcc: x";
  CHECK_FALSE(sendgrid::start_email(asked, now).has_value());
}

TEST_CASE("addresses", "[sendgrid][email]") {
  for (const char* good : {"a@b.example", "first.last+tag@sub.domain.example", "o'neil@x-y.example"})
    CHECK(sendgrid::is_email_address(good));
  for (const char* bad : {"", "a", "@b.example", "a@", "a@b", "a b@c.example", "a@b..example", ".a@b.example",
                          "a.@b.example", "a@-b.example", "<a@b.example>", "a@b.example,c@d.example",
                          "\xC3\xA9@b.example", "\"a\"@b.example", "a@[1.2.3.4]"})
    CHECK_FALSE(sendgrid::is_email_address(bad));
  CHECK_FALSE(sendgrid::is_email_address(std::string(65, 'a') + "@b.example"));
}

TEST_CASE("the intent is stored before the call: a thread and a message", "[sendgrid][email]") {
  const auto start = sendgrid::start_email(query(), now);
  REQUIRE(start.has_value());
  REQUIRE(start->batches.size() == 2);
  const Json& row = start->batches[0].rows[0];
  CHECK(start->batches[0].table == "email_messages");
  CHECK(row["id"] == request_id);
  CHECK(row["state"] == "queued");
  CHECK(row["thread_id"] == new_thread);
  CHECK(row["from_email"] == "hello@example.com");
  for (const std::string& column : columns::of_row(row))
    CHECK(columns::of_table("0011_sendgrid.sql", "email_messages").contains(column));
  CHECK(start->batches[1].rows[0]["id"] == new_thread);
  CHECK(start->batches[1].rows[0]["contact_email"] == "jo@contact.example");
  CHECK(start->call.method == "POST");
  CHECK(start->call.url == "https://api.sendgrid.com/v3/mail/send");
}

TEST_CASE("the mail as SendGrid gets it", "[sendgrid][email]") {
  ActionQuery asked = query(R"({"to":[{"email":"jo@contact.example","name":"Jo"}],
      "cc":[{"email":"c@contact.example"}],"subject":"Hello","text":"Hi","html":"<p>Hi</p>"})");
  const auto sign = sendgrid::sign_email(asked);
  REQUIRE(sign.has_value());
  CHECK(sign->captured.empty());
  CHECK(sign->secret == "sendgrid.thread_key");
  CHECK(sign->message == std::string("email thread ") + client + " " + new_thread);
  asked.facts = {{"receives", false}};  // no password: replies would be refused
  CHECK_FALSE(sendgrid::sign_email(asked));
  asked.facts["receives"] = true;
  CHECK(sendgrid::sign_email(asked));
  asked.signature = std::string(64, 'b');
  CHECK(sent_body(asked) == json(std::string(R"({
    "personalizations":[{"to":[{"email":"jo@contact.example","name":"Jo"}],
                         "cc":[{"email":"c@contact.example"}],
                         "custom_args":{"wf_message_id":")") +
                                 request_id + R"("}}],
    "from":{"email":"hello@example.com","name":"Northwind"},
    "reply_to":{"email":"reply+)" +
                                 new_thread + "." + std::string(24, 'b') + R"(@in.example.com"},
    "subject":"Hello",
    "content":[{"type":"text/plain","value":"Hi"},{"type":"text/html","value":"<p>Hi</p>"}]})"));
}

TEST_CASE("no part of a name is taken for an address", "[sendgrid][email]") {
  const Json sent = sent_body(query(R"({"to":[{"email":"jane@x.example","name":"Doe, Jane; Dr."}],
      "cc":[{"email":"c@x.example","name":"eve@evil.example, Jo"}],"subject":"a","text":"b"})"));
  const Json& envelope = sent["personalizations"][0];
  CHECK(envelope["to"] == json(R"([{"email":"jane@x.example","name":"Doe  Jane  Dr."}])"));
  CHECK(envelope["cc"][0]["name"] == "eve@evil.example  Jo");
}

TEST_CASE("without a domain for replies nothing is signed, and none are asked for", "[sendgrid][email]") {
  ActionQuery asked = query();
  asked.ids.erase("sendgrid.inbound_domain");
  CHECK_FALSE(sendgrid::sign_email(asked).has_value());
  CHECK_FALSE(sent_body(asked).contains("reply_to"));
}

TEST_CASE("an answer goes on in its thread", "[sendgrid][email]") {
  ActionQuery asked = query(with(std::string(R"(,"thread_id":")") + thread_id + "\""));
  asked.facts = json(R"({"thread":{"id":"x"},"smtp_ids":["<1@x>","<2@x>"]})");
  const auto start = sendgrid::start_email(asked, now);
  REQUIRE(start.has_value());
  CHECK(start->batches.size() == 1);
  CHECK(start->batches[0].rows[0]["thread_id"] == thread_id);
  CHECK(start->batches[0].rows[0]["in_reply_to"] == "<2@x>");
  CHECK(json(start->call.body)["headers"] == json(R"({"In-Reply-To":"<2@x>","References":"<1@x> <2@x>"})"));
  asked.facts = json(R"({"thread":null,"smtp_ids":[]})");
  const auto none = sendgrid::start_email(asked, now);
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().kind == ErrorKind::data);
}

TEST_CASE("nobody can send before it is said who", "[sendgrid][email]") {
  ActionQuery asked = query();
  const auto told = [&] {
    const auto start = sendgrid::start_email(asked, now);
    REQUIRE_FALSE(start.has_value());
    CHECK(start.error().kind == ErrorKind::configuration);
    return start.error().message;
  };
  asked.ids["sendgrid.from_email"] = "hello";
  CHECK(told() == "email: sendgrid.from_email is no address");
  asked.ids["sendgrid.from_email"] = "hello@example.com";
  for (const char* domain : {"https://in.example.com", "reply@in.example.com", "in example.com"}) {
    asked.ids["sendgrid.inbound_domain"] = domain;
    CHECK(told() == "email: sendgrid.inbound_domain is no domain");
  }
  // Of the key nothing is known here.
  asked.ids.erase("sendgrid.from_email");
  CHECK(told() == "email: sending needs sendgrid.api_key and sendgrid.from_email, which is missing");
}

TEST_CASE("a plan that is used up is no refused key", "[sendgrid][email]") {
  const auto said = [](const char* message, int status = 401) {
    const std::string body = R"({"errors":[{"message":")" + std::string(message) + R"(","field":null}]})";
    const EffectResult answer = HttpReply{status, {}, body};
    return classify(sendgrid::connector, "sendgrid email", answer, now).error;
  };
  CHECK(said("You have exceeded your messaging limits", 403).kind == ErrorKind::configuration);
  CHECK(said("access forbidden", 403).kind == ErrorKind::credentials);
  CHECK(said("Maximum credits exceeded").kind == ErrorKind::configuration);
  CHECK(said("Maximum credits exceeded").message ==
        "sendgrid email: answered 401: the plan's mails are used up");
  CHECK(said("authorization required").kind == ErrorKind::credentials);
}

TEST_CASE("202 makes it sent, with SendGrid's id", "[sendgrid][email]") {
  const auto end = sendgrid::end_email(query(), {202, {{"x-message-id", "Zq1T2mNoQ5e0f6yZs1kV5g"}}, ""}, now);
  REQUIRE(end.has_value());
  CHECK(end->status == 202);
  CHECK(end->answer == json(std::string(R"({"message_id":")") + request_id + R"(","thread_id":")" +
                            new_thread + R"(","state":"sent"})"));
  const Json& row = end->batches[0].rows[0];
  CHECK(row["state"] == "sent");
  CHECK(row["message_id"] == "Zq1T2mNoQ5e0f6yZs1kV5g");
  CHECK(row["body_text"] == "Hi");
}

TEST_CASE("any other success is not SendGrid's word that it took the mail", "[sendgrid][email]") {
  const Headers id{{"x-message-id", "Zq1T2mNoQ5e0f6yZs1kV5g"}};
  for (const HttpReply& reply : {HttpReply{200, {{"content-type", "text/html"}}, "<h1>Back soon</h1>"},
                                 HttpReply{200, id, ""}, HttpReply{202, {}, ""}}) {
    const auto end = sendgrid::end_email(query(), reply, now);
    REQUIRE_FALSE(end.has_value());
    CHECK(end.error().kind == ErrorKind::provider);
  }
  CHECK(sendgrid::email.unknown_when_refused);
}

TEST_CASE("silence leaves it unknown, a refusal makes it failed, and no key is told", "[sendgrid][email]") {
  const Error error{ErrorKind::provider, "sendgrid email: no answer in time, Bearer SG.abcdefghij.klmn"};
  const Json unknown = sendgrid::fail_email(query(), error, true, now)[0].rows[0];
  CHECK(unknown["state"] == "unknown");
  const Json failed = sendgrid::fail_email(query(), error, false, now)[0].rows[0];
  CHECK(failed["state"] == "failed");
  CHECK(text_in(failed, "failure_message").find("SG.abc") == std::string::npos);
  CHECK(text_in(failed, "failure_message").find("no answer in time") != std::string::npos);
}
