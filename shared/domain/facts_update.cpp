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
  const std::int64_t rows = rows_of_run(before, page);
  patch.time("last_success_at", now)
      .number("last_rows", rows)
      .number("failures", 0)
      .flag("failure_final", false);
  // That it found less than the scan before it makes nothing empty, nor does it mend what was.
  const bool compares =
      !end.repeats_day || (before.usual_rows_min && (rows > 0 || before.last_rows.value_or(0) == 0));
  if (const auto usual = usual_rows_min(end.earlier_rows, end.day); usual && compares)
    patch.number("usual_rows_min", *usual);
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

std::optional<std::int64_t> usual_rows_min(std::span<const DayRows> earlier, Day day) {
  std::size_t empty_runs = 0;
  std::int64_t least = 0;
  bool knows_weekday = false;
  bool closed = false;
  for (const DayRows& one : earlier) {
    const bool same_weekday = (day - one.day).count() % 7 == 0;
    knows_weekday = knows_weekday || same_weekday;
    if (one.rows == 0) {
      ++empty_runs;
      closed = closed || same_weekday;
    } else {
      least = least == 0 ? one.rows : std::min(least, one.rows);
    }
  }
  if (earlier.size() < runs_to_learn || !knows_weekday) return std::nullopt;
  return closed || empty_runs * 3 >= earlier.size() ? 0 : least;
}

std::vector<DayRows> read_remembered_rows(const Json& remembered) {
  std::vector<DayRows> all;
  for (const Json& item : elements(remembered))
    if (const auto day = parse_day(find_text(item, "day")))
      all.push_back({*day, find_int64(item, "rows").value_or(0)});
  return all;
}

Json remember_rows(std::span<const DayRows> earlier, const DayRows& latest) {
  Json remembered = empty_list();
  const auto add = [&](const DayRows& one) {
    remembered.push_back(JsonObject().text("day", format_day(one.day)).number("rows", one.rows).take());
  };
  for (const DayRows& one : earlier.last(std::min(earlier.size(), runs_to_remember - 1))) add(one);
  add(latest);
  return remembered;
}

void learn(EarlierFacts& facts, const Json& columns) {
  if (const auto newest = find_time(columns, "newest_row_at")) facts.newest_row_at = newest;
  facts.failures = find_int64(columns, "failures").value_or(facts.failures);
  facts.failure_final = find_bool(columns, "failure_final").value_or(facts.failure_final);
  if (find(columns, "last_rows")) facts.last_rows = find_int64(columns, "last_rows");
  if (find(columns, "usual_rows_min")) facts.usual_rows_min = find_int64(columns, "usual_rows_min");
}

}  // namespace wf
