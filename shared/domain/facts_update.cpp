#include "shared/domain/facts_update.hpp"

#include <algorithm>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"

namespace wf {

namespace {

constexpr std::size_t runs_to_learn = 3;
constexpr std::size_t runs_to_remember = 7;
constexpr std::size_t longest_message = 500;

void clear(JsonObject& patch, std::string_view column) { patch.json(column, Json()); }

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

JsonObject after_page(const EarlierFacts& before, const PageFacts& page, UnixSeconds now) {
  JsonObject patch;
  patch.number("run_rows", rows_of_run(before, page));
  clear(patch, "rate_limited_until");
  if (const auto newest = newest_row(before, page, now)) patch.time("newest_row_at", newest);
  if (page.progress_done) patch.number("progress_done", *page.progress_done);
  if (page.progress_total) patch.number("progress_total", *page.progress_total);
  if (page.credentials_expire_at == never_ends)
    clear(patch, "credentials_expire_at");
  else if (page.credentials_expire_at)
    patch.time("credentials_expire_at", page.credentials_expire_at);
  if (page.unavailable) {
    Json names = empty_list();
    for (const std::string& name : *page.unavailable) names.push_back(Json(name));
    patch.json("unavailable", std::move(names));
  }
  return patch;
}

}  // namespace

Json facts_after_page(const EarlierFacts& before, const PageFacts& page, UnixSeconds now) {
  return after_page(before, page, now).take();
}

Json facts_after_last_page(const EarlierFacts& before, const PageFacts& page, const RunEnd& end,
                           UnixSeconds now) {
  JsonObject patch = after_page(before, page, now);
  for (const std::string_view column :
       {"failure_kind", "failure_message", "failed_at", "run_rows", "progress_done", "progress_total",
        "running_since", "usual_rows_min", "provisional_until"}) {
    clear(patch, column);
  }
  patch.time("last_success_at", now)
      .number("last_rows", rows_of_run(before, page))
      .number("failures", 0)
      .flag("failure_final", false);
  if (const auto usual = usual_rows_min(end.earlier_rows)) patch.number("usual_rows_min", *usual);
  if (end.provisional_until) patch.text("provisional_until", format_day(*end.provisional_until));
  return patch.take();
}

Json facts_after_failure(const EarlierFacts& before, const Error& error, bool final, UnixSeconds now) {
  JsonObject patch;
  if (final || !before.failure_final)
    patch.text("failure_kind", name(error.kind))
        .text("failure_message", shorten(without_secrets(error.message), longest_message))
        .time("failed_at", now)
        .flag("failure_final", final);
  patch.number("failures", before.failures + 1);
  clear(patch, "running_since");
  clear(patch, "rate_limited_until");
  if (error.kind == ErrorKind::rate_limit && error.retry_after_secs) {
    const std::chrono::seconds wait{std::clamp<std::int64_t>(*error.retry_after_secs, 0, 86'400)};
    patch.time("rate_limited_until", now + wait);
  }
  return patch.take();
}

Json facts_while_resting(UnixSeconds until) {
  return JsonObject().time("rate_limited_until", until).json("running_since", Json()).take();
}

Json facts_after_delivery(UnixSeconds event_at, UnixSeconds now) {
  return JsonObject().time("last_event_at", std::min(event_at, now)).time("last_success_at", now).take();
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
  for (const Json& item : elements(remembered))
    if (const auto number = as_int64(item)) rows.push_back(*number);
  return rows;
}

Json remember_rows(std::span<const std::int64_t> earlier_rows, std::int64_t rows) {
  const std::size_t keep = std::min(earlier_rows.size(), runs_to_remember - 1);
  Json remembered = empty_list();
  for (const std::int64_t earlier : earlier_rows.last(keep)) remembered.push_back(Json(earlier));
  remembered.push_back(Json(rows));
  return remembered;
}

}  // namespace wf
