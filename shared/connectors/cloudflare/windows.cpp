#include "shared/connectors/cloudflare/windows.hpp"

#include <algorithm>
#include <utility>

#include "shared/base/json_object.hpp"

namespace wf::cloudflare {
namespace {

// A later page is asked for later: what was just young enough must still be.
constexpr std::chrono::seconds margin = std::chrono::hours(1);

bool read_span(const Json& pair, Span& span) {
  const auto* times = pair.get_ptr<const Json::array_t*>();
  if (!times || times->size() != 2) return false;
  const auto from = parse_time(text_of(times->front()));
  const auto to = parse_time(text_of(times->back()));
  if (!from || !to || *from >= *to) return false;
  span = {*from, *to};
  return true;
}

void add_span(Json& spans, const Span& span) {
  Json pair = empty_list();
  pair.push_back(format_time(span.from));
  pair.push_back(format_time(span.to));
  spans.push_back(std::move(pair));
}

Json with_span_in_front(const Span& span, const Json& older) {
  Json spans = empty_list();
  add_span(spans, span);
  for (const Json& pair : elements(older)) spans.push_back(pair);
  return spans;
}

Json to_position(Json spans, std::int64_t page_size) {
  return JsonObject().json("spans", std::move(spans)).number("page_size", page_size).take();
}

}  // namespace

UnixSeconds round_down(UnixSeconds time, std::chrono::seconds unit) {
  return time - time.time_since_epoch() % unit;
}

UnixSeconds round_up(UnixSeconds time, std::chrono::seconds unit) {
  return round_down(time + unit - std::chrono::seconds(1), unit);
}

Span first_span(const Window& window, std::chrono::seconds unit, std::chrono::seconds length) {
  const UnixSeconds to = round_down(window.to, unit) + unit;
  const UnixSeconds from = std::max(round_down(window.from, unit), to - length);
  return {std::min(from, to - unit), to};
}

void add_older(Plan& plan, const Window& window, std::chrono::seconds unit, const Limits& limits,
               UnixSeconds now) {
  plan.page_size = limits.page_size;
  const UnixSeconds earliest = round_up(now - limits.kept + margin, unit);
  const UnixSeconds from = std::max(round_down(window.from, unit), earliest);
  const auto longest = std::max(limits.longest - limits.longest % unit, unit);
  for (UnixSeconds to = plan.first.from; to > from; to -= longest)
    add_span(plan.older, {std::max(from, to - longest), to});
}

Plan read_plan(const Json& position) {
  Plan plan{.first = {}, .page_size = find_int64(position, "page_size").value_or(0)};
  for (const Json& pair : list_in(position, "spans")) {
    if (!plan.is_new)
      plan.older.push_back(pair);
    else
      plan.is_new = !read_span(pair, plan.first);
  }
  return plan;
}

Json to_json(const Plan& plan) {
  return to_position(with_span_in_front(plan.first, plan.older), plan.page_size);
}

bool halve(Plan& plan, std::chrono::seconds unit) {
  Span& first = plan.first;
  const auto units = (first.to - first.from) / unit;
  if (units < 2) return false;
  const UnixSeconds middle = first.from + unit * (units / 2);
  plan.older = with_span_in_front({first.from, middle}, plan.older);
  first.from = middle;
  return true;
}

bool clamp(Plan& plan, UnixSeconds earliest) {
  if (plan.first.from >= earliest) return false;
  plan.first.from = earliest;
  plan.older = empty_list();
  return true;
}

std::optional<Json> after_first(const Plan& plan) {
  if (plan.older.empty()) return std::nullopt;
  return to_position(plan.older, plan.page_size);
}

}  // namespace wf::cloudflare
