#pragma once
// The only place that decides what a page, a finished run or a failure does to the facts.
// Each function gives a patch: an object of service_facts columns for apply_page or
// fail_run.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "shared/base/json.hpp"
#include "shared/base/time.hpp"
#include "shared/domain/facts.hpp"

namespace wf {

struct PageFacts {
  std::int64_t rows = 0;  // rows received, whether or not they changed anything
  std::optional<UnixSeconds> newest_row_at = std::nullopt;
  std::optional<std::int64_t> progress_done = std::nullopt;
  std::optional<std::int64_t> progress_total = std::nullopt;
  std::optional<UnixSeconds> credentials_expire_at = std::nullopt;  // none: it was not looked at
  std::optional<std::vector<std::string>> unavailable = std::nullopt;
};

// What of the facts so far decides about the next ones.
struct EarlierFacts {
  std::optional<UnixSeconds> newest_row_at = std::nullopt;
  std::optional<std::int64_t> run_rows = std::nullopt;  // of the open scan, so far
  std::int64_t failures = 0;                            // in a row
  bool failure_final = false;                           // and nothing has succeeded since
};

struct RunEnd {
  // Rows of earlier finished runs, oldest first, this one not included: see remember_rows.
  std::span<const std::int64_t> earlier_rows{};
  std::optional<Day> provisional_until = std::nullopt;
};

Json facts_after_page(const EarlierFacts& before, const PageFacts& page, UnixSeconds now);
// The last page of a run: only this writes a success, and it clears every failure.
Json facts_after_last_page(const EarlierFacts& before, const PageFacts& page, const RunEnd& end,
                           UnixSeconds now);
// Never touches the last success. `final`: no retry will follow. A failure that is going to be tried again
// leaves one that was final as it is: only a success takes it away.
Json facts_after_failure(const EarlierFacts& before, const Error& error, bool final, UnixSeconds now);
// Between two pages of a run that goes on by itself: the provider's limit is nearly used up.
Json facts_while_resting(UnixSeconds until);
// For stream "webhook": a delivery whose event carries this time was applied.
Json facts_after_delivery(UnixSeconds event_at, UnixSeconds now);

// The least rows a run usually brings: unknown before three finished runs; 0 when a third
// or more of the remembered runs were empty, else the smallest that was not.
std::optional<std::int64_t> usual_rows_min(std::span<const std::int64_t> earlier_rows);

// The flow keeps the rows of its last seven finished runs in its cursor, as a JSON array.
std::vector<std::int64_t> read_remembered_rows(const Json& remembered);
Json remember_rows(std::span<const std::int64_t> earlier_rows, std::int64_t rows);

}  // namespace wf
