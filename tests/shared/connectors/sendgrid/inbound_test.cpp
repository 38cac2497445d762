#include "shared/connectors/sendgrid/inbound.hpp"

#include <catch_amalgamated.hpp>

#include "shared/base/text.hpp"
#include "shared/connectors/sendgrid/thread.hpp"
#include "tests/shared/connectors/columns.hpp"
#include "tests/shared/connectors/sendgrid/fixtures.hpp"

using namespace wf;
using sendgrid_fixtures::client;
using sendgrid_fixtures::ids;
using sendgrid_fixtures::json;
using sendgrid_fixtures::read;
using sendgrid_fixtures::received;
using sendgrid_fixtures::thread_id;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string form(const Fields& fields, const std::string& boundary = "xYzZY") {
  std::string body;
  for (const auto& [name, value] : fields)
    body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value +
            "\r\n";
  return body + "--" + boundary + "--\r\n";
}

std::string mail_to(const std::string& address, const std::string& headers = "") {
  return form({{"headers", "Message-ID: <new@contact.example>\r\n" + headers},
               {"from", "Jo <jo@contact.example>"},
               {"to", address},
               {"subject", "Re: hello"},
               {"text", "yes"},
               {"envelope", R"({"to":[")" + address + R"("],"from":"jo@contact.example"})"}});
}

Delivery parse(const std::string& body, Json answers = Json::array()) {
  auto delivery = sendgrid::parse_inbound(received(body, std::move(answers)));
  INFO((delivery ? "" : delivery.error().message));
  REQUIRE(delivery.has_value());
  return *std::move(delivery);
}

Json message(const std::string& body, Json answers = Json::array()) {
  return parse(body, std::move(answers)).batches.front().rows.front();
}

// Local variables that the tests of threads share.
const std::string signature = std::string(24, 'a');
std::string reply_to() { return sendgrid::reply_address(thread_id, std::string(64, 'a'), ids()); }

bool is_auto(const std::string& headers) {
  return message(mail_to("x@in.example.com", headers))["is_auto_reply"] == true;
}

}  // namespace

TEST_CASE("the published sample of the default mode", "[sendgrid][inbound]") {
  const Json row = message(read("inbound_default.multipart.txt"));
  std::set<std::string> filled = columns::of_row(row);
  for (const std::string& column : filled)
    CHECK(columns::of_table("0011_sendgrid.sql", "email_messages").contains(column));
  CHECK(row["from_email"] == "test@example.com");
  CHECK(row["from_name"] == "Example User");
  CHECK(row["to_emails"] == json(R"([{"email":"inbound@inbound.example.com","name":null}])"));
  CHECK(row["subject"] == "Testing non-raw");
  CHECK(row["body_text"] == "Hello Twilio SendGrid!\n");
  CHECK(text_in(row, "body_html").find("<strong>") != std::string::npos);
  CHECK(row["spf"] == "pass");
  CHECK(row["dkim"] == "{@sendgrid.com : pass}");
  CHECK(row["attachments"].is_null());
  CHECK(row["is_auto_reply"] == false);
  // The mail's own date is years old: its arrival counts.
  CHECK(row["sent_at"] == "2025-11-23T12:13:20Z");
}

TEST_CASE("the published sample of the raw mode", "[sendgrid][inbound]") {
  const Json row = message(read("inbound_raw.multipart.txt"));
  CHECK(row["from_email"] == "test@example.com");
  CHECK(row["subject"] == "Testing with Request.bin");
  CHECK(row["body_text"] == "Hello Twilio SendGrid!\n");
  CHECK(text_in(row, "body_html").find("<strong>Hello") != std::string::npos);
}

TEST_CASE("line ends and the boundary do not change which mail it is", "[sendgrid][inbound]") {
  const Fields fields{{"from", "a@b.example"}, {"envelope", "{}"}, {"text", "--xYzZY?"}};
  const auto one = sendgrid::identify_inbound(form(fields));
  const auto other = sendgrid::identify_inbound(form(fields, "another"));
  REQUIRE(one.has_value());
  CHECK(one->delivery_key == other->delivery_key);
  CHECK(one->delivery_key.substr(0, 8) == "inbound-");
  CHECK(one->content_type == "multipart/form-data");
  CHECK(sendgrid::identify_inbound(form({{"from", "a@b.example"}, {"text", "x"}}))->delivery_key !=
        one->delivery_key);
  CHECK_FALSE(sendgrid::identify_inbound(form({{"text", "x"}})).has_value());
  CHECK_FALSE(sendgrid::identify_inbound(form(fields).substr(0, 90)).has_value());
}

