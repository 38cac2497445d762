#pragma once
// Requests to GraphQL analytics, and what its errors mean: they come with HTTP 200 as well.
// https://developers.cloudflare.com/analytics/graphql-api/errors/

#include <optional>
#include <string>
#include <string_view>

#include "shared/connectors/cloudflare/windows.hpp"
#include "shared/sync/connector.hpp"

namespace wf::cloudflare {

// One node of the schema and how its groups become rows.
struct Dataset {
  std::string_view who;   // "cloudflare workers"
  std::string_view node;  // "workersInvocationsAdaptive"
  std::string_view table;
  std::string_view name_filter;  // "scriptName": one of the account's; empty: of a zone
  std::string_view fields;       // of one group
  std::string_view order;
  std::chrono::seconds unit;           // spans are whole hours or days
  std::chrono::seconds newest_length;  // of the first span
  Limits documented;
  // Rows of a reply's groups; `tag` is the account's or zone's id.
  Result<std::vector<Json>> (*rows)(const Json& groups, std::string_view tag, UnixSeconds source_at);
  std::string_view row_time;  // the column that says how new a row is

  bool of_zone() const { return name_filter.empty(); }
};

// Whose groups: an account's id and the name of one of its Workers or buckets, or a zone's id.
struct Subject {
  std::string tag;
  std::string name = {};
};

HttpRequest graphql_request(const Dataset& dataset, const Subject& subject, const Span& span,
                            std::int64_t page_size, bool with_limits);

enum class Complaint {
  other,           // wait and ask again
  too_old,         // the span begins before what is kept
  too_much,        // a smaller span may be answered
  page_too_large,  // fewer rows may be asked for at once
  limited,         // too many queries
  credentials,     // this token may not read this
  ours,            // the query itself is wrong
};

struct Refusal {
  Complaint complaint = Complaint::other;
  std::int64_t limit = 0;  // seconds of too_old, rows of page_too_large; 0: it was not said
};

// True when another query may be answered where this one was not.
bool can_ask_for_less(const Refusal& refusal);

// The first error that is about data; errors about `settings` are none, limits have a default.
std::optional<Refusal> read_refusal(const Json& body);

// The error of a refusal that no other span would avoid.
Error to_error(const Refusal& refusal, std::string_view who);

// What the account's settings say, where they say something.
Limits read_limits(const Json& scope, const Dataset& dataset);

}  // namespace wf::cloudflare
