#include "shared/connectors/meta/posts.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/meta/figures.hpp"
#include "shared/connectors/meta/graph.hpp"
#include "shared/connectors/row_reader.hpp"

namespace wf::meta {
namespace {

// Meta refuses larger pages of posts with their figures: "please reduce the amount of data".
constexpr std::int64_t posts_per_page = 25;

constexpr std::array<std::string_view, 2> page_post_metrics{"post_media_view",
                                                            "post_total_media_view_unique"};
constexpr std::array<std::string_view, 7> media_metrics{
    "reach", "views", "likes", "comments", "saved", "shares", "total_interactions"};

// What has another name on Instagram has it in second place.
constexpr RowTable post_columns(R"(
id text!
message text message|caption
media_type text
media_product_type text
permalink_url text permalink_url|permalink
likes integer likes.summary.total_count|like_count
comments integer comments.summary.total_count|comments_count
shares integer shares.count
)");

// One metric that is gone fails the whole call, without saying which: then each is asked for alone, and in
// the end those that live.
struct Place {
  std::string_view after;
  std::int64_t trying = 0;  // k: the k-th metric alone, to see whether it lives
  std::int64_t lost = 0;    // a bit for each that does not
  std::int64_t before = 0;  // what was lost of the page before, or is not permitted
  std::int64_t given = 0;   // what some page was given
  bool bare = false;        // this page alone is asked for without figures
  bool spared = false;      // some page was
  bool heard = false;       // some post had a figure
  bool uncounted = false;   // likes and comments are not asked for: they are not permitted
  bool again = false;  // the last page is asked for once more, with what was lost: it may be permitted by now
};

constexpr std::string_view some_posts = "figures of some posts";

Place read_place(const PostList& list, const Json& position) {
  Place place{find_text(position, "after"),
              find_int64(position, "trying").value_or(0),
              find_int64(position, "lost").value_or(0),
              find_int64(position, "before").value_or(0),
              find_int64(position, "given").value_or(0),
              is_true(position, "bare"),
              is_true(position, "spared"),
              is_true(position, "heard"),
              is_true(position, "uncounted"),
              is_true(position, "again")};
  // An earlier version may have asked for more.
  if (place.trying > static_cast<std::int64_t>(list.metrics.size())) place.trying = 0;
  return place;
}

Json to_position(const Place& place) {
  JsonObject position;
  position.text("after", place.after)
      .number("trying", place.trying)
      .number("lost", place.lost)
      .number("before", place.before)
      .number("given", place.given)
      .flag("bare", place.bare)
      .flag("spared", place.spared)
      .flag("heard", place.heard);
  if (place.uncounted) position.flag("uncounted", true);
  if (place.again) position.flag("again", true);
  return position.take();
}

bool is_lost(const Place& place, std::size_t metric) { return (place.lost >> metric & 1) != 0; }

bool is_never_given(const Place& place, std::size_t metric) {
  return is_lost(place, metric) && (place.given >> metric & 1) == 0;
}

bool is_asked(const Place& place, std::size_t metric) {
  if (place.bare) return false;
  if (place.again) return is_lost(place, metric);
  return place.trying > 0 ? static_cast<std::int64_t>(metric) + 1 == place.trying : !is_lost(place, metric);
}

std::vector<std::string> names_where(const PostList& list, const Place& place,
                                     bool (*wanted)(const Place&, std::size_t)) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < list.metrics.size(); ++i)
    if (wanted(place, i)) names.emplace_back(list.metrics[i]);
  return names;
}

Result<Json> row_of(const PostList& list, const Json& post, const Query& query, UnixSeconds posted_at,
                    UnixSeconds source_at) {
  auto metrics = read_lifetime(post, list.who);
  if (!metrics) return metrics;
  RowReader row(post, list.who);
  row.columns(post_columns)
      .set("platform", list.platform)
      .set("account_id", query.partition)
      .set_time("posted_at", posted_at)
      .set("metrics", *std::move(metrics))
      .set_time("source_at", source_at);
  // Facebook leaves the member out of a post that nobody shared.
  if (list.is_page && !find(post, "shares")) row.set("shares", 0);
  return row.take();
}

// The link to the next page holds the token: only the cursor is taken. Empty: this was the last page.
Result<std::string_view> next_cursor(const Json& body, std::string_view who) {
  const auto paging = allow_object(body, "paging", who);
  if (!paging) return tl::unexpected<Error>(paging.error());
  if (!*paging) return std::string_view();
  const auto next = allow_string(**paging, "next", who);
  if (!next) return tl::unexpected<Error>(next.error());
  if (next->value_or("").empty()) return std::string_view();
  const Json* cursors = find_object(**paging, "cursors");
  const std::string_view after = cursors ? find_text(*cursors, "after") : std::string_view();
  if (after.empty()) return fail(ErrorKind::data, {who, ": the next page has no cursor"});
  return after;
}

void try_next(Page& page, const PostList& list, Place& place) {
  place.trying = place.trying < static_cast<std::int64_t>(list.metrics.size()) ? place.trying + 1 : 0;
  page.next = to_position(place);
}

Result<void> ask_for_less(Page& page, const PostList& list, Place& place, const HttpReply& reply) {
  if (place.bare || (place.trying == 0 && names_where(list, place, is_asked).empty()))
    return fail(ErrorKind::ours, {list.who, ": a field of the list does not exist"});
  if (is_before_business(reply)) {
    place.bare = true;
    place.trying = 0;
    page.next = to_position(place);
    return {};
  }
  if (place.trying > 0) {
    const auto metric = std::int64_t{1} << (place.trying - 1);
    place.lost |= metric;
    if (is_not_permitted(reply)) place.before |= metric;  // of no post
  } else {
    place.lost = 0;
  }
  try_next(page, list, place);
  return {};
}

