// Deliveries of several kinds on one path, what must be known before one can be read, and files that
// come with it: shown with SendGrid's, which have all of these.

#include <algorithm>
#include <catch_amalgamated.hpp>

#include "shared/connectors/sendgrid/thread.hpp"
#include "stripe_account.hpp"

using namespace fake;

namespace {

constexpr const char* thread = "0123456789abcdef0123456789abcdef";

Host mail_host() {
  Host host;
  host.service = "sendgrid";
  host.ids = {{"sendgrid.inbound_domain", "in.example.com"}};
  for (const char* secret : {"webhook_public_key", "inbound_password", "thread_key"})
    host.secrets[std::string("sendgrid.") + secret] = true;
  return host;
}

Json event(const wf::Headers& headers) {
  Json list = Json::array();
  for (const auto& [name, value] : headers) list.push_back(Json::array({name, value}));
  return {{"kind", "webhook"},
          {"service", "sendgrid"},
          {"workspace", "northwind-dental"},
          {"headers", list},
          {"body", 1}};
}

Json mail_event() { return event({{"content-type", "multipart/form-data; boundary=b"}}); }

std::string field(const std::string& disposition, const std::string& value) {
  return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + value + "\r\n";
}

std::string mail_to(const std::string& address, const std::string& headers = "") {
  return field("name=\"headers\"", headers) + field("name=\"from\"", "jo@contact.example") +
         field("name=\"envelope\"", R"({"to":[")" + address + R"("],"from":"jo@contact.example"})") +
         field("name=\"attachment1\"; filename=\"a.txt\"", "first") +
         field("name=\"attachment2\"; filename=\"b.txt\"", "second") + "--b--\r\n";
}

std::string reply_address() {
  return wf::sendgrid::reply_address(thread, std::string(64, 'a'),
                                     {{"sendgrid.inbound_domain", "in.example.com"}});
}

// Delivers a mail and takes it from the queue.
std::string deliver(Host& host, const std::string& body) {
  CHECK(host.run(mail_event(), body) == "ok");
  REQUIRE(status_of(host) == 200);
  return host.run_job(host.queue.front());
}

const Json& only_message(Host& host) {
  const auto& messages = host.database.rows["email_messages"];
  REQUIRE(messages.size() == 1);
  return messages.begin()->second;
}

}  // namespace

TEST_CASE("a mail that is taken up days after it came keeps its date", "[webhook]") {
  Host host = mail_host();
  CHECK(host.run(mail_event(), mail_to("x@in.example.com", "Date: Thu, 13 Nov 2025 09:00:00 +0000")) == "ok");
  Json message = host.queue.front();
  const bool says_when = GENERATE(true, false);
  if (says_when) message["received_at"] = "2025-11-13T09:00:05.123+00:00";
  CHECK(host.run_job(message) == "ok");
  CHECK(text_in(only_message(host), "sent_at").substr(0, 10) == (says_when ? "2025-11-13" : "2025-11-23"));
}

TEST_CASE("each kind of delivery names its own proof", "[webhook]") {
  Host host = mail_host();
  host.run(mail_event(), mail_to("x@in.example.com"));
  host.run(event({{"x-twilio-email-event-webhook-signature", "MEUC"},
                  {"x-twilio-email-event-webhook-timestamp", "1763900000"}}),
           "[]");
  std::vector<std::string> proofs;
  for (const Json& effect : host.seen)
    if (effect["kind"] == "verify")
      proofs.push_back(text_in(effect, "algorithm") + " " + text_in(effect, "secret"));
  CHECK(proofs == std::vector<std::string>{"basic-auth sendgrid.inbound_password",
                                           "ecdsa-p256-sha256 sendgrid.webhook_public_key"});
}

TEST_CASE("the bytes are kept as what they are", "[webhook]") {
  Host host = mail_host();
  host.run(mail_event(), mail_to("x@in.example.com"));
  const auto put = std::find_if(host.seen.begin(), host.seen.end(),
                                [](const Json& effect) { return effect["kind"] == "put_object"; });
  REQUIRE(put != host.seen.end());
  CHECK((*put)["content_type"] == "multipart/form-data");
}

