#include <algorithm>

#include "shared/base/text.hpp"
#include "view_model.hpp"

using namespace view_model;

namespace {

std::vector<std::string> shown(const wf::IntegrationsView& view) {
  std::vector<std::string> services;
  for (const auto& group : view.groups) {
    for (const auto& card : group.cards) services.push_back(card.service);
  }
  return services;
}

}  // namespace

TEST_CASE("a date that the provider still moves is called provisional") {
  wf::Model m = model();
  m.services = {service("search_console", hours(3))};
  CHECK(card(view_of(m), "search_console").clocks[2].label == "Provider's lag");
  m.services[0].streams[0].provisional_until = wf::day_of(m.now) + std::chrono::days(2);
  CHECK(card(view_of(m), "search_console").clocks[2].label == "Provisional");
  CHECK(card(view_of(m), "search_console").clocks[2].words == "until 25 Nov");
}

TEST_CASE("cards come worst first, and only for services of this workspace") {
  const auto view = view_of(model());
  CHECK(shown(view) == std::vector<std::string>{"meta", "search_console", "stripe", "google_ads"});
  CHECK(view.total == 4);
  CHECK(view.shortcuts.size() == 4);
}

TEST_CASE("in a low window the least urgent services leave the side bar first") {
  const auto all = view_of(model()).shortcuts;
  const auto ids = [&](std::size_t room) {
    std::vector<std::string> services;
    for (const auto& shortcut : wf::shortcuts_in(all, room)) services.push_back(shortcut.service);
    return services;
  };
  using Ids = std::vector<std::string>;
  CHECK(ids(9) == Ids{"stripe", "google_ads", "search_console", "meta"});
  CHECK(ids(4) == ids(9));
  CHECK(ids(3) == Ids{"stripe", "search_console", "meta"});
  CHECK(ids(2) == Ids{"search_console", "meta"});
  CHECK(ids(1) == Ids{"meta"});
  CHECK(ids(0).empty());
}

TEST_CASE("the cards of one category stand together, at the place of the worst of them") {
  auto m = model();
  m.services.push_back(service("pagespeed", hours(24)));
  const auto view = view_of(m);
  CHECK(shown(view) ==
        std::vector<std::string>{"meta", "search_console", "pagespeed", "stripe", "google_ads"});
  CHECK(view.groups[1].label == "SEO");
  CHECK(view.groups[1].cards.size() == 2);
}

TEST_CASE("the summary counts cards, whatever is filtered") {
  const auto all = view_of(model());
  REQUIRE(all.summary.size() == 2);
  CHECK(all.summary[0] == "3 active");
  CHECK(all.summary[1] == "1 needs attention");
  CHECK(view_of(model(), {.search = "stripe"}).summary == all.summary);
}

TEST_CASE("search looks into names, categories, data and states, word by word") {
  const auto find = [](std::string text) { return shown(view_of(model(), {.search = std::move(text)})); };
  CHECK(find("STRIPE") == std::vector<std::string>{"stripe"});
  CHECK(find("payment links") == std::vector<std::string>{"stripe"});
  CHECK(find("google late") == std::vector<std::string>{"search_console"});
  // Anywhere in a name, "mail" in Email, but no short word within another, and no badge within its opposite.
  CHECK(find("rip") == std::vector<std::string>{"stripe"});
  CHECK(find("onsole") == std::vector<std::string>{"search_console"});
  CHECK(find("ai").empty());
  CHECK(find("  ").size() == 4);
  CHECK(find("nothing like it").empty());
}

TEST_CASE("category and status filters narrow together") {
  CHECK(shown(view_of(model(), {.category = wf::Category::social})) == std::vector<std::string>{"meta"});
  CHECK(shown(view_of(model(), {.status = wf::Badge::error})) == std::vector<std::string>{"meta"});
  CHECK(shown(view_of(model(), {.category = wf::Category::payments, .status = wf::Badge::error})).empty());
}

TEST_CASE("only categories with a card are offered") {
  const auto view = view_of(model());
  using enum wf::Category;
  CHECK(view.categories ==
        std::vector<wf::CategoryFilter>{
            {std::nullopt, true}, {payments, false}, {advertising, false}, {seo, false}, {social, false}});
  CHECK(view.statuses[1].count == 1);
}

