#include "shared/connectors/stripe/webhook.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "shared/base/text.hpp"
#include "shared/connectors/stripe/objects.hpp"
#include "shared/connectors/stripe/requests.hpp"

namespace wf::stripe {
namespace {

constexpr std::string_view who = "stripe events";
constexpr std::size_t longest_id = 200;
constexpr std::array secrets{webhook_secret};

// The events whose objects are stored: exactly as many names as `types` may hold.
constexpr std::array<std::string_view, 20> wanted_types{"charge.captured",
                                                        "charge.expired",
                                                        "charge.failed",
                                                        "charge.pending",
                                                        "charge.refunded",
                                                        "charge.succeeded",
                                                        "charge.updated",
                                                        "charge.dispute.created",
                                                        "charge.dispute.updated",
                                                        "charge.dispute.closed",
                                                        "payment_intent.amount_capturable_updated",
                                                        "payment_intent.canceled",
                                                        "payment_intent.created",
                                                        "payment_intent.partially_funded",
                                                        "payment_intent.payment_failed",
                                                        "payment_intent.processing",
                                                        "payment_intent.requires_action",
                                                        "payment_intent.succeeded",
                                                        "payment_link.created",
                                                        "payment_link.updated"};

// It becomes part of an object key, so only what an id is made of.
bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= longest_id && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

bool is_event(const Json& event) {
  const auto object = find_string(event, "object");
  return object == "event" || object == "v2.core.event";
}

// Unix seconds; v2 events carry ISO 8601.
std::optional<UnixSeconds> created_at(const Json& event) {
  const Json* created = find(event, "created");
  if (!created) return std::nullopt;
  if (const auto text = as_string(*created); text && !parse_int64(*text)) return parse_time(*text);
  const auto seconds = as_int64(*created);
  return seconds ? std::optional(from_unix(*seconds)) : std::nullopt;
}

// A dispute changes its charge without carrying it. https://docs.stripe.com/api/disputes/object
std::vector<ObjectRef> changed_elsewhere(const Json& object) {
  if (find_string(object, "object") != "dispute") return {};
  const Json* charged = find(object, "charge");
  if (!charged) return {};
  const auto id = charged->is_object() ? find_string(*charged, "id") : as_string(*charged);
  if (!id || !is_id(*id)) return {};
  return {{std::string(charge.table), *id}};
}

// Types and objects that are not stored give an empty delivery, today's and tomorrow's alike.
Result<Delivery> read_event(const Json& event) {
  if (!is_event(event)) return fail(ErrorKind::data, std::string(who) + ": not an event");
  const auto created = created_at(event);
  if (!created) return fail(ErrorKind::data, std::string(who) + ": missing created");
  Delivery delivery{.event_at = *created};
  const Json* data = find_object(event, "data");
  const Json* object = data ? find_object(*data, "object") : nullptr;
  if (!object) return delivery;
  delivery.stale = changed_elsewhere(*object);
  const ObjectKind* kind = find_kind_of_object(find_string(*object, "object").value_or(""));
  if (!kind) return delivery;
  auto row = kind->row(*object, *created);
  if (!row) return tl::unexpected<Error>(std::move(row.error()));
  delivery.batches.push_back({std::string(kind->table), {*std::move(row)}});
  return delivery;
}

// Reconciliation: an event that cannot be read must not stop the others, so its object is asked for
// in the pinned version instead.
std::vector<ObjectRef> object_of(const Json& event) {
  const Json* data = find_object(event, "data");
  const Json* object = data ? find_object(*data, "object") : nullptr;
  if (!object) return {};
  const ObjectKind* kind = find_kind_of_object(find_string(*object, "object").value_or(""));
  const auto id = find_string(*object, "id");
  if (!kind || !id) return {};
  return {{std::string(kind->table), *id}};
}

void add_event(Page& page, const Json& event) {
  const auto id = find_string(event, "id");
  const auto type = find_string(event, "type");
  if (!id || !is_id(*id) || !type) return;
  if (std::find(wanted_types.begin(), wanted_types.end(), *type) == wanted_types.end()) return;
  page.deliveries.push_back({*id, *type});
  auto delivery = read_event(event);
  const auto stale = delivery ? std::move(delivery->stale) : object_of(event);
  page.stale.insert(page.stale.end(), stale.begin(), stale.end());
  if (!delivery) return;
  if (!page.newest || delivery->event_at > *page.newest) page.newest = delivery->event_at;
  if (!page.oldest || delivery->event_at < *page.oldest) page.oldest = delivery->event_at;
  for (RowBatch& batch : delivery->batches) {
    const auto same = std::find_if(page.batches.begin(), page.batches.end(),
                                   [&](const RowBatch& known) { return known.table == batch.table; });
    if (same == page.batches.end())
      page.batches.push_back(std::move(batch));
    else
      same->rows.push_back(std::move(batch.rows.front()));
  }
}

}  // namespace

Result<Identity> identify_event(std::string_view body) {
  const auto event = parse_json(body, who);
  if (!event) return tl::unexpected<Error>(event.error());
  if (!is_event(*event)) return fail(ErrorKind::data, std::string(who) + ": not an event");
  auto id = require_string(*event, "id", who);
  if (!id) return tl::unexpected<Error>(std::move(id.error()));
  if (!is_id(*id)) return fail(ErrorKind::data, std::string(who) + ": id is not an id");
  auto type = require_string(*event, "type", who);
  if (!type) return tl::unexpected<Error>(std::move(type.error()));
  return Identity{*std::move(id), *std::move(type)};
}

Result<Delivery> parse_event(std::string_view body) {
  const auto event = parse_json(body, who);
  if (!event) return tl::unexpected<Error>(event.error());
  return read_event(*event);
}

HttpRequest events_request(const Query& query) {
  UrlBuilder url = windowed_list_url("/v1/events", query);
  for (const std::string_view type : wanted_types) url.add("types[]", type);
  return get(url.take());
}

Result<Page> parse_events(const HttpReply& reply, const Query&, UnixSeconds) {
  auto list = read_list(reply, who);
  if (!list) return tl::unexpected<Error>(std::move(list.error()));
  Page page{.items = list->data.size(), .next = std::move(list->next)};
  for (const Json& event : list->data) add_event(page, event);
  return page;
}

constinit const Webhook webhook{.secrets = secrets,
                                .claim = read_signature,
                                .identify = identify_event,
                                .parse = [](const Received& received) { return parse_event(received.body); }};

}  // namespace wf::stripe
