#include "shared/connectors/sendgrid/events.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "shared/base/sha256.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/sendgrid/texts.hpp"
#include "shared/sync/json_object.hpp"

namespace wf::sendgrid {
namespace {

constexpr std::string_view who = "sendgrid events";
constexpr std::string_view signature_header = "x-twilio-email-event-webhook-signature";
constexpr std::string_view timestamp_header = "x-twilio-email-event-webhook-timestamp";
// SendGrid tries for a day, and whether a retry is signed anew is not documented. What is replayed in
// this time finds its receipt, or its rows.
constexpr std::int64_t oldest_secs = 25 * 3600;
constexpr std::int64_t newest_secs = 600;
constexpr std::size_t most_digits = 11;
constexpr std::int64_t last_second_of_9999 = 253'402'300'799;

struct Column {
  std::string_view member;
  std::string_view column;
};
constexpr std::array texts{Column{"url", "url"},
                           Column{"sg_event_id", "sg_event_id"},
                           Column{"sg_message_id", "sg_message_id"},
                           Column{"smtp-id", "smtp_id"},
                           Column{own_id_argument, "own_message_id"},
                           Column{"reason", "reason"},
                           Column{"status", "status"},
                           Column{"response", "response"},
                           Column{"bounce_classification", "bounce_classification"},
                           Column{"useragent", "user_agent"},
                           Column{"ip", "ip"}};
constexpr std::array numbers{Column{"attempt", "attempt"}, Column{"asm_group_id", "asm_group_id"}};

tl::unexpected<Error> refuse(std::string_view why) {
  return fail(ErrorKind::data, "event webhook: " + std::string(why));
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.size() <= most_digits &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// One event on its way into a row: what is taken out of `rest` has a column.
struct Reading {
  Json rest;
  JsonObject row;

  void take(std::string_view member, std::string_view column, Json value) {
    if (!value.is_null()) rest.erase(std::string(member));
    row.json(column, std::move(value));
  }
};

// A string or an array of strings. https://github.com/sendgrid/docs/issues/2862
Json categories_of(const Json& event) {
  if (const auto one = find_string(event, "category")) {
    Json list = Json::array();
    list.push_back(Json(*one));
    return list;
  }
  const Json* many = find_array(event, "category");
  return many ? *many : Json();
}

std::optional<UnixSeconds> time_of(const Json& event) {
  const auto seconds = find_int64(event, "timestamp");
  if (!seconds || *seconds <= 0 || *seconds > last_second_of_9999) return std::nullopt;
  return from_unix(*seconds);
}

// None: it has no name or no time.
std::optional<Json> event_row(const Json& item) {
  const Json event = json_without_nul(item);
  const std::string name = one_line(find_string(event, "event").value_or(""), 100);
  const auto at = time_of(event);
  if (name.empty() || !at) return std::nullopt;
  Reading reading{event, {}};
  reading.take("event", "event", Json(name));
  reading.take("timestamp", "occurred_at", Json(format_time(*at)));
  reading.take("email", "email", Json(to_lower(one_line(find_string(event, "email").value_or("")))));
  const std::string sg_message_id = find_string(event, "sg_message_id").value_or("");
  reading.row.text("message_id", one_line(message_id_of(sg_message_id)));
  for (const auto& [member, column] : texts) {
    const auto text = find_string(event, member);
    reading.take(member, column, text ? Json(*text) : Json());
  }
  for (const auto& [member, column] : numbers) {
    const auto number = find_int64(event, member);
    reading.take(member, column, number ? exact_integer(*number) : Json());
  }
  reading.take("category", "categories", categories_of(event));
  const auto machine = find_bool(event, "sg_machine_open");
  reading.take("sg_machine_open", "is_machine_open", machine ? Json(*machine) : Json());
  const auto bounce = name == "bounce" ? find_string(event, "type") : std::nullopt;
  reading.take("type", "bounce_type", bounce ? Json(*bounce) : Json());
  reading.row.json("custom_args", reading.rest.empty() ? Json() : std::move(reading.rest));
  reading.row.time("source_at", *at);
  return reading.row.take();
}

Result<Json> read_batch(std::string_view body) {
  auto batch = parse_json(body, who);
  if (batch && !batch->is_array()) return fail(ErrorKind::data, std::string(who) + ": not an array");
  return batch;
}

}  // namespace

Result<SignatureClaim> claim_events(const Headers& headers, std::string_view body, UnixSeconds now) {
  const std::string_view timestamp = trim(header(headers, timestamp_header));
  const std::string_view signature = trim(header(headers, signature_header));
  if (signature.empty()) return refuse("no signature");
  if (!is_digits(timestamp)) return refuse("the timestamp is not a number of seconds");
  const std::int64_t age = to_unix(now) - parse_int64(timestamp).value_or(0);
  if (age > oldest_secs) return refuse("timestamp too old");
  if (age < -newest_secs) return refuse("timestamp in the future");
  // Time and body are signed without a mark between them: digits of one could be read as the other's.
  if (!starts_with(trim(body), "[")) return refuse("the body is not an array");
  return SignatureClaim{.algorithm = "ecdsa-p256-sha256",
                        .secret = public_key,
                        .prefix = std::string(timestamp),
                        .signatures = {std::string(signature)}};
}

Result<Identity> identify_events(std::string_view body) {
  const auto batch = read_batch(body);
  if (!batch) return tl::unexpected<Error>(batch.error());
  const std::string first = batch->empty() ? "" : find_string(batch->front(), "event").value_or("");
  return Identity{"events-" + sha256_hex(body), batch->size() == 1 ? one_line(first, 100) : "batch"};
}

Result<Delivery> parse_events(const Received& received) {
  const auto batch = read_batch(received.body);
  if (!batch) return tl::unexpected<Error>(batch.error());
  Delivery delivery{.event_at = batch->empty() ? received.now : UnixSeconds{}};
  RowBatch rows{"email_events", {}};
  for (const Json& item : *batch) {
    auto row = event_row(item);
    if (!row) continue;
    delivery.event_at = std::max(delivery.event_at, *time_of(item));
    rows.rows.push_back(*std::move(row));
  }
  const std::size_t left_out = batch->size() - rows.rows.size();
  if (left_out > 0 && rows.rows.empty())
    return fail(ErrorKind::data, std::string(who) + ": no event with a name and a time");
  if (left_out > 0)
    delivery.left_out = std::to_string(left_out) + " of " + std::to_string(batch->size()) +
                        " items are not events with a name and a time";
  if (!rows.rows.empty()) delivery.batches.push_back(std::move(rows));
  return delivery;
}

std::string_view message_id_of(std::string_view sg_message_id) {
  return sg_message_id.substr(0, sg_message_id.find('.'));
}

}  // namespace wf::sendgrid