// One post may be of a kind that has no such figure, and takes it from its whole page: a metric lives until
// it is lost of two pages in a row.
void turn_page(Place& place, std::string_view after) {
  place.after = after;
  const std::int64_t dead = place.lost & place.before;
  place.before = std::exchange(place.lost, dead);
}

// What of this scan was not given, as far as it is known.
std::vector<std::string> not_given(const PostList& list, const Place& place, bool some_lack) {
  auto names = names_where(list, place, is_never_given);
  if (place.uncounted) names.emplace_back("likes and comments");
  if (some_lack || (place.lost & place.given) != 0) names.emplace_back(some_posts);
  return names;
}

Result<void> read_page(Page& page, const PostList& list, const HttpReply& reply, const Query& query,
                       UnixSeconds source_at) {
  if (auto checked = check_id(query, list.who, list.is_page); !checked) return checked;
  Place place = read_place(list, query.position);
  page.rest_secs = rest_after(reply);
  // Who may read the posts need not be permitted to read their figures, or one of them.
  const bool asks = !names_where(list, place, is_asked).empty();
  if (is_unknown_field(reply) || (asks && is_not_permitted(reply))) {
    if (!place.again) return ask_for_less(page, list, place, reply);
    page.unavailable = not_given(list, place, place.spared);
    return {};
  }
  // Of the posts alone not even these: it may have been the likes and comments, and no metric.
  if (is_not_permitted(reply) && !place.uncounted && !list.counts.empty()) {
    place.uncounted = true;
    place.lost = place.before = 0;
    page.next = to_position(place);
    return {};
  }
  if (!is_success(reply)) return tl::unexpected<Error>(refusal(reply, list.who));
  if (place.trying > 0) return try_next(page, list, place), Result<void>();
  const auto body = read_data(reply, list.who);
  if (!body) return tl::unexpected<Error>(body.error());
  for (std::size_t i = 0; i < list.metrics.size(); ++i)
    if (is_asked(place, i)) place.given |= std::int64_t{1} << i;
  const auto posts = list_in(*body, "data");
  for (const Json& post : posts) {
    const auto at = parse_time(find_text(post, list.posted_at));
    if (!at) return fail(ErrorKind::data, {list.who, ": ", list.posted_at, " is not a time"});
    auto row = row_of(list, post, query, *at, source_at);
    if (!row) return tl::unexpected<Error>(row.error());
    place.heard = place.heard || find_object(*row, "metrics");
    add_row(page.batches, "meta_posts", *std::move(row));
    note_oldest(page, *at);
    note_newest(page, std::min(*at, source_at));
  }
  const bool has_posts = !posts.empty() || !place.after.empty();
  // Posts that come once more were counted before.
  page.items = place.again ? 0 : posts.size();
  // What is permitted by now was not given of the pages before.
  place.spared = place.spared || place.bare || (place.again && !place.after.empty()) ||
                 (place.before & ~place.lost) != 0;
  if (place.again) place.lost = 0;
  page.unavailable = not_given(list, place, place.spared || (asks && has_posts && !place.heard));
  if (place.again) return {};
  // Of a page whose newest post is before the window, all that follow are older still.
  const bool is_past = page.newest && *page.newest < query.window.from;
  const auto after = is_past ? Result<std::string_view>() : next_cursor(*body, list.who);
  if (!after) return tl::unexpected<Error>(after.error());
  place.bare = false;
  place.again = after->empty();
  // A run may go on hours after a metric was refused, and then say so for a day.
  if (place.again && place.lost == 0) return {};
  if (!place.again) turn_page(place, *after);
  page.next = to_position(place);
  return {};
}

}  // namespace

constinit const PostList page_posts{.who = "meta page_posts",
                                    .platform = "facebook",
                                    .edge = "posts",
                                    .fields = "id,message,created_time,permalink_url,shares",
                                    .counts = ",likes.limit(0).summary(true),comments.limit(0).summary(true)",
                                    .metrics = page_post_metrics,
                                    .posted_at = "created_time",
                                    .is_page = true};
constinit const PostList instagram_posts{
    .who = "meta instagram_posts",
    .platform = "instagram",
    .edge = "media",
    .fields = "id,caption,media_type,media_product_type,permalink,timestamp,like_count,comments_count",
    .counts = "",
    .metrics = media_metrics,
    .posted_at = "timestamp"};

HttpRequest posts_request(const PostList& list, const Query& query) {
  const Place place = read_place(list, query.position);
  const std::string metrics = join(names_where(list, place, is_asked), ",");
  std::string fields = concat({list.fields, place.uncounted ? "" : list.counts});
  if (!metrics.empty()) fields = concat({fields, ",insights.metric(", metrics, ")"});
  UrlBuilder url(concat({percent_encode(query.partition), "/", list.edge}));
  url.add("fields", fields).add("limit", posts_per_page);
  if (!place.after.empty()) url.add("after", place.after);
  return graph_request(url.take(), list.is_page ? page_credential(query.ids, query.partition) : owner);
}

Result<Page> parse_posts(const PostList& list, const HttpReply& reply, const Query& query,
                         UnixSeconds source_at) {
  Page page;
  if (const auto read = read_page(page, list, reply, query, source_at); !read)
    return tl::unexpected<Error>(read.error());
  return page;
}

}  // namespace wf::meta
