#include "shared/sync/cards_flow.hpp"

#include <chrono>
#include <utility>
#include <vector>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/domain/verdict_json.hpp"

namespace wf {
namespace {

constexpr int refused = 422;
constexpr int unavailable = 503;

// Workers, tools and the database each have a clock.
constexpr std::chrono::minutes clocks_differ{5};

void answer(Turn& turn, int status, JsonObject body) {
  turn.finish(Respond{status, {{"content-type", "application/json"}}, dump(body.take())});
}

void refuse(Turn& turn, int status, std::string_view message) {
  answer(turn, status, std::move(JsonObject().text("message", message)));
}

Json cards_json(const std::vector<Judged>& judged) {
  Json cards = empty_list();
  for (const auto& [descriptor, verdict] : judged) {
    if (verdict.badge == Badge::not_relevant) continue;
    Json card = to_json(verdict);
    // Nobody looks at it on its day.
    if (verdict.until && verdict.sub_state == SubState::rate_limited)
      card["words"] = words_with_time(verdict, concat({format_short_day(day_of(*verdict.until)), " ",
                                                       format_clock(*verdict.until), " UTC"}));
    card["service"] = std::string(descriptor->id);
    card["name"] = std::string(descriptor->name);
    card["category"] = std::string(label(descriptor->category));
    cards.push_back(std::move(card));
  }
  return cards;
}

}  // namespace

void CardsFlow::start(Turn& turn) {
  JsonObject p;
  p.text("workspace", workspace_).text_or_null("at", at_);
  ask(turn, database_.call("facts_at", p.take()), &CardsFlow::on_facts);
}

void CardsFlow::on_facts(EffectResult& result, Turn& turn) {
  const auto told = read_answer(result);
  if (!told) {
    const bool away = told.error().trouble == DatabaseTrouble::away;
    return refuse(turn, away ? unavailable : refused, told.error().message);
  }
  if (is_true(*told, "unknown_workspace"))
    return refuse(turn, refused, concat({"there is no workspace ", workspace_}));
  const auto at = find_time(*told, "at");
  const auto known_since = find_time(*told, "known_since");
  if (!at) return refuse(turn, refused, "the database told no time");
  if (*at > turn.now + clocks_differ)
    return refuse(turn, refused, concat({format_time(*at), " is still to come"}));
  if (!known_since) return refuse(turn, refused, "nothing is recorded of this workspace yet");
  if (*at < *known_since)
    return refuse(
        turn, refused,
        concat({"what was before ", format_time(*known_since), " is not known (90 days are kept)"}));
  const Json* rows = find_array(*told, "facts");
  const auto facts = read_service_facts(rows ? *rows : empty_list());
  if (!facts) return refuse(turn, refused, facts.error().message);
  auto judged = judge_all(*facts, *at);
  sort_worst_first(judged);
  JsonObject body;
  body.text("name", find_text(*told, "name"))
      .text("time_zone", find_text(*told, "time_zone"))
      .text("at", format_time(*at))
      .text("summary", join(summary_parts(judged), ", "))
      .json("cards", cards_json(judged));
  answer(turn, 200, std::move(body));
}

}  // namespace wf
