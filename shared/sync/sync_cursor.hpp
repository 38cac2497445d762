#pragma once
// Where a partition of a stream stands, as `sync_cursors.cursor` keeps it. It is written in the transaction
// of each page, so whatever is killed, the next flow goes on from here.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/domain/facts_update.hpp"
#include "shared/sync/connector.hpp"

namespace wf {

struct SyncCursor {
  std::string run_id;                        // the run that wrote this
  std::optional<Window> window;              // the scan that is open; none: every page was applied
  Json position;                             // the connector's; null: the first page
  std::optional<UnixSeconds> oldest;         // how far back the open scan has come
  std::optional<UnixSeconds> covered_from;   // the window of the last scan that came to its end,
  std::optional<UnixSeconds> covered_until;  // when it began: everything up to here was read once
  std::optional<UnixSeconds> ended_at;       // of the last scan that came to its end, with rows or without
  bool went_back = false;                    // that one looked as far back as the first one does
  std::optional<UnixSeconds> begun_anew_at;  // for something that was given again,
  std::vector<std::string> begun_anew_for;   // these names
  std::vector<ObjectRef> unsettled;          // to be fetched again before the run is over
  std::int64_t restarts = 0;                 // of the open scan
  std::int64_t steps = 0;                    // from page to page in the open scan
  std::int64_t landmark = 0;                 // of the position after 1, 2, 4, 8, ... steps
  std::optional<UnixSeconds> newest;         // row that the run has seen
  std::int64_t run_rows = 0;                 // rows received so far, by earlier runs of the open scan too
  bool counted = false;                      // run_rows is the whole scan's
  bool again = false;                        // the page at `position` is asked for once more
  bool caught_up = false;                    // the run has opened a second scan, for what came meanwhile
  bool repeats_day = false;                  // another scan of the run's day came to its end before it began
  bool stuck = false;                        // the database says: a run failed here without a page
  Json earlier_rows = empty_list();          // of the last scan of each earlier day (remember_rows)
};

// Into one that is new. An unknown shape reads as "nothing was ever read": reading again is harmless.
void read_cursor(const Json& stored, SyncCursor& cursor);
Json to_json(const SyncCursor& cursor);

// Each object once, and not without end: what is left out comes with the list it stands in, if at all.
void add_unsettled(SyncCursor& cursor, const std::vector<ObjectRef>& more);

// A run begins: it goes on with a scan that an earlier run left open, unless that run got no further itself;
// else it opens its own.
void begin_run(SyncCursor& cursor, const Stream& stream, std::string_view run_id, UnixSeconds now);
void open_scan(SyncCursor& cursor, const Stream& stream, UnixSeconds now);
void restart_scan(SyncCursor& cursor);

// True when the position was met before. A loop of any length is found by comparing each position
// with the last landmark (Brent 1980), so a scan of any length needs no list of where it has been.
bool leads_back(const SyncCursor& cursor, const Json& next);

// Moves past a page, or to the same one again. True while the scan has more.
bool move_past(SyncCursor& cursor, const Stream& stream, const Page& page);

// The scan has had no item so far, of a stream that expects some.
bool lacks_items(const SyncCursor& cursor, const Stream& stream);

// The scan that `last` ends was given something of what the one before `lacked`: of its older days it told
// nothing, so the next one reaches as far back as the first. After one that lacked all (`label`) it went back
// by itself. Of one name that is once a week at most.
void begin_anew(SyncCursor& cursor, const Stream& stream, const std::vector<std::string>& lacked,
                std::string_view label, const Page& last, UnixSeconds now);

// What a page of the scan of `window` says for the facts, once the cursor is past it; none: of objects
// fetched again.
PageFacts page_facts(const Stream& stream, const std::optional<Window>& window, const SyncCursor& after,
                     const Page& page);

// The day on which the newest row will be final, of those that are stored (`newest`) or that the run has
// seen.
std::optional<Day> provisional_until(const SyncCursor& cursor, const Stream& stream,
                                     std::optional<UnixSeconds> newest, UnixSeconds now);

}  // namespace wf
