#include "shared/connectors/cloudflare/windows.hpp"

#include <algorithm>
#include <utility>

namespace wf::cloudflare {
namespace {

// A later page is asked for later: what was just young enough must still be.
constexpr std::chrono::seconds margin = std::chrono::hours(1);

std::optional<UnixSeconds> time_at(const Json& pair, std::size_t index) {
  const auto text = as_string(pair[index]);
  return text ? parse_time(*text) : std::nullopt;
}

}  // namespace

UnixSeconds round_down(UnixSeconds time, std::chrono::seconds unit) {
  const auto since = time.time_since_epoch();
  const auto rest = ((since % unit) + unit) % unit;
  return time - rest;
}

UnixSeconds round_up(UnixSeconds time, std::chrono::seconds unit) {
  const UnixSeconds down = round_down(time, unit);
  return down == time ? time : down + unit;
}

Span first_span(const Window& window, std::chrono::seconds unit, std::chrono::seconds length) {
  const UnixSeconds to = round_down(window.to, unit) + unit;
  const UnixSeconds from = std::max(round_down(window.from, unit), to - length);
  return {std::min(from, to - unit), to};
}

Plan make_plan(const Window& window, Span first, std::chrono::seconds unit, const Limits& limits,
               UnixSeconds now) {
  Plan plan{{first}, limits.page_size};
  const UnixSeconds earliest = round_up(now - limits.kept + margin, unit);
  const UnixSeconds from = std::max(round_down(window.from, unit), earliest);
  const auto longest = std::max(limits.longest - limits.longest % unit, unit);
  for (UnixSeconds to = first.from; to > from; to -= longest)
    plan.spans.push_back({std::max(from, to - longest), to});
  return plan;
}

Plan read_plan(const Json& position) {
  Plan plan{{}, find_int64(position, "page_size").value_or(0)};
  const Json* spans = find_array(position, "spans");
  if (!spans) return plan;
  for (const Json& pair : *spans) {
    if (!pair.is_array() || pair.size() != 2) continue;
    const auto from = time_at(pair, 0);
    const auto to = time_at(pair, 1);
    if (from && to && *from < *to) plan.spans.push_back({*from, *to});
  }
  return plan;
}

Json to_json(const Plan& plan) {
  Json spans = Json::array();
  for (const Span& span : plan.spans) {
    Json pair = Json::array();
    pair.push_back(format_time(span.from));
    pair.push_back(format_time(span.to));
    spans.push_back(std::move(pair));
  }
  return {{"spans", std::move(spans)}, {"page_size", plan.page_size}};
}

bool split(Plan& plan, std::chrono::seconds unit) {
  if (plan.spans.empty()) return false;
  const Span whole = plan.spans.front();
  const auto units = (whole.to - whole.from) / unit;
  if (units < 2) return false;
  const UnixSeconds middle = whole.from + unit * (units / 2);
  plan.spans.front() = {whole.from, middle};
  plan.spans.insert(plan.spans.begin(), Span{middle, whole.to});
  return true;
}

bool clamp(Plan& plan, UnixSeconds earliest) {
  if (plan.spans.empty() || plan.spans.front().from >= earliest) return false;
  std::vector<Span> young;
  for (const Span& span : plan.spans)
    if (span.to > earliest) young.push_back({std::max(span.from, earliest), span.to});
  plan.spans = std::move(young);
  return true;
}

std::optional<Json> after_first(Plan plan) {
  if (plan.spans.size() < 2) return std::nullopt;
  plan.spans.erase(plan.spans.begin());
  return to_json(plan);
}

}  // namespace wf::cloudflare
