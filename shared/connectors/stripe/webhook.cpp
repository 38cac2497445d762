#include "shared/connectors/stripe/webhook.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/stripe/objects.hpp"
#include "shared/connectors/stripe/requests.hpp"
#include "shared/sync/pages.hpp"

namespace wf::stripe {
namespace {

constexpr std::string_view who = "stripe events";
constexpr std::size_t longest_id = 200;
// A younger event may be on its way: it is not called missed yet.
constexpr std::chrono::minutes under_way{15};

// The events whose objects are stored, by request: `types` holds at most 20 names.
constexpr std::array<std::string_view, 3> wanted_types{
    "charge.captured charge.expired charge.failed charge.pending charge.refunded charge.succeeded "
    "charge.updated payment_intent.amount_capturable_updated payment_intent.canceled "
    "payment_intent.created payment_intent.partially_funded payment_intent.payment_failed "
    "payment_intent.processing payment_intent.requires_action payment_intent.succeeded "
    "payment_link.created payment_link.updated",

    "charge.dispute.closed charge.dispute.created charge.dispute.funds_reinstated "
    "charge.dispute.funds_withdrawn charge.dispute.updated charge.refund.updated refund.created "
    "refund.failed refund.updated payout.canceled payout.created payout.failed payout.paid "
    "payout.reconciliation_completed payout.updated checkout.session.async_payment_failed "
    "checkout.session.async_payment_succeeded checkout.session.completed checkout.session.expired",

    "invoice.created invoice.deleted invoice.finalization_failed invoice.finalized "
    "invoice.marked_uncollectible invoice.overdue invoice.overpaid invoice.paid "
    "invoice.payment_action_required invoice.payment_attempt_required invoice.payment_failed "
    "invoice.payment_succeeded invoice.sent invoice.updated invoice.voided invoice.will_be_due "
    "invoice_payment.paid"};

bool is_wanted(std::string_view type) {
  for (const std::string_view group : wanted_types)
    if (is_one_of(type, group)) return true;
  return false;
}

// It becomes part of an object key, so only what an id is made of.
bool is_id(std::string_view text) { return is_code(text, longest_id, "_-"); }

bool is_event(const Json& event) {
  const std::string_view object = find_text(event, "object");
  return object == "event" || object == "v2.core.event";
}

// Unix seconds; v2 events carry ISO 8601.
std::optional<UnixSeconds> created_at(const Json& event) {
  const Json* created = find(event, "created");
  if (!created) return std::nullopt;
  if (const auto text = text_of(*created); !text.empty() && !parse_int64(text)) return parse_time(text);
  const auto seconds = as_int64(*created);
  return seconds && *seconds >= 0 ? std::optional(from_unix(*seconds)) : std::nullopt;
}

// An id, or an expanded object's.
std::string id_in(const Json& object, std::string_view member) {
  const Json* found = find(object, member);
  if (!found) return "";
  const std::string_view id = found->is_object() ? find_text(*found, "id") : text_of(*found);
  return std::string(is_id(id) ? id : "");
}

// What changes without being carried by the event: a dispute's charge, that of a refund that
// did not succeed, a payment's invoice.
// https://docs.stripe.com/api/disputes/object, https://docs.stripe.com/api/invoice-payment/object
void add_changed_elsewhere(std::vector<ObjectRef>& stale, const Json& object) {
  const std::string_view type = find_text(object, "object");
  ObjectRef ref;
  const std::string_view status = find_text(object, "status");
  const bool given_back = type == "refund" && (status == "failed" || status == "canceled");
  if (type == "dispute" || given_back) ref = {std::string(charge.table), id_in(object, "charge")};
  if (type == "invoice_payment") ref = {std::string(invoice.table), id_in(object, "invoice")};
  if (!ref.id.empty()) stale.push_back(std::move(ref));
}

const Json* object_in(const Json& event) {
  const Json* data = find_object(event, "data");
  return data ? find_object(*data, "object") : nullptr;
}

const ObjectKind* kind_of(const Json& object) { return find_kind_of_object(find_text(object, "object")); }

// Types and objects that are not stored give an empty delivery, today's and tomorrow's alike.
Result<Delivery> read_event(const Json& event, UnixSeconds now) {
  if (!is_event(event)) return fail(ErrorKind::data, {who, ": not an event"});
  const auto created = created_at(event);
  if (!created) return fail(ErrorKind::data, {who, ": missing created"});
  // No later state of the object would ever count as newer.
  if (*created > now + std::chrono::days(1)) return fail(ErrorKind::data, {who, ": created in the future"});
  Delivery delivery{.event_at = *created};
  const Json* object = object_in(event);
  if (is_wanted(find_text(event, "type")) && !(object && !find_text(*object, "object").empty()))
    return fail(ErrorKind::data, {who, ": its object cannot be read"});
  // A preview of an invoice is none: it has no id. What names an account happened in a connected one, which
  // is another merchant's. https://docs.stripe.com/connect/webhooks
  if (!object || find_text(event, "type") == "invoice.upcoming" || !find_text(event, "account").empty())
    return delivery;
  add_changed_elsewhere(delivery.stale, *object);
  const ObjectKind* kind = kind_of(*object);
  if (!kind) return delivery;
  auto row = read_row(*kind, *object, *created);
  if (!row) return tl::unexpected<Error>(std::move(row.error()));
  if (is_whole(*kind, *object))
    add_row(delivery.batches, kind->table, *std::move(row));
  else
    delivery.stale.push_back({std::string(kind->table), id_in(*find(event, "data"), "object")});
  return delivery;
}

// Reconciliation: an event that cannot be read must not stop the others, so its object is asked for
// in the pinned version instead.
std::vector<ObjectRef> object_of(const Json& event) {
  const Json* object = object_in(event);
  const ObjectKind* kind = object ? kind_of(*object) : nullptr;
  const Json* id = kind ? find(*object, "id") : nullptr;
  if (!id || !id->is_string()) return {};
  return {{std::string(kind->table), text_in(*object, "id")}};
}

// Where in the list of events: which names were asked for, and after which event. A text is an event
// of the first ones: so it was when one request held them all.
struct EventsPosition {
  std::size_t group = 0;
  Json after;
  bool lost = false;  // an event of this scan could neither be read nor its object be fetched
};

EventsPosition read_position(const Json& position) {
  if (!position.is_object()) return {0, position};
  const auto group = find_int64(position, "group").value_or(0);
  const std::int64_t last = wanted_types.size() - 1;
  return {static_cast<std::size_t>(std::clamp<std::int64_t>(group, 0, last)), copy_of(position, "after"),
          is_true(position, "lost")};
}

Json to_json(EventsPosition position) {
  JsonObject json;
  json.number("group", static_cast<std::int64_t>(position.group)).json("after", std::move(position.after));
  if (position.lost) json.flag("lost", true);
  return json.take();
}

// False: it is lost.
bool add_event(Page& page, const Json& event, UnixSeconds source_at) {
  const std::string_view id = find_text(event, "id");
  const std::string_view type = find_text(event, "type");
  if (!is_id(id) || type.empty()) return false;
  if (!is_wanted(type)) return true;
  auto delivery = read_event(event, source_at);
  const auto stale = delivery ? std::move(delivery->stale) : object_of(event);
  // Of what can neither be read nor fetched nothing is settled by being listed.
  if (!delivery && stale.empty()) return false;
  if (find_int64(event, "created").value_or(0) <= to_unix(source_at - under_way))
    page.deliveries.push_back({std::string(id), std::string(type)});
  page.stale.insert(page.stale.end(), stale.begin(), stale.end());
  if (!delivery) return true;
  note_newest(page, delivery->event_at);
  note_oldest(page, delivery->event_at);
  append(page.batches, std::move(delivery->batches));
  return true;
}

}  // namespace

Result<Identity> identify_event(std::string_view body) {
  const auto event = parse_json(body, who);
  if (!event) return tl::unexpected<Error>(event.error());
  if (!is_event(*event)) return fail(ErrorKind::data, {who, ": not an event"});
  auto id = require_string(*event, "id", who);
  if (!id) return tl::unexpected<Error>(std::move(id.error()));
  if (!is_id(*id)) return fail(ErrorKind::data, {who, ": id is not an id"});
  auto type = require_string(*event, "type", who);
  if (!type) return tl::unexpected<Error>(std::move(type.error()));
  return Identity{*std::move(id), *std::move(type)};
}

Result<Delivery> parse_event(std::string_view body, UnixSeconds now) {
  const auto event = parse_json(body, who);
  if (!event) return tl::unexpected<Error>(event.error());
  return read_event(*event, now);
}

HttpRequest events_request(const Query& query) {
  const EventsPosition at = read_position(query.position);
  UrlBuilder url("/v1/events");
  add_page(url, at.after);
  add_window(url, query.window);
  for (const std::string_view type : split(wanted_types[at.group], ' ')) url.add("types[]", type);
  return get(url.take());
}

Result<Page> parse_events(const HttpReply& reply, const Query& query, UnixSeconds source_at) {
  auto list = read_list(reply, who);
  if (!list) return tl::unexpected<Error>(std::move(list.error()));
  Page page{.items = list->data.size()};
  const EventsPosition at = read_position(query.position);
  bool lost = at.lost;
  for (const Json& event : list->data)
    if (!add_event(page, event, source_at)) lost = true;
  if (list->next)
    page.next = to_json({at.group, *std::move(list->next), lost});
  else if (at.group + 1 < wanted_types.size())
    page.next = to_json({at.group + 1, nullptr, lost});
  if (lost) page.unavailable.emplace_back("events that cannot be read");
  return page;
}

constinit const Webhook webhook{.claim = read_signature,
                                .identify = identify_event,
                                .parse = [](const Received& r) { return parse_event(r.body, r.now); }};

}  // namespace wf::stripe