TEST_CASE("a reply to a signed address asks for its signature and lands in its thread",
          "[sendgrid][inbound]") {
  CHECK(reply_to() == std::string("reply+") + thread_id + "." + signature + "@in.example.com");
  CHECK(reply_to().find('@') <= 64);
  const std::string body = mail_to(to_upper(reply_to()), "In-Reply-To: <other@thread>\r\n");
  const auto questions = sendgrid::inbound_questions(received(body));
  REQUIRE(questions.size() == 2);
  const auto* check = std::get_if<Verify>(&questions[0]);
  REQUIRE(check);
  CHECK(check->algorithm == "hmac-sha256-96");
  CHECK(check->secret == "sendgrid.thread_key");
  CHECK(check->prefix == std::string("email thread ") + client + " " + thread_id);
  CHECK(check->signatures == std::vector<std::string>{signature});
  const Delivery delivery =
      parse(body, json(R"([true, [{"thread_id":"other","smtp_id":"<other@thread>"}]])"));
  REQUIRE(delivery.batches.size() == 1);
  CHECK(delivery.batches[0].rows[0]["thread_id"] == thread_id);
}

TEST_CASE("an address whose signature is not ours counts as none", "[sendgrid][inbound]") {
  const std::string body = mail_to(reply_to(), "In-Reply-To: <a@b>\r\n");
  // As of an earlier key.
  CHECK(message(body, json(R"([false, [{"thread_id":"known","smtp_id":"<a@b>"}]])"))["thread_id"] == "known");
  const Delivery delivery = parse(body, json("[false, []]"));
  REQUIRE(delivery.batches.size() == 2);
  const Json& row = delivery.batches[0].rows[0];
  CHECK(row["thread_id"] != thread_id);
  CHECK(delivery.batches[1].table == "email_threads");
  CHECK(delivery.batches[1].rows[0]["id"] == row["thread_id"]);
  CHECK(delivery.batches[1].rows[0]["contact_email"] == "jo@contact.example");
  CHECK(sendgrid::is_thread_id(text_in(row, "thread_id")));
}

TEST_CASE("only addresses of this shape and this domain name a thread", "[sendgrid][inbound]") {
  const auto token = [](const std::string& email) { return sendgrid::read_reply_address(email, ids()); };
  CHECK(token(reply_to()) == std::string(thread_id) + "." + signature);
  CHECK(sendgrid::read_reply_address(reply_to(), Json::object()).empty());
  CHECK(token(std::string("reply+") + thread_id + "." + signature + "@evil.example").empty());
  CHECK(token(std::string("reply+") + thread_id + "@in.example.com").empty());
  CHECK(token(std::string("reply+") + thread_id + "." + signature + "a@in.example.com").empty());
  CHECK(token("reply+x." + signature + "@in.example.com").empty());
  CHECK(token("info@in.example.com").empty());
}

TEST_CASE("without a token the mails that it answers are looked up", "[sendgrid][inbound]") {
  const std::string body =
      mail_to("info@in.example.com", "In-Reply-To: <b@x>\r\nReferences: <a@x>\r\n <b@x>\r\n");
  const auto questions = sendgrid::inbound_questions(received(body));
  REQUIRE(questions.size() == 1);
  const auto* lookup = std::get_if<Lookup>(&questions[0]);
  REQUIRE(lookup);
  CHECK(lookup->table == "email_messages");
  CHECK(lookup->query ==
        "smtp_id=in.(%22%3Cb%40x%3E%22%2C%22%3Cb%40x%3E%22%2C%22%3Ca%40x%3E%22%2C%22%3Cnew%40contact.example%"
        "3E%22)"
        "&select=thread_id,smtp_id");
  const Json rows =
      json(R"([[{"thread_id":"far","smtp_id":"<a@x>"},{"thread_id":"near","smtp_id":"<b@x>"}]])");
  CHECK(message(body, rows)["thread_id"] == "near");
  CHECK(message(body, rows)["in_reply_to"] == "<b@x>");
  CHECK(message(body, rows)["smtp_id"] == "<new@contact.example>");
  CHECK(parse(body, json("[[]]")).batches.size() == 2);
}

TEST_CASE("a mail to two of our addresses comes twice, and is of one thread", "[sendgrid][inbound]") {
  const std::string body = mail_to("info@in.example.com");
  const auto questions = sendgrid::inbound_questions(received(body));
  REQUIRE(questions.size() == 1);
  CHECK(std::get<Lookup>(questions[0]).query ==
        "smtp_id=in.(%22%3Cnew%40contact.example%3E%22)&select=thread_id,smtp_id");
  const Delivery second = parse(body, json(R"([[{"thread_id":"first","smtp_id":"<new@contact.example>"}]])"));
  REQUIRE(second.batches.size() == 1);
  CHECK(second.batches[0].rows[0]["thread_id"] == "first");
  const std::string without_id = form({{"headers", "Subject: x\r\n"}, {"from", "a@b.example"}});
  CHECK(sendgrid::inbound_questions(received(without_id)).empty());
}