TEST_CASE("a card says what somebody has to do, and who") {
  const auto view = view_of(model());
  const auto& meta = card(view, "meta");
  CHECK(meta.badge == wf::Badge::error);
  CHECK(meta.tone == wf::Tone::bad);
  CHECK(meta.notice.find("Account manager: ") == 0);
  CHECK_FALSE(meta.evidence.empty());
  CHECK(card(view, "stripe").notice.empty());
  // Developers do not read it: whoever does is to tell them.
  auto m = model();
  m.services = {service("stripe", hours(3))};
  auto& failing = m.services.front().streams.front();
  failing.failure_kind = wf::ErrorKind::ours;
  failing.failed_at = noon - minutes(5);
  failing.failure_final = true;
  CHECK(card(view_of(m), "stripe").notice.find("Report it to the developers") == 0);
}

TEST_CASE("a card says the most unusual day of the last two weeks, and nothing when there is none") {
  auto m = model();
  const wf::Day today = wf::day_of(noon);
  const auto drop = [&](const char* label, int days_ago, double score) {
    return wf::ServiceAnomaly{.label = label,
                              .unit = "count",
                              .anomaly = {.day = today - std::chrono::days(days_ago),
                                          .kind = wf::AnomalyKind::drop,
                                          .value = 380,
                                          .expected = 1000,
                                          .low = 900,
                                          .high = 1100,
                                          .score = score,
                                          .found = today - std::chrono::days(days_ago)}};
  };
  m.anomalies["stripe"] = {drop("Old", 15, 90), drop("Refunds", 14, 5), drop("Charges", 2, 7),
                           drop("Tomorrow", -1, 90)};
  m.anomalies["google_ads"] = {drop("Old", 15, 90)};
  const auto view = view_of(m);
  const auto& stripe = card(view, "stripe");
  CHECK(stripe.anomaly == "Charges 62 % below usual on 21 Nov");
  std::vector<std::string> unusual;
  for (const auto& line : stripe.evidence)
    if (line.label == "Unusual") unusual.push_back(line.value);
  CHECK(unusual == std::vector<std::string>{"Charges 62 % below usual on 21 Nov: 380, usually 900 to 1,100",
                                            "Refunds 62 % below usual on 9 Nov: 380, usually 900 to 1,100"});
  CHECK(stripe.tone == card(view_of(model()), "stripe").tone);
  CHECK(card(view, "google_ads").anomaly.empty());
  CHECK(card(view, "meta").anomaly.empty());
  // What began long ago and showed only now is news.
  auto late = drop("Orders", 25, 6);
  late.anomaly.found = today - std::chrono::days(1);
  m.anomalies["meta"] = {late};
  CHECK(card(view_of(m), "meta").anomaly == "Orders 62 % below usual on 29 Oct");
}

TEST_CASE("a better position among search results does not read as a fall") {
  auto m = model();
  const wf::Day yesterday = wf::day_of(noon) - std::chrono::days(1);
  m.anomalies["stripe"] = {{.label = "Search position",
                            .unit = "position",
                            .anomaly = {.day = yesterday,
                                        .kind = wf::AnomalyKind::drop,
                                        .value = 5,
                                        .expected = 9.1,
                                        .low = 7.91,
                                        .high = 10.4,
                                        .score = 7,
                                        .found = yesterday}}};
  CHECK(card(view_of(m), "stripe").anomaly == "Search position 45 % better than usual on 22 Nov");
}

TEST_CASE("a state that is well keeps its tone beside what is warned of") {
  auto m = model();
  m.services.front().streams.front().unavailable = {"refunds"};
  const auto warned = card(view_of(m), "stripe");
  CHECK(warned.sub_state == "fresh · not given: refunds");
  CHECK(warned.state_tone == wf::Tone::plain);
  CHECK(warned.tone == wf::Tone::late);
  m.now = noon + hours(24);
  CHECK(card(view_of(m), "stripe").state_tone == wf::Tone::late);
}

TEST_CASE("the clock alone turns a card late, then red") {
  auto m = model();
  CHECK(card(view_of(m), "stripe").tone == wf::Tone::plain);
  m.now = noon + hours(24);
  CHECK(card(view_of(m), "stripe").tone == wf::Tone::late);
  CHECK(card(view_of(m), "stripe").badge == wf::Badge::active);
  m.now = noon + hours(48);
  CHECK(card(view_of(m), "stripe").badge == wf::Badge::error);
}

TEST_CASE("a view changes only when something that is shown does") {
  auto m = model();
  const auto before = view_of(m);
  m.now += seconds(20);
  CHECK(view_of(m) == before);
  m.now += hours(1);
  CHECK_FALSE(view_of(m) == before);
}

