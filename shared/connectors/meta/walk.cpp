#include "shared/connectors/meta/walk.hpp"

#include <algorithm>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/pacific_day.hpp"

namespace wf::meta {
namespace {

using std::chrono::days;

// An account that was made, or became a professional one, in the middle of the window has nothing
// older: asking for every day before would be hundreds of calls.
constexpr std::int64_t silent_days_at_the_beginning = 7;

// The last day that is over, and the first of the window that this group can be asked for.
Day newest_day(const Query& query) { return pacific_day(query.window.to) - days{1}; }
Day oldest_day(const Group& group, const Query& query) {
  const Day furthest = newest_day(query) - group.furthest + days{1};
  return std::min(std::max(pacific_day(query.window.from), furthest), newest_day(query));
}

void set_stretch(Step& step, const Group& group, const Query& query, Day last) {
  step.last = last;
  step.first = std::max(oldest_day(group, query), last - group.per_call + days{1});
  if (group.asked != Asked::insight) step.first = last;
}

// The first metric from `metric` on that is not lost; metrics.size() when there is none.
std::size_t living_from(const Step& step, const Group& group, std::size_t metric) {
  while (metric < group.metrics.size() && is_lost(step, group.metrics[metric].name)) ++metric;
  return metric;
}

bool is_over(const Step& step, const Group& group, const Query& query) {
  const bool nothing_older = group.per_call == days{1} && step.silent >= silent_days_at_the_beginning;
  return group.asked != Asked::insight || nothing_older || step.first <= oldest_day(group, query) ||
         living_from(step, group, 0) == group.metrics.size();
}

Json to_position(const Step& step) {
  Json lost = empty_list();
  for (const std::string& name : step.lost) lost.push_back(name);
  return JsonObject()
      .number("group", static_cast<std::int64_t>(step.group))
      .number("metric", static_cast<std::int64_t>(step.metric))
      .text("day", format_day(step.last))
      .json("lost", std::move(lost))
      .flag("heard", step.heard)
      .number("silent", step.silent)
      .json("doubted", step.doubted)
      .take();
}

void begin_group(Step& step, std::span<const Group> groups, const Query& query) {
  step.heard = false;
  step.silent = 0;
  if (step.group >= groups.size()) return;
  step.metric = living_from(step, groups[step.group], 0);
  set_stretch(step, groups[step.group], query, newest_day(query));
}

}  // namespace

std::optional<Day> read_day(const Json& position) { return parse_day(find_text(position, "day")); }

bool is_lost(const Step& step, std::string_view name) { return holds(step.lost, name); }

void doubt(Step& step, std::string_view name) {
  Step again = step;
  again.heard = true;
  step.doubted = to_position(again);
  slot(step.doubted, "name") = Json(name);
}

Step read_step(std::span<const Group> groups, const Query& query) {
  Step step;
  const Json& at = query.position;
  const auto group = static_cast<std::size_t>(find_int64(at, "group").value_or(0));
  const auto metric = static_cast<std::size_t>(find_int64(at, "metric").value_or(0));
  const auto day = read_day(at);
  if (!day || group >= groups.size() || metric >= groups[group].metrics.size()) {
    begin_group(step, groups, query);
    return step;
  }
  step.group = group;
  step.metric = metric;
  set_stretch(step, groups[group], query, *day);
  step.heard = is_true(at, "heard");
  step.silent = find_int64(at, "silent").value_or(0);
  if (const Json* doubted = find_object(at, "doubted")) step.doubted = *doubted;
  for (const Json& name : list_in(at, "lost")) step.lost.emplace_back(text_of(name));
  return step;
}

std::optional<Json> step_after(std::span<const Group> groups, const Query& query, Step& step) {
  const Group& group = groups[step.group];
  step.metric = living_from(step, group, step.metric + 1);
  if (step.metric < group.metrics.size()) return to_position(step);
  step.silent = step.heard ? 0 : step.silent + 1;
  step.heard = false;
  if (!is_over(step, group, query)) {
    set_stretch(step, group, query, step.first - days{1});
    step.metric = living_from(step, group, 0);
    return to_position(step);
  }
  do {
    ++step.group;
    begin_group(step, groups, query);
  } while (step.group < groups.size() && step.metric >= groups[step.group].metrics.size());
  if (step.group >= groups.size()) return std::nullopt;
  return to_position(step);
}

}  // namespace wf::meta
