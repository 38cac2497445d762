#pragma once
// Requests to GraphQL analytics, and what its errors mean: they come with HTTP 200 as well.
// https://developers.cloudflare.com/analytics/graphql-api/errors/

#include <string_view>

#include "shared/connectors/cloudflare/rows.hpp"
#include "shared/connectors/cloudflare/windows.hpp"
#include "shared/sync/connector.hpp"

namespace wf::cloudflare {

// One node of the schema and how its groups become rows.
struct Dataset {
  std::string_view who;    // "cloudflare workers"
  std::string_view node;   // "workersInvocationsAdaptive"
  std::string_view query;  // which groups of it, in which order, and what of each
  std::string_view table;
  const RowKind& rows;
  std::chrono::seconds unit;           // spans are whole hours or days
  std::chrono::seconds newest_length;  // of the first span
  Limits documented;
  bool of_zone = false;  // else of one of the account's Workers or buckets
};

// Whose groups: the account's id or the zone's.
std::string_view tag_of(const Dataset& dataset, const Query& query);
HttpRequest graphql_request(const Dataset& dataset, const Query& query, const Plan& plan);

enum class Complaint : std::uint8_t {
  none,
  other,           // wait and ask again
  too_old,         // the span begins before what is kept
  too_much,        // a smaller span may be answered
  page_too_large,  // fewer rows may be asked for at once
  limited,         // too many queries
  credentials,     // this token may not read this
  ours,            // the query itself is wrong
};

struct Refusal {
  Complaint complaint = Complaint::none;
  std::int64_t limit = 0;  // seconds of too_old, rows of page_too_large; 0: it was not said
};

// True when another query may be answered where this one was not.
bool can_ask_for_less(const Refusal& refusal);

// The first error that is about data; errors about `settings` are none, limits have a default.
Refusal read_refusal(const Json& body);

// The error of a refusal that no other span would avoid.
tl::unexpected<Error> to_error(Complaint complaint, std::string_view who);

// What the account's settings say, where they say something. `scope`: the account or zone, or null.
Limits read_limits(const Json* scope, const Dataset& dataset);

}  // namespace wf::cloudflare
