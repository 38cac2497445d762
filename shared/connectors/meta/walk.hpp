#pragma once
// The way through an account's figures: group by group, in each by stretches of days, the newest first,
// and for each stretch metric by metric. Where it stands is the scan's position.

#include <span>
#include <string>
#include <vector>

#include "shared/connectors/meta/insights.hpp"

namespace wf::meta {

struct Step {
  std::size_t group = 0;
  std::size_t metric = 0;
  Day first{};  // of the stretch that is asked for, both ends inclusive
  Day last{};
  std::vector<std::string> lost;  // names that Meta refused in this scan: not asked for again
  bool heard = false;             // some metric of this stretch had a figure
  std::int64_t silent = 0;        // stretches in a row that had none
  // A metric that was refused before any other of its stretch had a figure: the position at which it is asked
  // for once more when another has one. Until then it may be the sign-in that is refused. Null: there is
  // none.
  Json doubted = {};
};

// The one that the query's position names; null, or of another shape, is the first.
Step read_step(std::span<const Group> groups, const Query& query);
// Moves on to the next one and gives its position; none: that was the last.
std::optional<Json> step_after(std::span<const Group> groups, const Query& query, Step& step);
bool is_lost(const Step& step, std::string_view name);
// `name`: of the metric that is asked for.
void doubt(Step& step, std::string_view name);
// The day that a position or a figure names.
std::optional<Day> read_day(const Json& position);

}  // namespace wf::meta
