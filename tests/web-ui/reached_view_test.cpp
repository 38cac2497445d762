// What the view says of what could not be read, not yet or not any more.
#include "view_model.hpp"

using namespace view_model;

TEST_CASE("what was not read is not told as nothing") {
  wf::Model m = model();
  CHECK(card(view_of(m), "stripe").placeholder == "Reading the last 30 days");
  CHECK(card(view_of(m), "stripe").days_words == "Reading the last 30 days");
  m.activity_failed = true;
  CHECK(card(view_of(m), "stripe").placeholder == "The last 30 days could not be read");
  CHECK(card(view_of(m), "stripe").days_words == "The last 30 days could not be read");
  m.activity.emplace();
  CHECK(card(view_of(m), "stripe").placeholder == "No activity in 30 days");
  CHECK(card(view_of(m), "stripe").days_words == "Last 30 days: 29 without a sync");
}

TEST_CASE("only what was never synced has its first data on the way") {
  wf::Model m = model();
  m.activity.emplace();
  m.services = {service("stripe", hours(3))};
  for (auto& stream : m.services[0].streams) stream.running_since = noon - minutes(1);
  CHECK(card(view_of(m), "stripe").placeholder == "No activity in 30 days");
  m.services[0].detected_at = noon - hours(1);
  for (auto& stream : m.services[0].streams) stream.last_success_at.reset();
  CHECK(card(view_of(m), "stripe").placeholder == "First data is on its way");
}

TEST_CASE("what cannot be read is judged as of when it was: the time since says nothing about it") {
  wf::Model m = model();
  m.services = {service("supabase", minutes(3)), service("stripe", hours(3))};
  m.services_load = wf::Load::ready;
  m.activity = {{"stripe", {{wf::day_of(m.now), 7, 1, 0}}}};
  m.known_at = m.now;
  m.now += hours(80);
  CHECK(card(view_of(m), "supabase").badge == wf::Badge::error);
  for (const bool failed : {true, false}) {
    m.read_failed = failed;
    m.link = failed ? wf::Link::live : wf::Link::offline;
    CHECK(card(view_of(m), "supabase").badge == wf::Badge::active);
    CHECK(card(view_of(m), "supabase").sub_state == "fresh when last read");
    CHECK(card(view_of(m), "stripe").badge == wf::Badge::active);
    CHECK(card(view_of(m), "stripe").last_sync.words == "3 d ago");
    // Of the days since nothing is known: the last one of the chart is the one of which it is.
    CHECK(card(view_of(m), "stripe").activity.back() == 7);
    CHECK(card(view_of(m), "stripe").days.back() == wf::DayState::ok);
    CHECK(view_of(m).link ==
          (failed ? "no answer from the database, as of 3 d ago" : "offline, as of 3 d ago"));
  }
}

TEST_CASE("the page says how changes reach it") {
  auto m = model();
  CHECK(wf::link_words(m) == "live");
  m.last_change = noon - seconds(20);
  CHECK(wf::link_words(m) == "live, changed just now");
  m.last_change = noon - minutes(4);
  CHECK(wf::link_words(m) == "live, last change 4 min ago");
  m.link = wf::Link::polling;
  CHECK(wf::link_words(m) == "checking every 15 s");
  m.link = wf::Link::offline;
  CHECK(wf::link_words(m) == "offline");
  m.read_failed = true;
  CHECK(wf::link_words(m) == "offline");
  m.link = wf::Link::polling;
  CHECK(wf::link_words(m) == "no answer from the database");
  m.slug = "nobodys";
  CHECK(wf::link_words(m).empty());
}

TEST_CASE("the card of the page's own database says how it answers from here", "[view]") {
  wf::Model m = model();
  m.services = {service("supabase", minutes(3)), service("stripe", hours(3))};
  const auto live = [&] { return card(view_of(m), "supabase").last_sync; };
  const auto state = [&] { return card(view_of(m), "supabase").sub_state; };
  CHECK(live().words == "3 min ago");  // not read yet
  m.read_time = std::chrono::milliseconds(41);
  CHECK(live().label == "Live");
  CHECK(live().words == "answers in 41 ms");
  CHECK(state() == "fresh");
  m.link = wf::Link::polling;
  CHECK(live().label == "Not live");
  CHECK(live().words == "answers in 41 ms");
  CHECK(live().tone == wf::Tone::late);
  m.link = wf::Link::offline;
  CHECK(live().words == "not reached from here");
  CHECK(state() == "fresh when last read");
  m.link = wf::Link::connecting;
  CHECK(live().words == "3 min ago");
  m.read_time.reset();
  m.read_failed = true;  // whatever the link is
  for (const auto link : {wf::Link::live, wf::Link::polling, wf::Link::connecting, wf::Link::offline}) {
    m.link = link;
    CHECK(live().words == "not reached from here");
    CHECK(live().tone == wf::Tone::late);
    CHECK(state() == "fresh when last read");
    CHECK(view_of(m).shortcuts.front().tone == wf::Tone::late);
  }
  CHECK(card(view_of(m), "stripe").sub_state == "fresh");
  CHECK(card(view_of(m), "stripe").last_sync.label == "Last sync");
}
