#include "shared/domain/facts.hpp"

#include <algorithm>
#include <utility>

namespace wf {

namespace {

constexpr std::string_view who = "service_facts";

// Reads columns of one row; the first that has a wrong type is the error of all.
class Columns {
 public:
  explicit Columns(const Json& row) : row_(row) {}

  void read(std::string_view column, std::string& out) { keep(allow_string(row_, column, who), out); }
  void read(std::string_view column, std::int64_t& out) { keep(allow_int64(row_, column, who), out); }
  void read(std::string_view column, std::optional<std::int64_t>& out) {
    if (const auto value = allow_int64(row_, column, who))
      out = *value;
    else
      refuse(value.error());
  }
  void read(std::string_view column, bool& out) {
    if (find(row_, column) != nullptr) keep(require_bool(row_, column, who), out);
  }
  void read(std::string_view column, std::optional<UnixSeconds>& out) { parsed(column, out, parse_time); }
  void read(std::string_view column, std::optional<Day>& out) { parsed(column, out, parse_day); }
  void read(std::string_view column, std::optional<ErrorKind>& out) { parsed(column, out, parse_error_kind); }
  void read(std::string_view column, std::vector<std::string>& out) {
    const Json* list = find(row_, column);
    if (list == nullptr) return;
    if (!list->is_array()) return refuse_column(column);
    for (const Json& item : *list) {
      const auto text = as_string(item);
      if (!text) return refuse_column(column);
      out.push_back(*text);
    }
  }

  const std::optional<Error>& error() const { return error_; }

 private:
  void refuse(Error error) {
    if (!error_) error_ = std::move(error);
  }
  void refuse_column(std::string_view column) {
    refuse({ErrorKind::data, std::string(who) + ": cannot read " + std::string(column)});
  }
  template <class T>
  void keep(const Result<std::optional<T>>& value, T& out) {
    if (!value) return refuse(value.error());
    if (*value) out = **value;
  }
  void keep(const Result<bool>& value, bool& out) {
    if (!value) return refuse(value.error());
    out = *value;
  }
  template <class T, class Parse>
  void parsed(std::string_view column, std::optional<T>& out, Parse parse) {
    const auto text = allow_string(row_, column, who);
    if (!text) return refuse(text.error());
    if (!*text) return;
    out = parse(**text);
    if (!out) refuse_column(column);
  }

  const Json& row_;
  std::optional<Error> error_;
};

Result<void> read_service_row(const Json& row, ServiceFacts& facts) {
  Columns columns(row);
  columns.read("enabled", facts.enabled);
  columns.read("present_keys", facts.present_keys);
  columns.read("detection_problem", facts.detection_problem);
  columns.read("detected_at", facts.detected_at);
  columns.read("keys_since", facts.keys_since);
  if (columns.error()) return tl::unexpected<Error>(*columns.error());
  return {};
}

ServiceFacts& facts_of(std::vector<ServiceFacts>& all, const std::string& client_id,
                       const std::string& service) {
  // Mostly the last: of many workspaces the rows come in order.
  const auto is_it = [&](const ServiceFacts& facts) {
    return facts.client_id == client_id && facts.service == service;
  };
  if (const auto found = std::find_if(all.rbegin(), all.rend(), is_it); found != all.rend()) return *found;
  all.push_back({.client_id = client_id, .service = service});
  return all.back();
}

Result<void> keep_row(const Json& row, ServiceFacts& facts) {
  auto stream = read_stream_facts(row);
  if (!stream) return tl::unexpected<Error>(stream.error());
  if (stream->stream == service_stream) return read_service_row(row, facts);
  if (stream->stream == webhook_stream)
    facts.webhook = std::move(*stream);
  else
    facts.streams.push_back(std::move(*stream));
  return {};
}

// A row that names no service is none of this table: nothing can be said of any card then.
Result<void> add_row(const Json& row, std::vector<ServiceFacts>& all) {
  const auto service = require_string(row, "service", who);
  if (!service) return tl::unexpected<Error>(service.error());
  ServiceFacts& facts = facts_of(all, text_in(row, "client_id"), *service);
  if (const auto kept = keep_row(row, facts); !kept) facts.unreadable = kept.error().message;
  return {};
}

}  // namespace

const StreamFacts* find_stream(const ServiceFacts& facts, std::string_view stream,
                               std::string_view partition) {
  for (const StreamFacts& candidate : facts.streams) {
    if (candidate.stream == stream && candidate.partition == partition) return &candidate;
  }
  return nullptr;
}

Result<StreamFacts> read_stream_facts(const Json& row) {
  if (!row.is_object()) return fail(ErrorKind::data, "service_facts: a row is not an object");
  StreamFacts facts;
  Columns columns(row);
  columns.read("stream", facts.stream);
  columns.read("partition", facts.partition);
  columns.read("enabled", facts.enabled);
  columns.read("detected_at", facts.detected_at);
  columns.read("last_attempt_at", facts.last_attempt_at);
  columns.read("last_success_at", facts.last_success_at);
  columns.read("newest_row_at", facts.newest_row_at);
  columns.read("failure_kind", facts.failure_kind);
  columns.read("failed_at", facts.failed_at);
  columns.read("failure_final", facts.failure_final);
  columns.read("rate_limited_until", facts.rate_limited_until);
  columns.read("provisional_until", facts.provisional_until);
  columns.read("last_rows", facts.last_rows);
  columns.read("usual_rows_min", facts.usual_rows_min);
  columns.read("running_since", facts.running_since);
  columns.read("credentials_expire_at", facts.credentials_expire_at);
  columns.read("unavailable", facts.unavailable);
  columns.read("last_event_at", facts.last_event_at);
  columns.read("bad_signatures", facts.bad_signatures);
  columns.read("last_bad_signature_at", facts.last_bad_signature_at);
  if (columns.error()) return tl::unexpected<Error>(*columns.error());
  // No badge rests on these: what cannot be read of them is not told.
  columns.read("failure_message", facts.failure_message);
  columns.read("failures", facts.failures);
  columns.read("next_try_at", facts.next_try_at);
  columns.read("run_rows", facts.run_rows);
  columns.read("progress_done", facts.progress_done);
  columns.read("progress_total", facts.progress_total);
  columns.read("usual_gap_secs", facts.usual_gap_secs);
  columns.read("refused_key", facts.refused_key);
  columns.read("reconciled_at", facts.reconciled_at);
  columns.read("reconciled_missed", facts.reconciled_missed);
  return facts;
}

Result<std::vector<ServiceFacts>> read_service_facts(const Json& rows) {
  if (!rows.is_array()) return fail(ErrorKind::data, "service_facts: the reply is not a list");
  std::vector<ServiceFacts> all;
  for (const Json& row : rows) {
    if (const auto added = add_row(row, all); !added) return tl::unexpected<Error>(added.error());
  }
  return all;
}

}  // namespace wf
