#include "shared/connectors/meta/insights.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/meta/figures.hpp"
#include "shared/connectors/meta/graph.hpp"
#include "shared/connectors/meta/walk.hpp"
#include "shared/connectors/pacific_day.hpp"
#include "shared/domain/facts.hpp"

namespace wf::meta {
namespace {

using std::chrono::days;

constexpr std::array token_check{Metric{"end of access"}};
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

// The first is of Instagram alone; a Page has followers, too.
constexpr std::array account_fields{Metric{"media_count"}, Metric{"followers_count"},
                                    Metric{"follows_count"}};
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
// A total is of the whole window that was asked for: a row per day takes a call per day. A series is of at
// most 30 days of 24 hours, and in autumn 30 days of California have an hour more.
constexpr std::array instagram_groups{
    Group{.asked = Asked::field, .metrics = account_fields},
    Group{.metrics = follower_series,
          .parameters = "&metric_type=time_series",
          .per_call = days{29},
          .furthest = days{29}},
    Group{.metrics = reach_series, .parameters = "&metric_type=time_series", .per_call = days{29}},
    Group{.metrics = account_totals, .parameters = "&metric_type=total_value", .per_call = days{1}},
};

std::string insight_query(std::string_view id, const Group& group, const Metric& metric, const Step& step) {
  const UnixSeconds until = pacific_midnight(step.last + days{1});
  // In autumn 90 days of California have an hour more than what Meta takes for 90 days.
  const UnixSeconds since = std::max(pacific_midnight(step.first), until - days{90});
  UrlBuilder url(concat({id, "/insights"}));
  url.add("metric", metric.name)
      .add("period", "day")
      .add("since", to_unix(since))
      .add("until", to_unix(until));
  if (!metric.breakdown.empty()) url.add("breakdown", metric.breakdown);
  return url.take().append(group.parameters);
}

// An answer on its way into a page: whose it is, and what was asked for.
struct Asking {
  const Account& account;
  const Query& query;
  const Step& step;
  std::string_view metric;
  UnixSeconds source_at;
};

// {"value","parts"?}
void add_figure(Page& page, const Asking& asking, Day day, const Json& figure) {
  add_row(page.batches, asking.account.table,
          JsonObject()
              .text(asking.account.id_column, asking.query.partition)
              .text("metric", asking.metric)
              .text("day", format_day(day))
              .json("value", copy_of(figure, "value"))
              .json("parts", copy_of(figure, "parts"))
              .time("source_at", asking.source_at)
              .take());
}

// Who asks may be refused: that the token's end is not told is then said, and the figures come all the same.
// https://developers.facebook.com/docs/facebook-login/guides/access-tokens/debugging
Result<void> read_token(Page& page, std::string_view who, const Json& body) {
  const Json* data = find_object(body, "data");
  if (!data) return fail(ErrorKind::data, {who, ": nothing is said about the token"});
  if (!find_bool(*data, "is_valid").value_or(true))
    return fail(ErrorKind::credentials, {who, ": the access token is no longer valid"});
  UnixSeconds earliest = never_ends;
  for (const std::string_view member : {"expires_at", "data_access_expires_at"}) {
    const auto end = allow_int64(*data, member, who);
    if (!end) return tl::unexpected<Error>(end.error());
    const std::int64_t at = end->value_or(0);
    if (at < 0) return fail(ErrorKind::data, {who, ": ", member, " is not a time"});
    if (at > 0) earliest = std::min(earliest, from_unix(at));
  }
  page.credentials_expire_at = earliest;
  return {};
}

// The day on which it is read, because Meta does not say what it was on another.
Result<void> read_field(Page& page, const Asking& asking, const Json& body) {
  const Json* value = find(body, asking.metric);
  if (!value) return {};
  const auto count = value->is_number_integer() ? as_int64(*value) : std::nullopt;
  if (!count) return fail(ErrorKind::data, {asking.account.who, ": ", asking.metric, " is no count"});
  add_figure(page, asking, pacific_day(asking.source_at), JsonObject().json("value", exact_integer(*count)));
  return {};
}

Result<void> read_insight(Page& page, const Asking& asking, const Json& body) {
  if (!find_array(body, "data")) return fail(ErrorKind::data, {asking.account.who, ": data is not a list"});
  for (const Json& item : list_in(body, "data")) {
    const std::string_view name = find_text(item, "name");
    if (name.empty()) return fail(ErrorKind::data, {asking.account.who, ": missing name"});
    if (name != asking.metric) continue;
    const auto figures = read_figures(item, concat({asking.account.who, " ", asking.metric}));
    if (!figures) return tl::unexpected<Error>(figures.error());
    for (const Json& figure : elements(*figures)) {
      const Day day = read_day(figure).value_or(asking.step.last);
      add_figure(page, asking, day, figure);
      // What is counted are figures: a lost permission leaves the fields, and that is not "as usual".
      ++page.items;
      note_newest(page, std::min(pacific_midnight(day), asking.source_at));
    }
  }
  return {};
}

Result<void> read_answer(Page& page, const Asking& asking, Asked asked, const HttpReply& reply) {
  const auto body = parse_json(reply.body, asking.account.who);
  if (!body) return tl::unexpected<Error>(body.error());
  if (asked == Asked::token) return read_token(page, asking.account.who, *body);
  if (asked == Asked::field) return read_field(page, asking, *body);
  return read_insight(page, asking, *body);
}

// A version past its end is answered by another one, and only this header says so.
void note_version(Step& step, const HttpReply& reply) {
  const std::string_view answered_by = header(reply.headers, "facebook-api-version");
  const std::string name = concat({"Graph API ", graph_version});
  if (!answered_by.empty() && answered_by != graph_version && !is_lost(step, name)) step.lost.push_back(name);
}

Result<void> read_page(Page& page, const Account& account, const HttpReply& reply, const Query& query,
                       UnixSeconds source_at) {
  if (auto checked = check_id(query, account.who, account.is_page); !checked) return checked;
  Step step = read_step(account.groups, query);
  const Group& group = account.groups[step.group];
  const std::string_view metric = group.metrics[step.metric].name;
  page.rest_secs = rest_after(reply);
  if (is_success(reply)) {
    auto read = read_answer(page, {account, query, step, metric, source_at}, group.asked, reply);
    if (!read) return read;
  } else {
    const bool of_token = group.asked == Asked::token;
    const bool unknown = is_unknown_field(reply);
    // On a day of which nothing is told the one that is doubted comes again.
    const bool again = find_text(step.doubted, "name") == metric;
    const bool alone = unknown || (may_be_of_one(reply) && (step.heard || again || step.doubted.is_null()));
    Error refused = refusal(reply, account.who);
    if (!of_token && !alone) return tl::unexpected<Error>(std::move(refused));
    // What was known was of an earlier token, unless the provider just has no answer.
    if (of_token && refused.kind != ErrorKind::provider) page.credentials_expire_at = never_ends;
    if (of_token || unknown || step.heard)
      step.lost.emplace_back(metric);
    else if (!again)
      doubt(step, metric);
  }
  note_version(step, reply);
  step.heard = step.heard || page.items > 0;
  page.unavailable = step.lost;
  const Day first = step.first;
  const bool is_last_group = step.group + 1 == account.groups.size();
  page.next =
      step.doubted.is_null() || page.items == 0 ? step_after(account.groups, query, step) : step.doubted;
  if (!page.next && !step.doubted.is_null()) page.unavailable.emplace_back(find_text(step.doubted, "name"));
  if (is_last_group && page.next && step.first != first) page.oldest = pacific_midnight(first);
  return {};
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

HttpRequest insights_request(const Account& account, const Query& query) {
  const Step step = read_step(account.groups, query);
  const Group& group = account.groups[step.group];
  const Metric& metric = group.metrics[step.metric];
  if (group.asked == Asked::token) return token_request(query.ids);
  const std::string id = percent_encode(query.partition);
  return graph_request(group.asked == Asked::field ? concat({id, "?fields=", metric.name})
                                                   : insight_query(id, group, metric, step),
                       account.is_page ? page_credential(query.ids, query.partition) : owner);
}

Result<Page> parse_insights(const Account& account, const HttpReply& reply, const Query& query,
                            UnixSeconds source_at) {
  Page page;
  if (const auto read = read_page(page, account, reply, query, source_at); !read)
    return tl::unexpected<Error>(read.error());
  return page;
}

}  // namespace wf::meta
