#include "shared/connectors/supabase/supabase.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/supabase/probes.hpp"

namespace wf::supabase {
namespace {

// Counting reads an index of every table.
using CountEvery = std::chrono::duration<int, std::ratio<6 * 3600>>;

// The connector's position: which probe.
std::size_t read_step(const Json& position) {
  const auto number = find_int64(position, "probe").value_or(0);
  const auto last = static_cast<std::int64_t>(probes().size()) - 1;
  return static_cast<std::size_t>(std::clamp<std::int64_t>(number, 0, last));
}

// Where a workspace's six hours begin: all at once would keep the database from everything else.
std::chrono::seconds own_start(std::string_view client_id) {
  unsigned of = 0;
  for (const char c : client_id) of = of * 31 + static_cast<unsigned char>(c);
  return std::chrono::seconds(of % static_cast<unsigned>(std::chrono::seconds(CountEvery(1)).count()));
}

// With the first probe of its sixth hour that reaches the end, however late it is, and with the very first.
bool is_time_to_count(const Query& query) {
  const auto start = own_start(query.client_id);
  return std::chrono::floor<CountEvery>(query.window.from - start) !=
         std::chrono::floor<CountEvery>(query.window.to - start);
}

std::optional<Json> step_after(std::size_t step, const Query& query) {
  const std::size_t next = step + 1;
  if (next >= probes().size()) return std::nullopt;
  if (next + 1 == probes().size() && !is_time_to_count(query)) return std::nullopt;
  return JsonObject().number("probe", static_cast<std::int64_t>(next)).take();
}

HttpRequest probe_request(const Query& query) {
  return probes()[read_step(query.position)].request(query.client_id);
}

// The first refusal is written down and asked about again soon, so that a single one is seen but
// does no more; the second fails the run, because a green card needs a part that works. Counts that the
// database has no time for are no such part: they are looked for again six hours later.
Result<Page> parse_refusal(const Probe& probe, bool again, const HttpReply& reply, UnixSeconds now) {
  if (again && probe.is_count && reply.status >= 500) return Page{.items = 1, .newest = now};
  if (again) {
    const bool incomplete = reply.status == 403 || reply.status == 404;  // a grant or a migration is missing
    return fail(reply.status == 401 ? ErrorKind::credentials
                : incomplete        ? ErrorKind::configuration
                                    : ErrorKind::provider,
                concat({"supabase ", probe.name, ": answered ", decimal(reply.status)}));
  }
  // A row is of its second: in the same one the answer would take the place of the refusal.
  Page page{.items = 1, .newest = now, .ask_again = true, .pause_secs = 2};
  add_row(page.batches, "probe_results", failed_row(probe, reply, now));
  return page;
}

Result<Page> parse_probe(const HttpReply& reply, const Query& query, UnixSeconds source_at) {
  const std::size_t step = read_step(query.position);
  const Probe& probe = probes()[step];
  // "Not observed" is neither green nor red.
  if (reply.status == 404 && probe.may_be_absent) return Page{.next = step_after(step, query)};
  if (!is_success(reply)) return parse_refusal(probe, query.again, reply, source_at);
  auto rows = rows_of(probe, reply, source_at);
  if (!rows) return tl::unexpected<Error>(std::move(rows.error()));
  Page page{.items = rows->size(), .next = step_after(step, query), .newest = source_at};
  for (Json& row : *rows) add_row(page.batches, "probe_results", std::move(row));
  return page;
}

// Whatever answers has been observed. No answer at all, or "later", is the flow's to retry.
Problem explain(const HttpReply& reply, Problem general) {
  if (reply.status != 429) general.remedy = Remedy::read;
  return general;
}

constexpr std::array streams{Stream{.id = "probe",
                                    .full_scan = true,
                                    .first_sync = CountEvery{1},
                                    .request = probe_request,
                                    .parse = parse_probe}};

}  // namespace

constinit const Connector connector{.service = "supabase", .streams = streams, .explain = explain};

}  // namespace wf::supabase
