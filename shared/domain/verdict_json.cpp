#include "shared/domain/verdict_json.hpp"

namespace wf {

namespace {

Json text(std::string_view value) { return std::string(value); }
Json time_or_null(std::optional<UnixSeconds> at) { return at ? Json(format_time(*at)) : Json(); }

Json clock_json(const Clock& clock) {
  return {{"label", text(clock.label)},       {"at", time_or_null(clock.at)},
          {"age_secs", clock.age.count()},    {"limit_secs", clock.limit.count()},
          {"state", text(name(clock.state))}, {"words", clock.words}};
}

Json silence_json(const Silence& silence) {
  return {{"last_event_at", time_or_null(silence.last_event_at)},
          {"quiet_for_secs", silence.quiet_for.count()},
          {"usual_gap_secs", silence.usual_gap ? Json(silence.usual_gap->count()) : Json()},
          {"unusual", silence.unusual},
          {"words", silence.words}};
}

}  // namespace

Json to_json(const Verdict& verdict) {
  Json out = {{"badge", text(name(verdict.badge))},
              {"sub_state", text(name(verdict.sub_state))},
              {"words", verdict.words},
              {"rule", text(verdict.rule)},
              {"kind", verdict.kind ? text(name(*verdict.kind)) : Json()},
              {"who", text(verdict.who)},
              {"next_step", verdict.next_step},
              {"stream", verdict.stream},
              {"partition", verdict.partition},
              {"until", time_or_null(verdict.until)},
              {"last_sync_at", time_or_null(verdict.last_sync_at)},
              {"skew_secs", verdict.skew.count()},
              {"silence", verdict.silence ? silence_json(*verdict.silence) : Json()}};
  out["clocks"] = empty_list();
  for (const Clock& clock : verdict.clocks) out["clocks"].push_back(clock_json(clock));
  out["evidence"] = empty_list();
  for (const Evidence& item : verdict.evidence) {
    out["evidence"].push_back({{"label", item.label}, {"value", item.value}, {"at", time_or_null(item.at)}});
  }
  return out;
}

}  // namespace wf