TEST_CASE("a chain of long ids makes no address that is too long", "[sendgrid][inbound]") {
  std::string chain = "References:";
  for (int i = 0; i < 20; ++i) chain += " <" + std::string(450, '%') + std::to_string(i) + "@x>\r\n";
  const auto questions = sendgrid::inbound_questions(received(mail_to("info@in.example.com", chain)));
  REQUIRE(questions.size() == 1);
  const auto& query = std::get<Lookup>(questions[0]).query;
  CHECK(query.size() < 7000);
  CHECK(query.find("19%40x") != std::string::npos);  // the nearest
}

TEST_CASE("mail that no human wrote is marked", "[sendgrid][inbound]") {
  CHECK(is_auto("Auto-Submitted: auto-replied\r\n"));
  CHECK(is_auto("Precedence: bulk\r\n"));
  CHECK(is_auto("X-Autoreply: yes\r\n"));
  CHECK_FALSE(is_auto("X-Auto-Response-Suppress: All\r\n"));  // a wish of its sender, who may be human
  CHECK_FALSE(is_auto("Auto-Submitted: no\r\n"));
  CHECK_FALSE(is_auto("Precedence: normal\r\n"));
  CHECK(message(form({{"from", "MAILER-DAEMON@x.example"},
                      {"envelope", R"({"to":["a@b"],"from":""})"}}))["is_auto_reply"] == true);
}

TEST_CASE("each field has its own charset", "[sendgrid][inbound]") {
  const Delivery delivery = parse(form({{"from", "J\xfcrgen <j@x.example>"},
                                        {"subject", "\x93gr\xfc\xdf\x94"},
                                        {"text", "\xc3\xbc"},
                                        {"html", "\xd0"},
                                        {"charsets", R"({"from":"iso-8859-1","subject":"windows-1252",
                                                         "text":"UTF-8","html":"koi8-r"})"}}));
  const Json& row = delivery.batches[0].rows[0];
  CHECK(row["from_name"] == "J\xC3\xBCrgen");
  CHECK(row["subject"] == "\xE2\x80\x9Cgr\xC3\xBC\xC3\x9F\xE2\x80\x9D");
  CHECK(row["body_text"] == "\xC3\xBC");
  CHECK(row["body_html"] == "\xEF\xBF\xBD");
  CHECK(delivery.left_out == "html is not in the charset koi8-r");
}

TEST_CASE("files are kept beside the mail under numbers, their names are told", "[sendgrid][inbound]") {
  const std::string body =
      "--b\r\nContent-Disposition: form-data; name=\"from\"\r\n\r\na@b.example\r\n"
      "--b\r\nContent-Disposition: form-data; name=\"attachment1\"; filename=\"../x.pdf\"\r\n"
      "Content-Type: application/pdf\r\n\r\n" +
      std::string("\0\r\n--\xff", 6) + "\r\n--b--\r\n";
  const Delivery delivery = parse(body);
  CHECK(delivery.batches[0].rows[0]["attachments"] ==
        json(R"([{"name":"x.pdf","content_type":"application/pdf",
      "bytes":6,"object_key":"webhooks/northwind-dental/sendgrid/key/1"}])"));
  REQUIRE(delivery.objects.size() == 1);
  CHECK(delivery.objects[0].key == "webhooks/northwind-dental/sendgrid/key/1");
  CHECK(delivery.objects[0].body == std::string("\0\r\n--\xff", 6));
  CHECK(delivery.objects[0].content_type == "application/octet-stream");
}

TEST_CASE("files without a name are files, and names are told as the form says them", "[sendgrid][inbound]") {
  const auto part = [](const std::string& disposition, const std::string& content) {
    return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
  };
  const std::string body = part("name=\"from\"", "a@b.example") + part("name=\"attachments\"", "2") +
                           part("name=\"attachment-info\"",
                                "{\"attachment1\":{\"filename\":\"Pr\u00FCfung.pdf\"},\"attachment2\":{"
                                "\"type\":\"text/calendar\"}}") +
                           part("name=\"attachment1\"; filename=\"Pr?fung.pdf\"", "x") +
                           part("name=\"attachment2\"", "BEGIN:VCALENDAR") + "--b--\r\n";
  const Json files = parse(body).batches[0].rows[0]["attachments"];
  REQUIRE(files.size() == 2);
  CHECK(files[0]["name"] == "Pr\u00FCfung.pdf");
  CHECK(files[1]["name"] == "unnamed");
  CHECK(files[1]["bytes"] == 15);
}

TEST_CASE("a sender that cannot be read is still somebody", "[sendgrid][inbound]") {
  CHECK(message(form({{"from", "nobody"}, {"envelope", R"({"from":"E@x.example"})"}}))["from_email"] ==
        "e@x.example");
  CHECK(message(form({{"from", ""}}))["from_email"] == "unknown@sender.invalid");
}