TEST_CASE("a question is answered before the delivery is read", "[delivery]") {
  Host host = mail_host();
  SECTION("a genuine token") {
    CHECK(deliver(host, mail_to(reply_address())) == "ok");
    CHECK(only_message(host)["thread_id"] == thread);
  }
  SECTION("a forged one") {
    host.run(mail_event(), mail_to(reply_address()));
    host.signature_valid = false;
    CHECK(host.run_job(host.queue.front()) == "ok");
    CHECK(only_message(host)["thread_id"] != thread);
  }
  SECTION("a workspace that signs nothing") {
    host.secrets["sendgrid.thread_key"] = false;
    CHECK(deliver(host, mail_to(reply_address())) == "ok");
    CHECK(only_message(host)["thread_id"] != thread);
  }
}

TEST_CASE("rows are looked up in this workspace alone", "[delivery]") {
  Host host = mail_host();
  std::string asked;
  host.rows = [&](const std::string& path) {
    asked = path;
    return Reply{200, R"([{"thread_id":"known","smtp_id":"<a@b>"}])"};
  };
  CHECK(deliver(host, mail_to("x@in.example.com", "In-Reply-To: <a@b>")) == "ok");
  CHECK(asked.rfind("email_messages?client_id=eq.11111111-1111-4111-8111-111111111111&smtp_id=in.", 0) == 0);
  CHECK(only_message(host)["thread_id"] == "known");
}

TEST_CASE("a question without an answer is asked again; one that is refused ends the delivery",
          "[delivery]") {
  Host host = mail_host();
  int status = 503;
  host.rows = [&](const std::string&) { return Reply{status, "{}"}; };
  CHECK(deliver(host, mail_to("x@in.example.com", "In-Reply-To: <a@b>")) == "retry");
  CHECK(host.database.receipts.begin()->second["state"] == "received");
  CHECK(host.database.rows.empty());
  status = 400;
  CHECK(host.run_job(host.queue.front()) == "ok");
  CHECK(host.database.receipts.begin()->second["state"] == "failed");
}

TEST_CASE("files are kept before the rows that name them", "[delivery]") {
  Host host = mail_host();
  const std::string folder = [&] {
    host.run(mail_event(), mail_to(reply_address()));
    return text_in(host.queue.front(), "object_key");
  }();
  bool broken = true;
  host.fault = [&](const Json& effect) {
    return broken && effect["kind"] == "put_object" ? json(R"({"failed":"network","message":""})") : Json();
  };
  CHECK(host.run_job(host.queue.front()) == "retry");
  CHECK(host.database.rows.empty());
  broken = false;
  CHECK(host.run_job(host.queue.front()) == "ok");
  CHECK(host.objects.at(folder + "/1") == "first");
  CHECK(host.objects.at(folder + "/2") == "second");
  CHECK(only_message(host)["attachments"].size() == 2);
}

TEST_CASE("a delivery with questions and files killed at any effect ends in the same row", "[delivery]") {
  for (const bool before : {true, false})
    for (int cut = 1; cut <= 5; ++cut) {
      Host host = mail_host();
      host.run(mail_event(), mail_to(reply_address()));
      host.death = Death{host.effects + cut, before};
      host.run_job(host.queue.front());
      host.queue.clear();
      INFO("cut " << cut << (before ? " before" : " after"));
      CHECK(host.died);
      host.work_until_quiet();
      CHECK(only_message(host)["thread_id"] == thread);
      CHECK(host.objects.size() == 3);
    }
}

TEST_CASE("what of a delivery could not be read is said, and the rest applied", "[delivery]") {
  Host host = mail_host();
  host.run(event({{"x-twilio-email-event-webhook-signature", "MEUC"},
                  {"x-twilio-email-event-webhook-timestamp", "1763900000"}}),
           R"([7,{"event":"open","timestamp":1763900000,"id":"x"}])");
  CHECK(host.run_job(host.queue.front()) == "ok");
  CHECK(host.database.rows["email_events"].size() == 1);
  REQUIRE_FALSE(host.logs.empty());
  CHECK(host.logs.back()["what"] == "delivery read in part");
  CHECK(host.database.receipts.begin()->second["state"] == "applied");
}
