#include "shared/connectors/meta/posts.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/text.hpp"
#include "shared/connectors/meta/figures.hpp"
#include "shared/connectors/meta/graph.hpp"
#include "shared/connectors/row_reader.hpp"
#include "shared/sync/json_object.hpp"

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

// How many metrics were left out so far: 0 none, k the k-th, one more than there are all.
struct Place {
  std::string_view after;
  std::size_t left_out = 0;
};

Place read_place(const PostList& list, const Json& position) {
  const std::int64_t left_out = find_int64(position, "left_out").value_or(0);
  const auto most = static_cast<std::int64_t>(list.metrics.size()) + 1;
  return {find_text(position, "after"),
          static_cast<std::size_t>(std::min(std::max<std::int64_t>(left_out, 0), most))};
}

Json to_position(const Place& place) {
  return JsonObject()
      .text("after", place.after)
      .number("left_out", static_cast<std::int64_t>(place.left_out))
      .take();
}

std::vector<std::string> names_where(const PostList& list, const Place& place, bool asked) {
  const bool all_left_out = place.left_out > list.metrics.size();
  std::vector<std::string> names;
  for (std::size_t i = 0; i < list.metrics.size(); ++i) {
    const bool is_asked = !all_left_out && i + 1 != place.left_out;
    if (is_asked == asked) names.emplace_back(list.metrics[i]);
  }
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
std::string_view next_cursor(const Json& body) {
  const Json* paging = find_object(body, "paging");
  const Json* cursors = paging ? find_object(*paging, "cursors") : nullptr;
  return cursors && !find_text(*paging, "next").empty() ? find_text(*cursors, "after") : std::string_view();
}

Result<void> ask_for_less(Page& page, const PostList& list, Place place) {
  if (place.left_out > list.metrics.size())
    return fail(ErrorKind::ours, {list.who, ": a field of the list does not exist"});
  ++place.left_out;
  page.next = to_position(place);
  return {};
}

Result<void> read_page(Page& page, const PostList& list, const HttpReply& reply, const Query& query,
                       UnixSeconds source_at) {
  if (auto checked = check_id(query.partition, list.who); !checked) return checked;
  Place place = read_place(list, query.position);
  page.rest_secs = rest_after(reply);
  if (is_unknown_field(reply)) return ask_for_less(page, list, place);
  if (!is_success(reply)) return tl::unexpected<Error>(refusal(reply, list.who));
  const auto body = read_data(reply, list.who);
  if (!body) return tl::unexpected<Error>(body.error());
  page.unavailable = names_where(list, place, false);
  RowBatch batch{.table = "meta_posts", .rows = {}};
  for (const Json& post : list_in(*body, "data")) {
    const auto at = parse_time(find_text(post, list.posted_at));
    if (!at) return fail(ErrorKind::data, {list.who, ": ", list.posted_at, " is not a time"});
    auto row = row_of(list, post, query, *at, source_at);
    if (!row) return tl::unexpected<Error>(row.error());
    batch.rows.push_back(*std::move(row));
    page.oldest = std::min(page.oldest.value_or(*at), *at);
    const UnixSeconds seen = std::min(*at, source_at);
    page.newest = std::max(page.newest.value_or(seen), seen);
  }
  page.items = batch.rows.size();
  // Of a page whose newest post is before the window, all that follow are older still.
  const bool is_past = page.newest && *page.newest < query.window.from;
  place.after = next_cursor(*body);
  if (!place.after.empty() && !is_past) page.next = to_position(place);
  if (!batch.rows.empty()) page.batches.push_back(std::move(batch));
  return {};
}

}  // namespace

constinit const PostList page_posts{
    .who = "meta page_posts",
    .platform = "facebook",
    .edge = "posts",
    .fields =
        "id,message,created_time,permalink_url,shares,likes.limit(0).summary(true),"
        "comments.limit(0).summary(true)",
    .metrics = page_post_metrics,
    .posted_at = "created_time",
    .is_page = true};
constinit const PostList instagram_posts{
    .who = "meta instagram_posts",
    .platform = "instagram",
    .edge = "media",
    .fields = "id,caption,media_type,media_product_type,permalink,timestamp,like_count,comments_count",
    .metrics = media_metrics,
    .posted_at = "timestamp"};

HttpRequest posts_request(const PostList& list, const Query& query) {
  const Place place = read_place(list, query.position);
  const std::string metrics = join(names_where(list, place, true), ",");
  std::string fields(list.fields);
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
