#include "shared/domain/judge.hpp"

#include <algorithm>
#include <catch_amalgamated.hpp>

#include "shared/base/text.hpp"

namespace {

using namespace std::chrono_literals;
using wf::Badge;
using wf::SubState;

const wf::UnixSeconds start = *wf::parse_time("2026-11-23T03:00:00Z");

wf::ServiceFacts healthy_stripe() {
  wf::ServiceFacts facts{.client_id = "c", .service = "stripe"};
  facts.present_keys = {"stripe.secret_key", "stripe.webhook_secret"};
  facts.detected_at = start - 240h;
  for (const auto& stream : wf::find_service("stripe")->streams) {
    wf::StreamFacts sync;
    sync.stream = std::string(stream.name);
    sync.last_attempt_at = start;
    sync.last_success_at = start;
    facts.streams.push_back(sync);
  }
  return facts;
}

wf::Verdict judge_stripe(const wf::ServiceFacts& facts, wf::UnixSeconds now) {
  return wf::judge(*wf::find_service("stripe"), facts, now);
}

wf::Judged card(Badge badge, SubState state) {
  wf::Verdict verdict;
  verdict.badge = badge;
  verdict.sub_state = state;
  return {wf::find_service("stripe"), verdict};
}

}  // namespace

TEST_CASE("a card that nothing happens to goes fresh, due, late and red by the clock alone") {
  const auto facts = healthy_stripe();
  CHECK(judge_stripe(facts, start + 1h).sub_state == SubState::fresh);
  CHECK(judge_stripe(facts, start + 25h).sub_state == SubState::due);
  const auto late = judge_stripe(facts, start + 27h);
  CHECK(late.badge == Badge::active);
  CHECK(late.sub_state == SubState::late);
  const auto red = judge_stripe(facts, start + 51h);
  CHECK(red.badge == Badge::error);
  CHECK(red.sub_state == SubState::overdue);
}

