// Whatever bytes a provider or a stranger sends: the connector reads them or refuses them, in bounds, and
// what it makes of them the database can take. One input is given to all readers of first pages, refusals and
// deliveries of the service that WF_FUZZ_SERVICE names; its first line is the delivery's signature, too.
// https://llvm.org/docs/LibFuzzer.html
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "shared/base/text.hpp"
#include "shared/connectors/registry.hpp"

namespace {

using namespace wf;

const UnixSeconds now = *parse_time("2026-11-23T12:00:00Z");
const std::string client = "11111111-1111-4111-8111-111111111111";

void demand(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

// As they are sent: JSON, which is UTF-8.
void check_rows(const std::vector<RowBatch>& batches) {
  for (const RowBatch& batch : batches) {
    demand(!batch.table.empty(), "rows of no table");
    for (const Json& row : batch.rows) demand(parse_json(dump(row), "row").has_value(), dump(row));
    if (!batch.text.empty())
      demand(parse_json(concat({"[", batch.text, "]"}), "rows").has_value(), batch.text);
  }
}

// People read it.
void check_error(const Error& error) {
  demand(parse_json(dump(Json(error.message)), "error").has_value(), "a message that is no text");
}

Json account_ids() {
  return {{"google_ads.customer_id", "1234567890"},
          {"search_console.site_url", "https://www.example.com/"},
          {"openai.model", "gpt-5.4-mini"},
          {"sendgrid.inbound_domain", "parse.example.com"}};
}

void read_pages(const Connector& connector, const std::string& body) {
  const HttpReply refusal{400, {}, body};
  if (connector.explain) check_error(connector.explain(refusal, {{ErrorKind::ours, "who: answered"}}).error);
  const HttpReply reply{200, {{"content-type", "application/json"}}, body};
  const Query query{{now - std::chrono::days(2), now}, "1234567890", account_ids(), nullptr, client};
  for (const Stream& stream : connector.streams) {
    const auto page = stream.parse(reply, query, now);
    if (page)
      check_rows(page->batches);
    else
      check_error(page.error());
  }
}

Json answer_to(const Question& question, bool proven) {
  return std::holds_alternative<Verify>(question) ? Json(proven) : Json::array();
}

void read_delivery(const Webhook& webhook, const std::string& body, const std::string& signature) {
  const Headers headers{{"stripe-signature", signature},
                        {"x-twilio-email-event-webhook-signature", signature},
                        {"x-twilio-email-event-webhook-timestamp", signature},
                        {"content-type", signature}};
  if (const auto claim = webhook.claim(headers, body, now); !claim) check_error(claim.error());
  if (const auto identity = webhook.identify(body); !identity) check_error(identity.error());
  for (const bool proven : {false, true}) {
    Received received{body, client, "webhooks/key", account_ids(), Json::array(), now};
    if (webhook.questions)
      for (const Question& question : webhook.questions(received))
        received.answers.push_back(answer_to(question, proven));
    const auto delivery = webhook.parse(received);
    if (delivery)
      check_rows(delivery->batches);
    else
      check_error(delivery.error());
  }
}

const Connector& chosen_connector() {
  const char* service = std::getenv("WF_FUZZ_SERVICE");
  const Connector* connector = find_connector(connectors(), service ? service : "");
  demand(connector != nullptr, "WF_FUZZ_SERVICE names no service");
  return *connector;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Connector& connector = chosen_connector();
  const std::string body(reinterpret_cast<const char*>(data), size);
  read_pages(connector, body);
  if (connector.webhook) read_delivery(*connector.webhook, body, body.substr(0, body.find('\n')));
  return 0;
}
