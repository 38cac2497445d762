#pragma once
// A page's model at noon, and what its view says: what the tests of views share.

#include <catch_amalgamated.hpp>

#include "web-ui/screens/integrations_view.hpp"

namespace view_model {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

inline const wf::UnixSeconds noon = *wf::parse_time("2026-11-23T12:00:00Z");

inline wf::TimeTexts utc() {
  return {.exact = [](wf::UnixSeconds at) { return wf::format_time(at); },
          .brief = [](wf::UnixSeconds at) { return wf::format_clock(at); },
          .day = [](wf::UnixSeconds at) { return wf::day_of(at); }};
}

inline wf::StreamFacts stream(std::string name, seconds age) {
  wf::StreamFacts facts;
  facts.stream = std::move(name);
  facts.last_attempt_at = facts.last_success_at = facts.newest_row_at = noon - age;
  facts.last_rows = 12;
  return facts;
}

inline wf::ServiceFacts service(std::string_view id, seconds age) {
  wf::ServiceFacts facts;
  facts.service = std::string(id);
  facts.detected_at = noon - hours(1000);
  const wf::Descriptor* descriptor = wf::find_service(id);
  for (const auto& key : descriptor->keys) {
    if (key.required) facts.present_keys.emplace_back(key.name);
  }
  for (const auto& one : descriptor->streams) {
    facts.streams.push_back(stream(std::string(one.name), age));
    if (!one.partitioned_by.empty()) facts.streams.back().partition = "one";
  }
  if (facts.streams.empty()) facts.streams.push_back(stream("rows", age));
  return facts;
}

/// Stripe and Google Ads fresh, Search Console late, Meta's sign-in expired.
inline wf::Model model() {
  wf::Model m;
  m.now = noon;
  m.services_load = m.workspaces_load = wf::Load::ready;
  m.link = wf::Link::live;
  m.workspaces = {{.slug = "northwind-dental", .name = "Northwind Dental"}};
  m.slug = "northwind-dental";
  m.services = {service("stripe", hours(3)), service("google_ads", hours(4)),
                service("search_console", hours(30)), service("meta", hours(20))};
  auto& meta = m.services.back().streams.front();
  meta.failure_kind = wf::ErrorKind::credentials;
  meta.failed_at = noon - hours(1);
  meta.failures = 5;
  meta.failure_final = true;
  return m;
}

inline wf::IntegrationsView view_of(const wf::Model& m, const wf::IntegrationsState& state = {}) {
  return wf::select_integrations(state, m, utc());
}

inline const wf::CardView& card(const wf::IntegrationsView& view, std::string_view id) {
  for (const auto& group : view.groups) {
    for (const auto& one : group.cards) {
      if (one.service == id) return one;
    }
  }
  FAIL("no card of " << id);
  std::abort();
}

}  // namespace view_model
