#include "shared/sync/sync_cursor.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/domain/facts_update.hpp"
#include "shared/sync/pages.hpp"

namespace wf {
namespace {

constexpr std::size_t most_unsettled = 500;
// Of the same: what is refused of older days alone is lacking again after that, and it would have no end.
constexpr std::chrono::weeks anew_at_most_every{1};

// Members that are kept under their own names.
constexpr std::array<std::pair<std::string_view, std::int64_t SyncCursor::*>, 4> numbers{{
    {"restarts", &SyncCursor::restarts},
    {"steps", &SyncCursor::steps},
    {"landmark", &SyncCursor::landmark},
    {"run_rows", &SyncCursor::run_rows},
}};
constexpr std::array<std::pair<std::string_view, std::optional<UnixSeconds> SyncCursor::*>, 6> times{{
    {"oldest", &SyncCursor::oldest},
    {"newest", &SyncCursor::newest},
    {"covered_from", &SyncCursor::covered_from},
    {"covered_until", &SyncCursor::covered_until},
    {"ended_at", &SyncCursor::ended_at},
    {"begun_anew_at", &SyncCursor::begun_anew_at},
}};
constexpr std::array<std::pair<std::string_view, bool SyncCursor::*>, 5> flags{{
    {"counted", &SyncCursor::counted},
    {"repeats_day", &SyncCursor::repeats_day},
    {"went_back", &SyncCursor::went_back},
    {"again", &SyncCursor::again},
    {"caught_up", &SyncCursor::caught_up},
}};

std::optional<Window> read_window(const Json& stored) {
  const Json* window = find_object(stored, "window");
  if (!window) return std::nullopt;
  const auto from = find_time(*window, "from");
  const auto to = find_time(*window, "to");
  if (!from || !to) return std::nullopt;
  return Window{*from, *to};
}

// FNV-1a. 53 bits of it: every JSON reader keeps those exact.
std::int64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  return static_cast<std::int64_t>(hash >> 11U);
}

bool is_among(const std::vector<ObjectRef>& refs, const ObjectRef& ref) {
  for (const ObjectRef& other : refs)
    if (other.table == ref.table && other.id == ref.id) return true;
  return false;
}

std::int64_t days(std::chrono::seconds duration) { return (duration.count() + 86'399) / 86'400; }

UnixSeconds scan_from(const SyncCursor& cursor, const Stream& stream, UnixSeconds now) {
  if (!cursor.covered_until) return now - stream.first_sync;
  // A clock that ran ahead once must not leave a window that ends before it begins.
  const UnixSeconds until = std::min(*cursor.covered_until, now);
  using std::chrono::weeks;
  const bool missed_changes =
      stream.changes_listed_for.count() > 0 && now - until > stream.changes_listed_for;
  if (missed_changes) return until - stream.first_sync;
  const bool new_week = std::chrono::floor<weeks>(until) != std::chrono::floor<weeks>(now);
  return until - (new_week ? std::max(stream.overlap, stream.weekly_overlap) : stream.overlap);
}

}  // namespace

void read_cursor(const Json& stored, SyncCursor& cursor) {
  cursor.run_id = find_text(stored, "run_id");
  cursor.window = read_window(stored);
  if (const Json* position = find(stored, "position")) cursor.position = *position;
  for (const auto& [name, member] : times) cursor.*member = find_time(stored, name);
  for (const auto& [name, member] : numbers) cursor.*member = find_int64(stored, name).value_or(0);
  cursor.begun_anew_for = texts_in(stored, "begun_anew_for");
  cursor.unsettled = read_refs(stored, "unsettled");
  // apply_page adds the ties of the page that it stored this cursor with.
  add_unsettled(cursor, read_refs(stored, "ties"));
  for (const auto& [name, member] : flags) cursor.*member = is_true(stored, name);
  cursor.stuck = is_true(stored, "stuck");
  if (const Json* rows = find_array(stored, "earlier_rows")) cursor.earlier_rows = *rows;
}

Json to_json(const SyncCursor& cursor) {
  JsonObject stored;
  for (const auto& [name, member] : times) stored.time(name, cursor.*member);
  for (const auto& [name, member] : numbers) stored.number(name, cursor.*member);
  for (const auto& [name, member] : flags) stored.flag(name, cursor.*member);
  Json window;
  if (cursor.window)
    window = JsonObject().time("from", cursor.window->from).time("to", cursor.window->to).take();
  Json begun_anew_for = empty_list();
  for (const std::string& name : cursor.begun_anew_for) begun_anew_for.push_back(Json(name));
  return stored.text("run_id", cursor.run_id)
      .json("begun_anew_for", std::move(begun_anew_for))
      .json("window", std::move(window))
      .json("position", cursor.position)
      .json("unsettled", to_json(cursor.unsettled))
      .json("earlier_rows", cursor.earlier_rows)
      .take();
}

void add_unsettled(SyncCursor& cursor, const std::vector<ObjectRef>& more) {
  for (const ObjectRef& ref : more)
    if (!is_among(cursor.unsettled, ref) && cursor.unsettled.size() < most_unsettled)
      cursor.unsettled.push_back(ref);
}

void begin_run(SyncCursor& cursor, const Stream& stream, std::string_view run_id, UnixSeconds now) {
  if (cursor.run_id == run_id) return;
  // Of a day one scan counts, the last: syncs that are asked for read the same rows again. One that went back
  // for months says nothing of a day.
  cursor.repeats_day = cursor.ended_at && day_of(*cursor.ended_at) == day_of(now);
  if (cursor.counted && cursor.ended_at && !cursor.repeats_day && !cursor.went_back)
    cursor.earlier_rows =
        remember_rows(read_remembered_rows(cursor.earlier_rows), {day_of(*cursor.ended_at), cursor.run_rows});
  cursor.run_id = run_id;
  cursor.newest.reset();
  cursor.counted = false;
  cursor.caught_up = false;
  // What a run could not get past may never be had: the next one takes the newest pages first. What is read
  // as a whole is always read from its beginning.
  if (cursor.window && !stream.full_scan && !cursor.stuck) return;
  cursor.run_rows = 0;
  open_scan(cursor, stream, now);
}

void open_scan(SyncCursor& cursor, const Stream& stream, UnixSeconds now) {
  cursor.window = Window{scan_from(cursor, stream, now), now};
  cursor.position = Json();
  cursor.again = false;
  cursor.oldest.reset();
  cursor.restarts = 0;
  cursor.steps = 0;
}

void restart_scan(SyncCursor& cursor) {
  cursor.position = Json();
  cursor.again = false;
  cursor.steps = 0;
  cursor.run_rows = 0;  // they come again
  cursor.oldest.reset();
  ++cursor.restarts;
}

bool leads_back(const SyncCursor& cursor, const Json& next) {
  const std::string text = dump(next);
  return text == dump(cursor.position) || (cursor.steps > 0 && cursor.landmark == hash_of(text));
}

bool lacks_items(const SyncCursor& cursor, const Stream& stream) {
  return cursor.run_rows == 0 && stream.expects_items;
}

void begin_anew(SyncCursor& cursor, const Stream& stream, const std::vector<std::string>& lacked,
                std::string_view label, const Page& last, UnixSeconds now) {
  // What a reconciliation could not read has gone by; it is not given again.
  if (stream.reconciles || lacks_items(cursor, stream) || holds(lacked, label)) return;
  const bool reached_back = *cursor.covered_until - *cursor.covered_from >= stream.first_sync;
  if (reached_back) return;
  const bool lately = cursor.begun_anew_at && now - *cursor.begun_anew_at < anew_at_most_every;
  std::vector<std::string> given;
  if (lately) given = cursor.begun_anew_for;
  const std::size_t before = given.size();
  for (const std::string& name : lacked)
    if (!holds(last.unavailable, name) && !holds(given, name)) given.push_back(name);
  if (given.size() == before) return;
  cursor.covered_until.reset();
  cursor.begun_anew_at = now;
  cursor.begun_anew_for = std::move(given);
}

bool move_past(SyncCursor& cursor, const Stream& stream, const Page& page) {
  add_unsettled(cursor, page.stale);
  cursor.run_rows += static_cast<std::int64_t>(page.items);
  if (page.oldest && (!cursor.oldest || *page.oldest < *cursor.oldest)) cursor.oldest = page.oldest;
  if (page.newest && (!cursor.newest || *page.newest > *cursor.newest)) cursor.newest = page.newest;
  cursor.again = page.ask_again;
  if (cursor.again) return true;
  if (page.next) {
    cursor.position = *page.next;
    ++cursor.steps;
    if ((cursor.steps & (cursor.steps - 1)) == 0) cursor.landmark = hash_of(dump(cursor.position));
    return true;
  }
  if (!lacks_items(cursor, stream)) {
    cursor.covered_from = cursor.window->from;
    cursor.covered_until = cursor.window->to;
  }
  cursor.ended_at = cursor.window->to;
  cursor.went_back = !stream.full_scan && cursor.window->to - cursor.window->from == stream.first_sync;
  cursor.window.reset();
  cursor.position = Json();
  return false;
}

PageFacts page_facts(const Stream& stream, const std::optional<Window>& window, const SyncCursor& after,
                     const Page& page) {
  PageFacts facts{.rows = static_cast<std::int64_t>(page.items), .newest_row_at = after.newest};
  facts.credentials_expire_at = page.credentials_expire_at;
  if (!window) return facts;
  const bool has_more = page.next || after.again;
  if (!has_more) facts.unavailable = page.unavailable;
  const std::int64_t total = days(window->to - window->from);
  // A day or two is over before anyone could look at its progress; a full scan asks for no days.
  if (total <= 2 || stream.full_scan) return facts;
  facts.progress_total = total;
  facts.progress_done = total;
  // The last row of a page may lie before the window.
  if (has_more) facts.progress_done = after.oldest ? std::min(total, days(window->to - *after.oldest)) : 0;
  return facts;
}

std::optional<Day> provisional_until(const SyncCursor& cursor, const Stream& stream,
                                     std::optional<UnixSeconds> newest, UnixSeconds now) {
  if (cursor.newest && (!newest || *cursor.newest > *newest)) newest = cursor.newest;
  if (!newest || stream.final_after.count() == 0) return std::nullopt;
  return day_of(std::min(*newest, now)) + stream.final_after;
}

}  // namespace wf
