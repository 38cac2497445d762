#include "shared/sync/sync_cursor.hpp"

#include <algorithm>
#include <utility>

#include "shared/domain/facts_update.hpp"
#include "shared/sync/json_object.hpp"
#include "shared/sync/pages.hpp"

namespace wf {
namespace {

constexpr std::size_t most_unsettled = 500;

std::optional<UnixSeconds> find_time(const Json& object, std::string_view key) {
  const auto text = find_string(object, key);
  return text ? parse_time(*text) : std::nullopt;
}

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

void add_unsettled(std::vector<ObjectRef>& known, const std::vector<ObjectRef>& more) {
  for (const ObjectRef& ref : more) {
    const bool there = std::any_of(known.begin(), known.end(), [&](const ObjectRef& other) {
      return other.table == ref.table && other.id == ref.id;
    });
    if (!there && known.size() < most_unsettled) known.push_back(ref);
  }
}

}  // namespace

SyncCursor read_cursor(const Json& stored) {
  SyncCursor cursor;
  cursor.run_id = find_string(stored, "run_id").value_or("");
  cursor.window = read_window(stored);
  if (const Json* position = find(stored, "position")) cursor.position = *position;
  cursor.oldest = find_time(stored, "oldest");
  cursor.covered_until = find_time(stored, "covered_until");
  cursor.unsettled = read_refs(stored, "unsettled");
  // apply_page adds the ties of the page that it stored this cursor with.
  add_unsettled(cursor.unsettled, read_refs(stored, "ties"));
  cursor.newest = find_time(stored, "newest");
  cursor.restarts = find_int64(stored, "restarts").value_or(0);
  cursor.steps = find_int64(stored, "steps").value_or(0);
  cursor.landmark = find_int64(stored, "landmark").value_or(0);
  cursor.run_rows = find_int64(stored, "run_rows").value_or(0);
  cursor.counted = find_bool(stored, "counted").value_or(false);
  if (const Json* rows = find_array(stored, "earlier_rows"))
    cursor.earlier_rows = read_remembered_rows(*rows);
  return cursor;
}

Json to_json(const SyncCursor& cursor) {
  Json window;
  if (cursor.window)
    window = JsonObject().time("from", cursor.window->from).time("to", cursor.window->to).take();
  return JsonObject()
      .text("run_id", cursor.run_id)
      .json("window", std::move(window))
      .json("position", cursor.position)
      .time("oldest", cursor.oldest)
      .time("newest", cursor.newest)
      .time("covered_until", cursor.covered_until)
      .json("unsettled", to_json(cursor.unsettled))
      .number("restarts", cursor.restarts)
      .number("steps", cursor.steps)
      .number("landmark", cursor.landmark)
      .number("run_rows", cursor.run_rows)
      .flag("counted", cursor.counted)
      .json("earlier_rows", cursor.earlier_rows)
      .take();
}

void begin_run(SyncCursor& cursor, const Stream& stream, std::string_view run_id, UnixSeconds now) {
  if (cursor.run_id == run_id) return;
  if (cursor.counted)
    cursor.earlier_rows = read_remembered_rows(remember_rows(cursor.earlier_rows, cursor.run_rows));
  cursor.run_id = run_id;
  cursor.run_rows = 0;
  cursor.newest.reset();
  cursor.counted = false;
  if (!cursor.window) open_scan(cursor, stream, now);
}

void open_scan(SyncCursor& cursor, const Stream& stream, UnixSeconds now) {
  // A clock that ran ahead once must not leave a window that ends before it begins.
  const UnixSeconds from =
      cursor.covered_until ? std::min(*cursor.covered_until, now) - stream.overlap : now - stream.first_sync;
  cursor.window = Window{from, now};
  cursor.position = Json();
  cursor.oldest.reset();
  cursor.restarts = 0;
  cursor.steps = 0;
}

void restart_scan(SyncCursor& cursor) {
  cursor.position = Json();
  cursor.steps = 0;
  ++cursor.restarts;
}

bool leads_back(const SyncCursor& cursor, const Json& next) {
  const std::string text = dump(next);
  return text == dump(cursor.position) || (cursor.steps > 0 && cursor.landmark == hash_of(text));
}

bool move_past(SyncCursor& cursor, const Page& page) {
  add_unsettled(cursor.unsettled, page.stale);
  cursor.run_rows += static_cast<std::int64_t>(page.items);
  if (page.oldest && (!cursor.oldest || *page.oldest < *cursor.oldest)) cursor.oldest = page.oldest;
  if (page.newest && (!cursor.newest || *page.newest > *cursor.newest)) cursor.newest = page.newest;
  if (page.next) {
    cursor.position = *page.next;
    ++cursor.steps;
    if ((cursor.steps & (cursor.steps - 1)) == 0) cursor.landmark = hash_of(dump(cursor.position));
    return true;
  }
  cursor.covered_until = cursor.window->to;
  cursor.window.reset();
  cursor.position = Json();
  return false;
}

}  // namespace wf
