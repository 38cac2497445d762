#include "shared/connectors/sendgrid/events.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/sha256.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/columns.hpp"
#include "shared/connectors/sendgrid/texts.hpp"

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

enum class Kind : char { any = 'a', text = 't', integer = 'i', flag = 'f', list = 'l' };
constexpr std::string_view kinds = " any text integer flag list ";
constexpr ColumnTable<kinds> columns(R"(
event any
occurred_at any timestamp
email any
url text
sg_event_id text
sg_message_id text
smtp_id text smtp-id
own_message_id text wf_message_id
reason text
status text
response text
bounce_classification text
user_agent text useragent
ip text
attempt integer
asm_group_id integer
categories list category
is_machine_open flag sg_machine_open
)");
static_assert(own_id_argument == "wf_message_id");
constexpr Column bounce_type{"bounce_type", 't', Absent::null, "type"};

// The value as a column of that kind takes it; null: it does not.
Json taken(Json value, Kind kind) {
  if (kind == Kind::integer) {
    const auto number = as_int64(value);
    return number ? exact_integer(*number) : Json();
  }
  // A string or an array of strings. https://github.com/sendgrid/docs/issues/2862
  if (kind == Kind::list && value.is_string()) {
    Json list;
    list.push_back(std::move(value));
    return list;
  }
  const bool fits = kind == Kind::any || (kind == Kind::text && value.is_string()) ||
                    (kind == Kind::flag && value.is_boolean()) || (kind == Kind::list && value.is_array());
  return fits ? value : Json();
}

// One event on its way into a row: what is taken out of it has a column.
struct Reading {
  Json& event;
  JsonObject row = {};

  void take(const Column& column) {
    const Kind kind{column.type};
    Json value = taken(copy_of(event, column.place), kind);
    if (!value.is_null() || kind == Kind::any)
      event.get_ptr<Json::object_t*>()->erase(std::string(column.place));
    row.json(column.name, std::move(value));
  }
};

// What tells one event from another; of another type it is not one to be stored.
constexpr std::array<std::string_view, 3> identity{"email", "sg_message_id", "url"};

bool is_identified(const Json& event) {
  return std::all_of(identity.begin(), identity.end(), [&](std::string_view member) {
    const Json* value = find(event, member);
    return !value || value->is_string();
  });
}

std::optional<UnixSeconds> time_of(const Json& event) {
  const auto seconds = find_int64(event, "timestamp");
  if (!seconds || *seconds <= 0 || *seconds > to_unix(end_of_9999)) return std::nullopt;
  return from_unix(*seconds);
}

Json event_row(Json& event, std::string_view name, UnixSeconds at) {
  Reading reading{event};
  JsonObject& row = reading.row;
  const std::string email = to_lower(one_line(find_text(event, "email")));
  row.text("message_id", one_line(message_id_of(find_text(event, "sg_message_id"))));
  for (std::string_view rest = columns.text; !rest.empty();) reading.take(cut_column(rest));
  row.text("event", name).time("occurred_at", at).text("email", email);
  if (name == "bounce")
    reading.take(bounce_type);
  else
    row.json(bounce_type.name, Json());
  row.json("custom_args", event.empty() ? Json() : std::move(event)).time("source_at", at);
  return row.take();
}

std::string name_of(const Json& event) { return one_line(find_text(event, "event"), 100); }

Result<Json> read_batch(std::string_view body) {
  auto batch = parse_json(body, who);
  if (batch && !batch->is_array()) return fail(ErrorKind::data, {who, ": not an array"});
  return batch;
}

}  // namespace

Result<SignatureClaim> claim_events(const Headers& headers, UnixSeconds now) {
  const std::string_view timestamp = trim(header(headers, timestamp_header));
  const std::string_view signature = trim(header(headers, signature_header));
  SignatureClaim claim{"ecdsa-p256-sha256", public_key, std::string(timestamp), {}};
  // Signing is off at SendGrid: refused, and counted as a wrong signature is.
  if (signature.empty()) return claim;
  const auto seconds = timestamp.size() <= most_digits ? parse_int64(timestamp) : std::nullopt;
  if (!seconds || *seconds < 0)
    return fail(ErrorKind::data, {"event webhook: the timestamp is not a number of seconds"});
  // Time and body are signed without a mark between them. A digit that moved over it makes the time ten times
  // as large, or as small: it is refused for that.
  const std::int64_t age = to_unix(now) - *seconds;
  if (age > oldest_secs) claim.untimely = "timestamp too old";
  if (age < -newest_secs) claim.untimely = "timestamp in the future";
  claim.signatures.push_back(std::string(signature));
  return claim;
}

Result<Identity> identify_events(std::string_view body) {
  auto batch = read_batch(body);
  if (!batch) return tl::unexpected<Error>(std::move(batch.error()));
  return Identity{concat({"events-", sha256_hex(body)}),
                  batch->size() == 1 ? name_of(batch->front()) : "batch"};
}

Result<Delivery> parse_events(const Received& received) {
  auto batch = read_batch(received.body);
  if (!batch) return tl::unexpected<Error>(std::move(batch.error()));
  Delivery delivery{.event_at = batch->empty() ? received.now : UnixSeconds{}};
  std::size_t left_out = batch->size();
  for (Json& item : *batch->get_ptr<Json::array_t*>()) {
    const std::string name = name_of(item);
    const auto at = time_of(item);
    if (name.empty() || !at || !is_identified(item)) continue;
    delivery.event_at = std::max(delivery.event_at, *at);
    add_row(delivery.batches, "email_events", event_row(item, name, *at));
    --left_out;
  }
  if (left_out > 0 && delivery.batches.empty())
    return fail(ErrorKind::data, {who, ": no item can be read as an event"});
  if (left_out > 0) {
    delivery.lost_rows = true;
    delivery.left_out =
        concat({decimal(static_cast<std::int64_t>(left_out)), " of ",
                decimal(static_cast<std::int64_t>(batch->size())), " items cannot be read as events"});
  }
  return delivery;
}

std::string_view message_id_of(std::string_view sg_message_id) {
  return sg_message_id.substr(0, sg_message_id.find('.'));
}

}  // namespace wf::sendgrid
