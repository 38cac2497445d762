#include "shared/domain/facts_update.hpp"

#include <algorithm>

#include "shared/base/text.hpp"

namespace wf {

namespace {

constexpr std::size_t runs_to_learn = 3;
constexpr std::size_t runs_to_remember = 7;
constexpr std::size_t longest_message = 500;

// Members are set one by one: initialiser lists of this library find out at run time that they
// mean an object, and each costs the edge module a kilobyte.
void set(Json& patch, const char* column, std::int64_t number) { patch[column] = number; }
void set(Json& patch, const char* column, UnixSeconds time) { patch[column] = format_time(time); }
void clear(Json& patch, const char* column) { patch[column] = nullptr; }

std::int64_t rows_of_run(const EarlierFacts& before, const PageFacts& page) {
  return before.run_rows.value_or(0) + page.rows;
}

// A time from a provider may be ahead of ours; a newest row in the future would hide that
// nothing newer comes.
std::optional<UnixSeconds> newest_row(const EarlierFacts& before, const PageFacts& page, UnixSeconds now) {
  if (!page.newest_row_at) return before.newest_row_at;
  const UnixSeconds seen = std::min(*page.newest_row_at, now);
  return before.newest_row_at ? std::max(*before.newest_row_at, seen) : seen;
}

}  // namespace

Json facts_after_page(const EarlierFacts& before, const PageFacts& page, UnixSeconds now) {
  Json patch = empty_object();
  set(patch, "run_rows", rows_of_run(before, page));
  clear(patch, "rate_limited_until");
  if (const auto newest = newest_row(before, page, now)) set(patch, "newest_row_at", *newest);
  if (page.progress_done) set(patch, "progress_done", *page.progress_done);
  if (page.progress_total) set(patch, "progress_total", *page.progress_total);
  if (page.credentials_expire_at == never_ends)
    clear(patch, "credentials_expire_at");
  else if (page.credentials_expire_at)
    set(patch, "credentials_expire_at", *page.credentials_expire_at);
  if (page.unavailable) {
    patch["unavailable"] = empty_list();
    for (const std::string& name : *page.unavailable) patch["unavailable"].push_back(name);
  }
  return patch;
}

Json facts_after_last_page(const EarlierFacts& before, const PageFacts& page, const RunEnd& end,
                           UnixSeconds now) {
  Json patch = facts_after_page(before, page, now);
  for (const char* column : {"failure_kind", "failure_message", "failed_at", "run_rows", "progress_done",
                             "progress_total", "running_since", "usual_rows_min", "provisional_until"}) {
    clear(patch, column);
  }
  set(patch, "last_success_at", now);
  set(patch, "last_rows", rows_of_run(before, page));
  set(patch, "failures", 0);
  patch["failure_final"] = false;
  if (const auto usual = usual_rows_min(end.earlier_rows)) set(patch, "usual_rows_min", *usual);
  if (end.provisional_until) patch["provisional_until"] = format_day(*end.provisional_until);
  return patch;
}

Json facts_after_failure(const EarlierFacts& before, const Error& error, bool final, UnixSeconds now) {
  Json patch = empty_object();
  if (final || !before.failure_final) {
    patch["failure_kind"] = std::string(name(error.kind));
    patch["failure_message"] = shorten(without_secrets(error.message), longest_message);
    set(patch, "failed_at", now);
    patch["failure_final"] = final;
  }
  set(patch, "failures", before.failures + 1);
  clear(patch, "running_since");
  clear(patch, "rate_limited_until");
  if (error.kind == ErrorKind::rate_limit && error.retry_after_secs) {
    const std::chrono::seconds wait{std::clamp<std::int64_t>(*error.retry_after_secs, 0, 86'400)};
    set(patch, "rate_limited_until", now + wait);
  }
  return patch;
}

Json facts_while_resting(UnixSeconds until) {
  Json patch = empty_object();
  set(patch, "rate_limited_until", until);
  clear(patch, "running_since");
  return patch;
}

Json facts_after_delivery(UnixSeconds event_at, UnixSeconds now) {
  Json patch = empty_object();
  set(patch, "last_event_at", std::min(event_at, now));
  set(patch, "last_success_at", now);
  return patch;
}

std::optional<std::int64_t> usual_rows_min(std::span<const std::int64_t> earlier_rows) {
  if (earlier_rows.size() < runs_to_learn) return std::nullopt;
  std::size_t empty_runs = 0;
  std::int64_t least = 0;
  for (const std::int64_t rows : earlier_rows) {
    if (rows == 0)
      ++empty_runs;
    else
      least = least == 0 ? rows : std::min(least, rows);
  }
  // Of daily runs the first of seven was on this weekday: a shop that is closed at weekends.
  const bool closed_today = earlier_rows.size() >= runs_to_remember && earlier_rows.front() == 0;
  return closed_today || empty_runs * 3 >= earlier_rows.size() ? 0 : least;
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
  Json remembered = empty_list();
  for (const std::int64_t earlier : earlier_rows.last(keep)) remembered.push_back(earlier);
  remembered.push_back(rows);
  return remembered;
}

}  // namespace wf
