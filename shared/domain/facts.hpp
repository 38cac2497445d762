#pragma once
// Facts are what happened, as the table `service_facts` keeps it: never a verdict. One row
// per service, stream and partition; stream "" is the service itself, "webhook" its webhook.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/json.hpp"
#include "shared/base/time.hpp"

namespace wf {

inline constexpr std::string_view service_stream = "";
inline constexpr std::string_view webhook_stream = "webhook";
inline constexpr std::string_view use_stream = "requests";  // what people ask of a service
// Of a sign-in that was looked at and does not end by itself. A later end has no text that the page can read.
inline constexpr UnixSeconds never_ends = end_of_9999;

struct StreamFacts {
  std::string stream;
  std::string partition{};  // "mobile https://example.com"; empty: the stream is whole
  bool enabled = true;
  std::optional<UnixSeconds> detected_at;

  std::optional<UnixSeconds> last_attempt_at;
  std::optional<UnixSeconds> last_success_at;
  std::optional<UnixSeconds> newest_row_at;

  std::optional<ErrorKind> failure_kind;
  std::string failure_message;
  std::optional<UnixSeconds> failed_at;
  std::int64_t failures = 0;  // in a row
  bool failure_final = false;
  std::optional<UnixSeconds> next_try_at;  // as planned when it failed

  std::optional<UnixSeconds> rate_limited_until;
  std::optional<Day> provisional_until;
  std::optional<std::int64_t> last_rows;       // of the last finished run
  std::optional<std::int64_t> usual_rows_min;  // unknown until learned
  std::optional<std::int64_t> run_rows;        // of the running run, so far
  std::optional<std::int64_t> progress_done;
  std::optional<std::int64_t> progress_total;
  std::optional<UnixSeconds> running_since;
  std::optional<UnixSeconds> credentials_expire_at;  // unknown, or never
  std::vector<std::string> unavailable{};            // what the provider does not give

  std::optional<UnixSeconds> last_event_at;
  std::optional<std::int64_t> usual_gap_secs;
  std::int64_t bad_signatures = 0;  // in a row, by the check of
  std::string refused_key;          // this key, by name
  std::optional<UnixSeconds> last_bad_signature_at;
  std::optional<UnixSeconds> reconciled_at;
  std::optional<std::int64_t> reconciled_missed;
};

struct ServiceFacts {
  std::string client_id;
  std::string service;
  bool enabled = true;
  std::vector<std::string> present_keys;
  std::string detection_problem;
  std::string unreadable{};                // why a row of it could not be read; empty: all could
  std::optional<UnixSeconds> detected_at;  // since when it may run: keys complete, settings readable
  std::optional<UnixSeconds> keys_since;   // since when its keys and settings are these
  std::optional<StreamFacts> webhook;
  std::vector<StreamFacts> streams;  // syncs and what people ask for, in the order of the rows
};

const StreamFacts* find_stream(const ServiceFacts& facts, std::string_view stream,
                               std::string_view partition = "");

// One row of service_facts, or the `facts` object that take_lease answers ({}: no facts
// yet). Unknown columns are ignored. Errors: data (a column of a wrong type).
Result<StreamFacts> read_stream_facts(const Json& row);

// Rows of service_facts as PostgREST gives them, of one or several workspaces, in any
// order: one ServiceFacts per (client_id, service), in order of first appearance. A row that cannot be
// read costs its service only (`unreadable`). Errors: data (no rows of this table).
Result<std::vector<ServiceFacts>> read_service_facts(const Json& rows);

}  // namespace wf
