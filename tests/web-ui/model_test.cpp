#include "web-ui/app/model.hpp"

#include <catch_amalgamated.hpp>

namespace {

using std::chrono::seconds;
using wf::UnixSeconds;

constexpr UnixSeconds asked_at{seconds{1'790'000'000}};

wf::ServiceFacts stripe(std::vector<wf::StreamFacts> streams) {
  wf::ServiceFacts facts;
  facts.service = "stripe";
  facts.streams = std::move(streams);
  return facts;
}

wf::StreamFacts stream(std::string_view name, UnixSeconds last_success_at) {
  wf::StreamFacts facts;
  facts.stream = name;
  facts.last_success_at = last_success_at;
  return facts;
}

wf::Model asked() {
  wf::Model model;
  const auto before = asked_at - seconds{3600};
  model.services = {stripe({stream("charges", before), stream("payouts", before)})};
  model.sync_answers = {
      {"stripe", {.words = "A sync begins within seconds.", .taken_at = asked_at, .ended_at = {}}},
      {"meta", {.words = "Nothing answers.", .taken_at = {}, .ended_at = {}}}};
  return model;
}

}  // namespace

TEST_CASE("what was told of a sync goes when it has ended, and no sooner") {
  wf::Model model = asked();
  const auto take = [&](auto change) {
    auto services = model.services;
    change(services.front().streams);
    wf::take_services(model, std::move(services));
    return !model.sync_answers.at("stripe").ended_at;
  };
  const auto nothing = [](auto&) {};
  const auto begin = [](auto& streams) {
    for (auto& one : streams) one.running_since = asked_at;
  };
  CHECK(take(nothing));
  SECTION("well") {
    CHECK(take(begin));
    CHECK(take([](auto& streams) {
      streams[0].running_since.reset();
      streams[0].last_success_at = asked_at + seconds{2};
    }));
    CHECK_FALSE(take([](auto& streams) {
      streams[1].running_since.reset();
      streams[1].last_success_at = asked_at + seconds{3};
    }));
  }
  SECTION("badly") {
    CHECK(take(begin));
    CHECK_FALSE(take([](auto& streams) {
      for (auto& one : streams) one.running_since.reset();
      streams[1].failed_at = asked_at + seconds{3};
    }));
  }
  SECTION("so soon that nobody saw it run") {
    CHECK_FALSE(take([](auto& streams) { streams[0].last_success_at = asked_at + seconds{1}; }));
  }
  CHECK(model.sync_answers.contains("meta"));
}

TEST_CASE("how a sync ended is told to whoever asked, for a while") {
  wf::Model model = asked();
  wf::answer_sync(model, "stripe", "A sync of this is under way", false);
  wf::answer_sync(model, "stripe", "", false);  // read by now
  CHECK(model.sync_answers.at("stripe").words.empty());
  wf::answer_sync(model, "meta", "", false);  // it was refused, so nothing is waited for
  wf::answer_sync(model, "openai", "", false);
  CHECK(model.sync_answers.size() == 1);
  auto services = model.services;
  services.front().streams[0].last_success_at = asked_at + seconds{3};
  model.now = asked_at + seconds{4};
  wf::take_services(model, services);
  CHECK(model.sync_answers.at("stripe").ended_at == model.now);
  CHECK(model.sync_answers.at("stripe").words.empty());
  wf::answer_sync(model, "stripe", "", false);
  wf::forget_sync_ends(model);
  CHECK(model.sync_answers.contains("stripe"));
  model.now += wf::sync_end_shown;
  wf::forget_sync_ends(model);
  CHECK(model.sync_answers.empty());
  wf::answer_sync(model, "stripe", "A sync begins within seconds.", true);
  model.now += wf::sync_end_awaited;
  wf::forget_sync_ends(model);
  CHECK(model.sync_answers.empty());  // the end of another one would be told
}