TEST_CASE("green is never given without a success of every stream inside error_after") {
  // Each stream in turn loses one thing that green rests on.
  for (std::size_t i = 0; i < healthy_stripe().streams.size(); ++i) {
    auto never = healthy_stripe();
    never.streams[i].last_success_at.reset();
    CHECK(judge_stripe(never, start + 1h).badge != Badge::active);
    auto old = healthy_stripe();
    old.streams[i].last_success_at = start - 60h;
    CHECK(judge_stripe(old, start).badge == Badge::error);
    auto unproven = healthy_stripe();
    unproven.streams[i].last_attempt_at.reset();
    CHECK(judge_stripe(unproven, start + 1h).badge != Badge::active);
    auto absent = healthy_stripe();
    absent.streams.erase(absent.streams.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK(judge_stripe(absent, start + 1h).badge != Badge::active);
  }
}

TEST_CASE("the order of the rows does not change the verdict") {
  auto facts = healthy_stripe();
  facts.streams[1].last_success_at = start - 60h;
  const auto before = judge_stripe(facts, start);
  std::reverse(facts.streams.begin(), facts.streams.end());
  const auto after = judge_stripe(facts, start);
  CHECK(before.words == after.words);
  CHECK(before.stream == after.stream);
}

TEST_CASE("no clock of a card ever lies in the future") {
  auto facts = healthy_stripe();
  facts.streams[0].newest_row_at = start + 2h;
  for (const auto& clock : judge_stripe(facts, start - 1h).clocks) {
    CHECK(clock.age >= 0s);
    if (clock.at) CHECK(*clock.at <= start - 1h);
  }
}

TEST_CASE("a time in the words can be told in the workspace's zone") {
  auto facts = healthy_stripe();
  facts.streams[0].rate_limited_until = start + 90min;
  const auto verdict = judge_stripe(facts, start + 1h);
  CHECK(verdict.words == "rate limited until 04:30 UTC (charges)");
  CHECK(wf::words_with_time(verdict, "05:30") == "rate limited until 05:30 (charges)");
  CHECK(wf::words_with_time(judge_stripe(healthy_stripe(), start), "05:30") == "fresh");
}

TEST_CASE(
    "what comes next is said of the first warning, and of refused deliveries only where the key is known") {
  auto facts = healthy_stripe();
  facts.webhook = wf::StreamFacts{.stream = "webhook"};
  facts.webhook->bad_signatures = 3;
  facts.webhook->last_bad_signature_at = start - 200h;
  CHECK(judge_stripe(facts, start + 1h).next_step.empty());
  facts.webhook->refused_key = "stripe.webhook_secret";
  CHECK(wf::contains(judge_stripe(facts, start + 1h).next_step, "signing secret"));
  facts.streams[0].credentials_expire_at = start + 72h;
  CHECK(wf::contains(judge_stripe(facts, start + 1h).next_step, "Renew the key or sign-in of Stripe"));

  wf::ServiceFacts unseen{.client_id = "c", .service = "cloudflare"};
  unseen.present_keys = {"cloudflare.api_token", "cloudflare.account_id", "cloudflare.zone_id"};
  unseen.streams = {{.stream = "zone", .partition = "z"}};
  unseen.streams[0].last_attempt_at = unseen.streams[0].last_success_at = start;
  unseen.streams[0].credentials_expire_at = start + 72h;
  const auto verdict = wf::judge(*wf::find_service("cloudflare"), unseen, start);
  CHECK(wf::contains(verdict.words, "nothing found"));
  CHECK(wf::contains(verdict.next_step, "Renew the key or sign-in of Cloudflare"));
}

TEST_CASE("a key that is missing is to be added, not looked at") {
  auto facts = healthy_stripe();
  facts.present_keys = {"stripe.webhook_secret"};
  CHECK(judge_stripe(facts, start).next_step == "Add what is missing to the settings of Stripe.");
}

TEST_CASE("an access that has ended is that of all streams, also where one was late") {
  auto facts = healthy_stripe();
  facts.streams[0].last_success_at = start - 27h;
  facts.streams[0].credentials_expire_at = start + 30min;
  CHECK(judge_stripe(facts, start).words.starts_with("late: charges"));
  CHECK(judge_stripe(facts, start + 1h).words == "sign-in expired");
}

namespace {

// A service of one stream that is split, the first partition succeeded an hour ago.
constexpr wf::Key split_keys[] = {{.name = "split.key"}, {.name = "split.urls", .secret = false}};
constexpr wf::StreamDescriptor split_streams[] = {
    {.name = "runs", .label = "runs", .partitioned_by = "split.urls"}};
const wf::Descriptor split{.id = "split",
                           .name = "Split",
                           .thresholds = {.expected_every = 24h, .warn_after = 26h, .error_after = 50h},
                           .keys = split_keys,
                           .streams = split_streams};

wf::StreamFacts partition(const char* name, wf::UnixSeconds at) {
  wf::StreamFacts facts;
  facts.stream = "runs";
  facts.partition = name;
  facts.last_attempt_at = at;
  facts.last_success_at = at;
  return facts;
}

wf::ServiceFacts split_facts() {
  wf::ServiceFacts facts{.client_id = "c", .service = "split"};
  facts.present_keys = {"split.key", "split.urls"};
  facts.detected_at = start - 240h;
  facts.streams = {partition("https://a/", start - 1h), partition("https://b/", start - 1h)};
  return facts;
}

}  // namespace

TEST_CASE("a failing partition makes the card partial and is named with its stream") {
  auto facts = split_facts();
  CHECK(wf::judge(split, facts, start).sub_state == SubState::fresh);
  facts.streams[1].failure_kind = wf::ErrorKind::configuration;
  facts.streams[1].failure_final = true;
  facts.streams[1].failed_at = start;
  const auto verdict = wf::judge(split, facts, start);
  CHECK(verdict.badge == Badge::error);
  CHECK(verdict.sub_state == SubState::partial);
  CHECK(verdict.words == "partial: runs of https://b/ (settings refused)");
  CHECK(verdict.stream == "runs");
  CHECK(verdict.partition == "https://b/");
  REQUIRE(verdict.evidence.size() == 3);
  CHECK(verdict.evidence[1].label == "runs of https://a/");
  CHECK(verdict.evidence[1].value == "last success 1 h ago");
}

TEST_CASE("green needs every partition; one that never ran is waited for, one that stopped is overdue") {
  auto facts = split_facts();
  facts.streams[1] = wf::StreamFacts{.stream = "runs", .partition = "https://b/"};
  facts.detected_at = start - 2h;
  CHECK(wf::judge(split, facts, start).sub_state == SubState::waiting);
  facts.streams[1] = partition("https://b/", start - 60h);
  const auto overdue = wf::judge(split, facts, start);
  CHECK(overdue.sub_state == SubState::overdue);
  CHECK(overdue.words == "overdue: runs of https://b/");
  facts.streams.clear();
  CHECK(wf::judge(split, facts, start).sub_state == SubState::waiting);
  // What the stream was before it was split is no proof.
  facts.streams = {partition("", start - 1h)};
  CHECK(wf::judge(split, facts, start).sub_state == SubState::waiting);
}

TEST_CASE("a stream split by an account id that is optional and absent is not judged") {
  wf::Key keys[] = {{.name = "split.key"}, {.name = "split.urls", .secret = false, .required = false}};
  auto optional = split;
  optional.keys = keys;
  const wf::StreamDescriptor streams[] = {{.name = "all", .label = "all"}, split_streams[0]};
  optional.streams = streams;
  auto facts = split_facts();
  facts.present_keys = {"split.key"};
  facts.detected_at = start - 1h;
  facts.streams = {partition("", start - 1h)};
  facts.streams[0].stream = "all";
  CHECK(wf::judge(optional, facts, start).sub_state == SubState::fresh);
  facts.present_keys = {"split.key", "split.urls"};
  CHECK(wf::judge(optional, facts, start).sub_state == SubState::waiting);
}

TEST_CASE("all services are judged, in the order of the catalogue") {
  const auto judged = wf::judge_all({}, start);
  REQUIRE(judged.size() == wf::catalogue().size());
  for (const auto& one : judged) CHECK(one.verdict.badge == Badge::not_relevant);
  CHECK(wf::join(wf::summary_parts(judged), ", ") == "nothing is configured yet");
}

TEST_CASE("worst first, the catalogue's order among equals") {
  std::vector<wf::Judged> judged{card(Badge::not_relevant, SubState::not_relevant),
                                 card(Badge::inactive, SubState::missing),
                                 card(Badge::active, SubState::fresh),
                                 card(Badge::active, SubState::late),
                                 card(Badge::inactive, SubState::empty),
                                 card(Badge::error, SubState::overdue)};
  judged[2].descriptor = wf::find_service("meta");
  judged.insert(judged.begin(), card(Badge::active, SubState::due));
  wf::sort_worst_first(judged);
  const std::vector<SubState> wanted{SubState::overdue,     SubState::empty, SubState::late,
                                     SubState::due,         SubState::fresh, SubState::missing,
                                     SubState::not_relevant};
  for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(judged[i].verdict.sub_state == wanted[i]);
}

TEST_CASE("the summary counts every card once") {
  std::vector<wf::Judged> judged(5, card(Badge::active, SubState::fresh));
  judged.push_back(card(Badge::error, SubState::partial));
  judged.push_back(card(Badge::inactive, SubState::missing));
  judged.push_back(card(Badge::not_relevant, SubState::not_relevant));
  CHECK(wf::join(wf::summary_parts(judged), ", ") == "5 active, 1 needs attention, 1 not set up");
  judged.push_back(card(Badge::inactive, SubState::empty));
  judged.push_back(card(Badge::inactive, SubState::waiting));
  judged.push_back(card(Badge::inactive, SubState::disabled));
  judged.push_back(card(Badge::inactive, SubState::idle));
  CHECK(wf::join(wf::summary_parts(judged), ", ") ==
        "5 active, 2 need attention, 1 waiting, 1 not in use, 1 switched off, 1 not set up");
  judged.push_back(card(Badge::inactive, SubState::waiting));
  judged.back().verdict.rule = "never_used";  // nobody asked: it waits for nothing
  CHECK(wf::join(wf::summary_parts(judged), ", ") ==
        "5 active, 2 need attention, 1 waiting, 2 not in use, 1 switched off, 1 not set up");
}

TEST_CASE("a warning outlasts the time that the page writes in its own zone") {
  auto facts = healthy_stripe();
  facts.streams[0].credentials_expire_at = start + 100h;
  facts.streams[0].provisional_until = wf::day_of(start) + std::chrono::days{2};
  const auto verdict = judge_stripe(facts, start + 1h);
  CHECK(verdict.words == "provisional until 25 Nov · access ends in 4 d: account manager, renew it");
  CHECK(wf::words_with_time(verdict, "Wednesday") ==
        "provisional until Wednesday · access ends in 4 d: account manager, renew it");
}

TEST_CASE("a sign-in that ended is red for every service, and only the newest proof takes it back") {
  auto facts = healthy_stripe();
  facts.streams[1].credentials_expire_at = start + 1h;
  CHECK(judge_stripe(facts, start + 59min).badge == Badge::active);
  const auto ended = judge_stripe(facts, start + 1h);
  CHECK(ended.badge == Badge::error);
  CHECK(ended.sub_state == SubState::sign_in_expired);
  CHECK(wf::words_with_time(ended, "noon") == "sign-in expired");
  facts.streams[2].last_success_at = start + 2h;
  CHECK(judge_stripe(facts, start + 3h).badge == Badge::active);
  facts.streams[1].enabled = false;
  CHECK(judge_stripe(facts, start + 1h).badge == Badge::active);
}

TEST_CASE("of what is switched off, lacks its keys or cannot be read nothing is tried again") {
  const auto tells_next_try = [](const wf::ServiceFacts& facts) {
    const auto verdict = judge_stripe(facts, start + 1h);
    return std::any_of(verdict.evidence.begin(), verdict.evidence.end(),
                       [](const auto& one) { return wf::contains(one.value, "next try in 1 h"); });
  };
  auto facts = healthy_stripe();
  facts.streams[0].failure_kind = wf::ErrorKind::provider;
  facts.streams[0].failure_message = "answered 500";
  facts.streams[0].failed_at = start;
  facts.streams[0].next_try_at = start + 2h;
  CHECK(tells_next_try(facts));
  facts.detection_problem = "not a JSON object";
  CHECK_FALSE(tells_next_try(facts));
  facts.detection_problem.clear();
  facts.present_keys = {"stripe.webhook_secret"};
  CHECK_FALSE(tells_next_try(facts));
  facts.enabled = false;
  CHECK_FALSE(tells_next_try(facts));
}
