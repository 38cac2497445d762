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
  std::optional<std::int64_t> last_rows = std::nullopt;
  std::optional<std::int64_t> usual_rows_min = std::nullopt;
};

// What a run looks at again of the facts: of all their columns, or of a patch.
void learn(EarlierFacts& facts, const Json& columns);

// What the scan of a day brought: the last one, when there were several.
struct DayRows {
  Day day{};
  std::int64_t rows = 0;
};

struct RunEnd {
  Day day{};  // of the scan
  // Of earlier days, oldest first: see remember_rows.
  std::span<const DayRows> earlier_rows{};
  // Another scan of this day came to its end before: this one looked at a part of what that one did.
  bool repeats_day = false;
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

// The least rows that a run of that day usually brings: unknown before three remembered runs, one of them of
// the same weekday; 0 when a third or more of them were empty, or one of this weekday (a shop that is closed
// at weekends), else the smallest that was not.
std::optional<std::int64_t> usual_rows_min(std::span<const DayRows> earlier, Day day);

// The flow keeps the last seven in its cursor, as [{"day":"2026-11-23","rows":5}].
std::vector<DayRows> read_remembered_rows(const Json& remembered);
Json remember_rows(std::span<const DayRows> earlier, const DayRows& latest);

}  // namespace wf
