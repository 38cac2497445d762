#pragma once
// Stripe's objects as rows. Both shapes are read: an account's webhooks may be rendered in an older
// version than the one its lists are asked in.

#include <string_view>

#include "shared/sync/connector.hpp"

namespace wf::stripe {

struct ObjectKind {
  std::string_view object;  // Stripe's own word: "charge"
  std::string_view table;
  std::string_view path;  // of its list; one object is `path/id`
  std::string_view who;
  Result<Json> (*row)(const Json& object, UnixSeconds source_at);
};

const ObjectKind* find_kind_of_object(std::string_view object);
const ObjectKind* find_kind_of_table(std::string_view table);

extern const ObjectKind charge;
extern const ObjectKind payment_intent;
extern const ObjectKind payment_link;
extern const ObjectKind balance_transaction;

}  // namespace wf::stripe
