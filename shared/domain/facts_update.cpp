#include "shared/domain/facts_update.hpp"

#include <algorithm>

#include "shared/base/text.hpp"

namespace wf {

namespace {

constexpr std::size_t runs_to_learn = 3;
constexpr std::size_t runs_to_remember = 7;
constexpr std::size_t longest_message = 500;

Json number_or_null(std::optional<std::int64_t> number) { return number ? Json(*number) : Json(); }

std::int64_t rows_of_run(const StreamFacts& before, const PageFacts& page) {
  return page.number <= 1 ? page.rows : before.run_rows.value_or(0) + page.rows;
}

// A time from a provider may be ahead of ours; a newest row in the future would hide that
// nothing newer comes.
std::optional<UnixSeconds> newest_row(const StreamFacts& before, const PageFacts& page, UnixSeconds now) {
  if (!page.newest_row_at) return before.newest_row_at;
  const UnixSeconds seen = std::min(*page.newest_row_at, now);
  return before.newest_row_at ? std::max(*before.newest_row_at, seen) : seen;
}

}  // namespace

Json facts_after_start(UnixSeconds now) {
  return {{"running_since", format_time(now)}, {"last_attempt_at", format_time(now)}};
}

Json facts_after_page(const StreamFacts& before, const PageFacts& page, UnixSeconds now) {
  Json patch = {{"run_rows", rows_of_run(before, page)}, {"rate_limited_until", nullptr}};
  if (const auto newest = newest_row(before, page, now)) patch["newest_row_at"] = format_time(*newest);
  if (page.progress_done) patch["progress_done"] = *page.progress_done;
  if (page.progress_total) patch["progress_total"] = *page.progress_total;
  return patch;
}

Json facts_after_last_page(const StreamFacts& before, const PageFacts& page, const RunEnd& end,
                           UnixSeconds now) {
  Json patch = facts_after_page(before, page, now);
  patch["last_success_at"] = format_time(now);
  patch["last_rows"] = rows_of_run(before, page);
  patch["usual_rows_min"] = number_or_null(usual_rows_min(end.earlier_rows));
  patch["provisional_until"] =
      end.provisional_until ? Json(format_day(*end.provisional_until)) : Json();
  patch["failures"] = 0;
  patch["failure_final"] = false;
  for (const char* cleared : {"failure_kind", "failure_message", "failed_at", "run_rows", "progress_done",
                              "progress_total", "running_since"}) {
    patch[cleared] = nullptr;
  }
  if (end.reconciled_missed) {
    patch["reconciled_at"] = format_time(now);
    patch["reconciled_missed"] = *end.reconciled_missed;
  }
  return patch;
}

Json facts_after_failure(const StreamFacts& before, const Error& error, bool final, UnixSeconds now) {
  Json patch = {{"failure_kind", std::string(name(error.kind))},
                {"failure_message", shorten(without_secrets(error.message), longest_message)},
                {"failed_at", format_time(now)},
                {"failures", before.failures + 1},
                {"failure_final", final},
                {"running_since", nullptr},
                {"rate_limited_until", nullptr}};
  if (error.kind == ErrorKind::rate_limit && error.retry_after_secs) {
    const std::chrono::seconds wait{std::clamp<std::int64_t>(*error.retry_after_secs, 0, 86'400)};
    patch["rate_limited_until"] = format_time(now + wait);
  }
  return patch;
}

Json facts_after_delivery(UnixSeconds event_at, UnixSeconds now) {
  return {{"last_event_at", format_time(std::min(event_at, now))}, {"last_success_at", format_time(now)}};
}

std::optional<std::int64_t> usual_rows_min(std::span<const std::int64_t> earlier_rows) {
  if (earlier_rows.size() < runs_to_learn) return std::nullopt;
  std::size_t empty_runs = 0;
  std::int64_t least = 0;
  for (const std::int64_t rows : earlier_rows) {
    if (rows == 0) ++empty_runs;
    else least = least == 0 ? rows : std::min(least, rows);
  }
  return empty_runs * 3 >= earlier_rows.size() ? 0 : least;
}

std::vector<std::int64_t> read_remembered_rows(const Json& remembered) {
  std::vector<std::int64_t> rows;
  if (!remembered.is_array()) return rows;
  for (const Json& item : remembered) {
    if (const auto number = as_int64(item)) rows.push_back(*number);
  }
  return rows;
}

Json remember_rows(std::span<const std::int64_t> earlier_rows, std::int64_t rows) {
  const std::size_t keep = std::min(earlier_rows.size(), runs_to_remember - 1);
  Json remembered = Json::array();
  for (const std::int64_t earlier : earlier_rows.last(keep)) remembered.push_back(earlier);
  remembered.push_back(rows);
  return remembered;
}

}  // namespace wf
