#include "shared/connectors/meta/insights.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "shared/base/text.hpp"
#include "shared/connectors/meta/figures.hpp"
#include "shared/connectors/meta/graph.hpp"
#include "shared/connectors/meta/walk.hpp"
#include "shared/connectors/pacific_day.hpp"
#include "shared/domain/facts.hpp"
#include "shared/sync/json_object.hpp"

namespace wf::meta {
namespace {

using std::chrono::days;

constexpr std::array token_check{Metric{"access token"}};
constexpr std::array page_fields{Metric{"followers_count"}, Metric{"fan_count"}};
constexpr std::array page_metrics{Metric{"page_media_view"},
                                  Metric{"page_total_media_view_unique"},
                                  Metric{"page_post_engagements"},
                                  Metric{"page_views_total"},
                                  Metric{"page_video_views"},
                                  Metric{"page_follows"},
                                  Metric{"page_daily_follows_unique"},
                                  Metric{"page_daily_unfollows_unique"},
                                  Metric{"page_total_actions"},
                                  Metric{"page_actions_post_reactions_like_total"},
                                  Metric{"page_actions_post_reactions_love_total"},
                                  Metric{"page_actions_post_reactions_wow_total"},
                                  Metric{"page_actions_post_reactions_haha_total"},
                                  Metric{"page_actions_post_reactions_sorry_total"},
                                  Metric{"page_actions_post_reactions_anger_total"}};
constexpr std::array page_groups{
    Group{.asked = Asked::token, .metrics = token_check},
    Group{.asked = Asked::field, .metrics = page_fields},
    Group{.metrics = page_metrics, .per_call = days{90}},
};

constexpr std::array account_fields{Metric{"followers_count"}, Metric{"follows_count"},
                                    Metric{"media_count"}};
constexpr std::array follower_series{Metric{"follower_count"}};
constexpr std::array reach_series{Metric{"reach"}};
constexpr std::array account_totals{Metric{"views"},
                                    Metric{"accounts_engaged"},
                                    Metric{"total_interactions"},
                                    Metric{"likes"},
                                    Metric{"comments"},
                                    Metric{"saves"},
                                    Metric{"shares"},
                                    Metric{"replies"},
                                    Metric{"profile_links_taps"},
                                    Metric{"follows_and_unfollows", "follow_type"}};
// A total is of the whole window that was asked for: a row per day takes a call per day.
constexpr std::array instagram_groups{
    Group{.asked = Asked::field, .metrics = account_fields},
    Group{.metrics = follower_series,
          .parameters = "&metric_type=time_series",
          .per_call = days{30},
          .furthest = days{30}},
    Group{.metrics = reach_series, .parameters = "&metric_type=time_series", .per_call = days{30}},
    Group{.metrics = account_totals, .parameters = "&metric_type=total_value", .per_call = days{1}},
};

std::string insight_query(const Group& group, const Metric& metric, const Step& step) {
  UrlBuilder url("insights");
  url.add("metric", metric.name)
      .add("period", "day")
      .add("since", to_unix(pacific_midnight(step.first)))
      .add("until", to_unix(pacific_midnight(step.last + days{1})));
  if (!metric.breakdown.empty()) url.add("breakdown", metric.breakdown);
  return url.take().append(group.parameters);
}

const Credential& credential_of(const Account& account, const Query& query) {
  return account.is_page ? page_credential(query.ids, query.partition) : owner;
}

Json row_of(const Account& account, const Query& query, std::string_view metric, Day day,
            const Figure& figure, UnixSeconds source_at) {
  return JsonObject()
      .text(account.id_column, query.partition)
      .text("metric", metric)
      .text("day", format_day(day))
      .json("value", figure.value)
      .json("parts", figure.parts)
      .time("source_at", source_at)
      .take();
}

// What is added to a page: its rows, and when the newest was measured.
void add_row(Page& page, const Account& account, Json row) {
  if (page.batches.empty()) page.batches.push_back({.table = std::string(account.table), .rows = {}});
  page.batches.front().rows.push_back(std::move(row));
  ++page.items;
}

// Not every token may look at itself: when it ends is then unknown, and the figures come all the same.
// https://developers.facebook.com/docs/facebook-login/guides/access-tokens/debugging
Result<void> read_token(Page& page, const Account& account, const Json& body) {
  const std::string who(account.who);
  const Json* data = find_object(body, "data");
  if (!data) return fail(ErrorKind::data, who + ": nothing is said about the token");
  if (!find_bool(*data, "is_valid").value_or(true))
    return fail(ErrorKind::credentials, who + ": the access token is no longer valid");
  page.credentials_expire_at = never_ends;
  for (const std::string_view member : {"expires_at", "data_access_expires_at"}) {
    const std::int64_t end = find_int64(*data, member).value_or(0);
    if (end > 0) page.credentials_expire_at = std::min(*page.credentials_expire_at, from_unix(end));
  }
  return {};
}

// The day on which it is read, because Meta does not say what it was on another.
Result<void> read_field(Page& page, const Account& account, const Query& query, const Json& body,
                        std::string_view field, UnixSeconds source_at) {
  const Json* value = find(body, field);
  if (!value) return {};
  const auto count = value->is_number_integer() ? as_int64(*value) : std::nullopt;
  if (!count)
    return fail(ErrorKind::data, std::string(account.who) + ": " + std::string(field) + " is no count");
  const Figure figure{.end_time = {}, .value = exact_integer(*count), .parts = {}};
  add_row(page, account, row_of(account, query, field, pacific_day(source_at), figure, source_at));
  return {};
}

Result<void> read_insight(Page& page, const Account& account, const Query& query, const Json& body,
                          const Step& step, std::string_view metric, UnixSeconds source_at) {
  const Json* data = find_array(body, "data");
  if (!data) return fail(ErrorKind::data, std::string(account.who) + ": data is not a list");
  for (const Json& item : *data) {
    if (find_string(item, "name") != metric) continue;
    auto figures = read_figures(item, std::string(account.who) + " " + std::string(metric));
    if (!figures) return tl::unexpected<Error>(figures.error());
    for (const Figure& figure : *figures) {
      const Day day = figure.end_time ? measured_day(*figure.end_time) : step.last;
      add_row(page, account, row_of(account, query, metric, day, figure, source_at));
      const UnixSeconds at = std::min(pacific_midnight(day), source_at);
      if (!page.newest || at > *page.newest) page.newest = at;
    }
  }
  return {};
}

Result<void> read_answer(Page& page, const Account& account, const HttpReply& reply, const Query& query,
                         const Step& step, UnixSeconds source_at) {
  const auto body = parse_json(reply.body, account.who);
  if (!body) return tl::unexpected<Error>(body.error());
  const Group& group = account.groups[step.group];
  const std::string_view name = group.metrics[step.metric].name;
  if (group.asked == Asked::token) return read_token(page, account, *body);
  if (group.asked == Asked::field) return read_field(page, account, query, *body, name, source_at);
  return read_insight(page, account, query, *body, step, name, source_at);
}

// A version past its end is answered by another one, and only this header says so.
void note_version(Step& step, const HttpReply& reply) {
  const std::string_view answered_by = header(reply.headers, "facebook-api-version");
  const std::string name = "Graph API " + std::string(graph_version);
  if (answered_by.empty() || answered_by == graph_version) return;
  if (std::find(step.lost.begin(), step.lost.end(), name) == step.lost.end()) step.lost.push_back(name);
}

}  // namespace

constinit const Account page_account{.who = "meta page",
                                     .table = "meta_page_daily",
                                     .id_column = "page_id",
                                     .groups = page_groups,
                                     .is_page = true};
constinit const Account instagram_account{.who = "meta instagram",
                                          .table = "meta_instagram_daily",
                                          .id_column = "account_id",
                                          .groups = instagram_groups};

Day measured_day(UnixSeconds end_time) { return pacific_day(end_time - std::chrono::seconds{1}); }

HttpRequest insights_request(const Account& account, const Query& query) {
  const Step step = read_step(account.groups, query);
  const Group& group = account.groups[step.group];
  const Metric& metric = group.metrics[step.metric];
  // The token is looked at with itself; the call has no other place for it.
  if (group.asked == Asked::token)
    return graph_request("debug_token?input_token={{secret:meta.access_token}}", owner);
  const std::string id = percent_encode(query.partition);
  if (group.asked == Asked::field)
    return graph_request(id + "?fields=" + std::string(metric.name), credential_of(account, query));
  return graph_request(id + "/" + insight_query(group, metric, step), credential_of(account, query));
}

Result<Page> parse_insights(const Account& account, const HttpReply& reply, const Query& query,
                            UnixSeconds source_at) {
  if (const auto checked = check_id(query.partition, account.who); !checked)
    return tl::unexpected<Error>(checked.error());
  Step step = read_step(account.groups, query);
  const Group& group = account.groups[step.group];
  Page page{.rest_secs = rest_after(reply)};
  if (is_success(reply)) {
    const auto read = read_answer(page, account, reply, query, step, source_at);
    if (!read) return tl::unexpected<Error>(read.error());
  } else if (is_unknown_field(reply) && group.asked != Asked::token) {
    step.lost.emplace_back(group.metrics[step.metric].name);
  } else if (group.asked != Asked::token) {
    return tl::unexpected<Error>(refusal(reply, account.who));
  }
  note_version(step, reply);
  step.heard = step.heard || page.items > 0;
  page.unavailable = step.lost;
  page.next = step_after(account.groups, query, step);
  const bool is_last_group = step.group + 1 == account.groups.size();
  if (is_last_group && page.next && read_day(*page.next) != step.last)
    page.oldest = pacific_midnight(step.first);
  return page;
}

}  // namespace wf::meta