TEST_CASE("exact times are the zone's, relative ones are in words") {
  const auto view = view_of(model());
  const auto& stripe = card(view, "stripe");
  CHECK(stripe.last_sync.words == "3 h ago");
  CHECK(stripe.last_sync.exact == "2026-11-23T09:00:00Z");
  CHECK(stripe.clocks[0].words == "3 h ago");
  auto m = model();
  m.services.front().streams.clear();
  CHECK(card(view_of(m), "stripe").last_sync.words == "never");
}

TEST_CASE("an explanation's time stands with what happened then") {
  wf::Model m = model();
  m.services = {service("meta", hours(20))};
  auto& failing = m.services.front().streams.front();
  failing.failure_kind = wf::ErrorKind::provider;
  failing.failure_message = "answered 500";
  failing.failed_at = noon - minutes(5);
  failing.failures = 2;
  const auto view = view_of(m);
  const auto& evidence = card(view, "meta").evidence;
  const auto values = [&] {
    std::vector<std::string> all;
    for (const auto& one : evidence) all.push_back(one.value);
    return all;
  }();
  CHECK(values[1] == "failed 5 min ago · 11:55: answered 500; 2 attempts in a row failed");
  CHECK(values[2] == "last success 20 h ago · 16:00, 12 rows");
}

TEST_CASE("an explanation says what the card draws") {
  wf::Model m = model();
  const auto today = wf::day_of(noon);
  m.activity = {{"stripe", {{today - std::chrono::days(1), 3, 1, 0}, {today, 4, 1, 1}}}};
  const auto view = view_of(m);
  const auto& evidence = card(view, "stripe").evidence;
  REQUIRE(evidence.size() >= 2);
  CHECK(evidence[evidence.size() - 2].value == "7 rows in the last 30 days, most on 23 Nov: 4");
  CHECK(evidence.back().value == "Last 30 days: 1 fine, 1 mixed (23 Nov), 28 without a sync");
  CHECK(card(view, "google_ads").evidence.back().label != "Syncs");
}

TEST_CASE("a day of the provider's is told as no moment") {
  wf::Model m = model();
  m.services = {service("search_console", hours(30)), service("stripe", hours(3)),
                service("cloudflare", hours(1))};
  const auto view = view_of(m);
  CHECK(card(view, "search_console").clocks[1].words == "22 Nov");
  CHECK(card(view, "search_console").clocks[1].exact.empty());
  CHECK(card(view, "cloudflare").clocks[1].words == "1 h ago");
  CHECK(card(view, "cloudflare").clocks[1].exact == wf::format_time(noon - hours(1)));
  CHECK(card(view, "stripe").clocks[1].exact == wf::format_time(noon - hours(3)));
}

TEST_CASE("whoever may write can ask for a sync of what is set up and synced") {
  wf::Model m = model();
  m.services.push_back(service("supabase", minutes(3)));  // the page reads it by itself
  m.services.push_back(service("openai", hours(3)));      // on demand
  CHECK_FALSE(card(view_of(m), "stripe").can_sync);
  m.workspaces.front().may_write = true;
  m.services[1].enabled = false;
  m.services[2].present_keys.pop_back();
  auto view = view_of(m);
  CHECK(card(view, "stripe").can_sync);
  CHECK(card(view, "meta").can_sync);  // that its sign-in was renewed shows with the next one
  for (const char* without : {"google_ads", "search_console", "supabase", "openai"})
    CHECK_FALSE(card(view, without).can_sync);
  m.sync_answers["stripe"].words = "A sync begins within seconds.";
  view = view_of(m);
  CHECK(card(view, "stripe").sync_answer == "A sync begins within seconds.");
  CHECK(card(view, "meta").sync_answer.empty());
  m.sync_answers["stripe"] = {.words = {}, .taken_at = {}, .ended_at = m.now};
  view = view_of(m);
  CHECK(card(view, "stripe").sync_answer == "Sync ended: " + card(view, "stripe").sub_state);
}

TEST_CASE("the line of a service that has stopped says so") {
  auto m = model();
  const wf::Day today = wf::day_of(m.now);
  m.activity.emplace();
  for (const char* id : {"stripe", "meta", "search_console"})
    (*m.activity)[id] = {{.day = today - std::chrono::days(3), .rows = 800}, {.day = today, .rows = 400}};
  const auto words = [&](std::string_view id) { return card(view_of(m), id).activity_words; };
  CHECK(words("stripe") == "1,200 rows in the last 30 days, most on 20 Nov: 800");
  CHECK(words("meta") == words("stripe") + "; now " + card(view_of(m), "meta").sub_state);
  CHECK(wf::starts_with(words("search_console"), words("stripe") + "; now late"));
}
