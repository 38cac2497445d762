// The head of the page: which cards there are, in which order, and the line above them.

#include <algorithm>
#include <array>

#include "shared/domain/judge_stream.hpp"

namespace wf {

namespace {

struct Count {
  std::int64_t number = 0;
  std::string_view words;
};

// One word for each card, so that the numbers add up to the cards on the screen.
enum Group : std::uint8_t { active, attention, waiting, idle, off, not_set_up, group_count };

Group group_of(const Verdict& verdict) {
  if (needs_attention(verdict)) return attention;
  if (verdict.badge == Badge::active) return active;
  if (verdict.rule == never_used_rule) return idle;  // it waits for nothing
  switch (verdict.sub_state) {
    case SubState::missing:
      return not_set_up;
    case SubState::disabled:
      return off;
    case SubState::idle:
      return idle;
    default:
      return waiting;
  }
}

int rank(const Verdict& verdict) {
  switch (verdict.badge) {
    case Badge::error:
      return 0;
    case Badge::inactive:
      return verdict.sub_state == SubState::empty ? 1 : 5;
    case Badge::active:
      break;
    default:
      return 9;
  }
  if (verdict.sub_state == SubState::late) return 2;
  return verdict.sub_state == SubState::rate_limited ? 3 : 4;
}

}  // namespace

bool needs_attention(const Verdict& verdict) {
  return verdict.badge == Badge::error || verdict.sub_state == SubState::empty;
}

std::vector<Judged> judge_all(std::span<const ServiceFacts> facts, UnixSeconds now) {
  std::vector<Judged> judged;
  for (const Descriptor& descriptor : catalogue()) {
    const auto found = std::find_if(facts.begin(), facts.end(), [&](const ServiceFacts& candidate) {
      return candidate.service == descriptor.id;
    });
    const ServiceFacts none;
    judged.push_back({&descriptor, judge(descriptor, found != facts.end() ? *found : none, now)});
  }
  return judged;
}

void sort_worst_first(std::vector<Judged>& judged) {
  std::stable_sort(judged.begin(), judged.end(),
                   [](const Judged& a, const Judged& b) { return rank(a.verdict) < rank(b.verdict); });
}

std::vector<std::string> summary_parts(std::span<const Judged> judged) {
  std::array<Count, group_count> counts{Count{0, "active"},       Count{0, "need attention"},
                                        Count{0, "waiting"},      Count{0, "not in use"},
                                        Count{0, "switched off"}, Count{0, "not set up"}};
  for (const Judged& card : judged) {
    if (card.verdict.badge != Badge::not_relevant) ++counts[group_of(card.verdict)].number;
  }
  if (counts[attention].number == 1) counts[attention].words = "needs attention";
  std::vector<std::string> parts;
  for (const Count& count : counts)
    if (count.number > 0) parts.push_back(std::to_string(count.number) + ' ' + std::string(count.words));
  if (parts.empty()) return {"nothing is configured yet"};
  return parts;
}

}  // namespace wf
