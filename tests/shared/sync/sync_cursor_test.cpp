#include "shared/sync/sync_cursor.hpp"

#include <catch_amalgamated.hpp>
#include <utility>
#include <vector>

#include "shared/domain/facts_update.hpp"

using namespace std::chrono_literals;

namespace {

using Names = std::vector<std::string>;

constexpr wf::Stream figures{.id = "figures",
                             .first_sync = std::chrono::days{90},
                             .overlap = std::chrono::days{2},
                             .expects_items = true};
constexpr wf::Stream posts{
    .id = "posts", .first_sync = std::chrono::days{90}, .overlap = std::chrono::days{28}};
constexpr wf::UnixSeconds start{std::chrono::days{20'000}};

// Stored and read back, as from one run to the next.
struct Daily {
  const wf::Stream& stream = figures;
  wf::SyncCursor cursor{};
  Names lacked{};
  int day = 0;
  int runs = 0;

  // How many days are read.
  std::int64_t scan(const Names& not_given, std::size_t items = 1) {
    const wf::UnixSeconds now = start + std::chrono::days{day++};
    wf::begin_run(cursor, stream, std::to_string(++runs), now);
    const wf::Window window = *cursor.window;
    const wf::Page last{.items = items, .unavailable = not_given};
    CHECK_FALSE(wf::move_past(cursor, stream, last));
    cursor.counted = true;
    wf::begin_anew(cursor, stream, lacked, "all", last, now);
    lacked = items > 0 ? not_given : Names{"all"};
    const wf::Json stored = wf::to_json(cursor);
    wf::read_cursor(stored, cursor = {});
    return std::chrono::floor<std::chrono::days>(window.to - window.from).count();
  }
  // Rows by the number of the day, as they are remembered.
  std::vector<std::pair<std::int64_t, std::int64_t>> remembered() const {
    std::vector<std::pair<std::int64_t, std::int64_t>> rows;
    for (const wf::DayRows& one : wf::read_remembered_rows(cursor.earlier_rows))
      rows.emplace_back((one.day - wf::day_of(start)).count(), one.rows);
    return rows;
  }
};

}  // namespace

TEST_CASE("each of what is given again is read from the beginning, the same once a week") {
  Daily daily;
  CHECK(daily.scan({"reach", "views"}) == 90);
  CHECK(daily.scan({"views"}) == 3);
  CHECK(daily.scan({"views"}) == 90);
  CHECK(daily.scan({}) == 3);
  CHECK(daily.scan({"reach"}) == 90);  // of the older days alone
  CHECK(daily.scan({}) == 3);
  CHECK(daily.scan({}) == 3);
  for (int more = 0; more < 4; ++more) CHECK(daily.scan({"reach"}) == 3);
  CHECK(daily.scan({}) == 3);
  CHECK(daily.scan({}) == 90);
}

TEST_CASE("what is given again by a scan that read all is not read once more") {
  Daily daily;
  CHECK(daily.scan({"reach", "views"}) == 90);
  CHECK(daily.scan({"views"}) == 3);
  CHECK(daily.scan({}) == 90);
  CHECK(daily.scan({}) == 3);
}

TEST_CASE("what is lacking of a list that may be empty is read from the beginning as well") {
  Daily daily{.stream = posts};
  CHECK(daily.scan({"figures of some posts"}) == 90);
  CHECK(daily.scan({}) == 29);
  CHECK(daily.scan({}) == 90);
  CHECK(daily.scan({}) == 29);
}

TEST_CASE("after scans that were given nothing the next one goes back by itself, no further") {
  Daily daily;
  CHECK(daily.scan({"reach"}) == 90);
  CHECK(daily.scan({"reach"}) == 3);
  CHECK(daily.scan({}, 0) == 3);
  CHECK(daily.scan({}) == 4);
  CHECK(daily.scan({}) == 3);
}

TEST_CASE("each day's rows are remembered under it, but those of the first scan, also where nothing came") {
  using Rows = std::vector<std::pair<std::int64_t, std::int64_t>>;
  Daily daily;
  daily.scan({}, 90);
  daily.scan({}, 3);
  CHECK(daily.remembered().empty());
  daily.scan({}, 0);
  CHECK(daily.remembered() == Rows{{1, 3}});
  for (int again = 0; again < 3; ++again) {
    --daily.day;
    daily.scan({}, 0);
    CHECK(daily.cursor.repeats_day);
  }
  CHECK(daily.remembered() == Rows{{1, 3}});
  daily.scan({}, 4);
  CHECK_FALSE(daily.cursor.repeats_day);
  daily.scan({}, 5);
  CHECK(daily.remembered() == Rows{{1, 3}, {2, 0}, {3, 4}});
}

TEST_CASE("a scan that looks back further than the first one once a week is of its day") {
  constexpr wf::Stream campaigns{.id = "campaigns",
                                 .first_sync = std::chrono::days{90},
                                 .overlap = std::chrono::days{7},
                                 .weekly_overlap = std::chrono::days{97}};
  Daily daily{.stream = campaigns};
  for (int day = 0; day < 16; ++day) daily.scan({}, static_cast<std::size_t>(day));
  REQUIRE(daily.remembered().size() == 7);
  CHECK(daily.remembered().front().first == 8);
  CHECK(daily.remembered().back().first == 14);
}
