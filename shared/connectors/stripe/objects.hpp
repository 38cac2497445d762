#pragma once
// Stripe's objects as rows. Both shapes are read: an account's webhooks may be rendered in an older
// version than the one its lists are asked in.

#include <string_view>

#include "shared/connectors/row_reader.hpp"
#include "shared/sync/connector.hpp"

namespace wf::stripe {

struct ObjectKind {
  std::string_view object;  // Stripe's own word: "charge"
  std::string_view table;
  std::string_view path;  // of its list; one object is `path/id`
  std::string_view who;
  RowTable columns;
  // A member that comes only when asked for, hence never in an event; versions before it had the
  // other one instead.
  std::string_view expand = {};
  std::string_view before_expand = {};
};

const ObjectKind* find_kind_of_object(std::string_view object);
const ObjectKind* find_kind_of_table(std::string_view table);

Result<Json> read_row(const ObjectKind& kind, const Json& object, UnixSeconds source_at);
// Whether a row can be read from it without losing what is stored.
bool is_whole(const ObjectKind& kind, const Json& object);

extern const ObjectKind charge;
extern const ObjectKind payment_intent;
extern const ObjectKind payment_link;
extern const ObjectKind balance_transaction;
extern const ObjectKind payout;
extern const ObjectKind refund;
extern const ObjectKind dispute;
extern const ObjectKind checkout_session;
extern const ObjectKind invoice;

}  // namespace wf::stripe
