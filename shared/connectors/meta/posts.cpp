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

// How many metrics were left out so far: 0 none, k the k-th, one more than there are all.
struct Place {
  std::string after;
  std::size_t left_out = 0;
};

Place read_place(const PostList& list, const Json& position) {
  const std::int64_t left_out = find_int64(position, "left_out").value_or(0);
  const auto most = static_cast<std::int64_t>(list.metrics.size()) + 1;
  return {find_string(position, "after").value_or(""),
          static_cast<std::size_t>(std::min(std::max<std::int64_t>(left_out, 0), most))};
}

Json to_position(const Place& place) {
  return JsonObject()
      .text("after", place.after)
      .number("left_out", static_cast<std::int64_t>(place.left_out))
      .take();
}

bool is_asked(const PostList& list, const Place& place, std::size_t metric) {
  return place.left_out <= list.metrics.size() && metric + 1 != place.left_out;
}

std::vector<std::string> names_where(const PostList& list, const Place& place, bool asked) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < list.metrics.size(); ++i)
    if (is_asked(list, place, i) == asked) names.emplace_back(list.metrics[i]);
  return names;
}

Result<Json> row_of(const PostList& list, const Json& post, const Query& query, UnixSeconds source_at) {
  RowReader row(post, list.who);
  row.required_text("id")
      .set("platform", std::string(list.platform))
      .set("account_id", query.partition)
      .iso_time("posted_at", {list.posted_at})
      .text("message", {list.message})
      .text("media_type")
      .text("media_product_type")
      .text("permalink_url", {list.permalink});
  if (list.is_page)
    row.integer("likes", {"likes", "summary", "total_count"})
        .integer("comments", {"comments", "summary", "total_count"})
        .integer("shares", {"shares", "count"});
  else
    row.integer("likes", {"like_count"}).integer("comments", {"comments_count"}).set("shares", nullptr);
  row.set_time("source_at", source_at);
  auto columns = row.take();
  if (!columns) return columns;
  auto metrics = read_lifetime(post, list.who);
  if (!metrics) return metrics;
  (*columns)["metrics"] = *std::move(metrics);
  if ((*columns)["posted_at"].is_null())
    return fail(ErrorKind::data, std::string(list.who) + ": missing " + std::string(list.posted_at));
  // Facebook leaves the member out of a post that nobody shared.
  if (list.is_page && (*columns)["shares"].is_null()) (*columns)["shares"] = 0;
  return columns;
}

// The link to the next page holds the token: only the cursor is taken.
std::optional<std::string> next_cursor(const Json& body) {
  const Json* paging = find_object(body, "paging");
  if (!paging || !find_string(*paging, "next")) return std::nullopt;
  const Json* cursors = find_object(*paging, "cursors");
  return cursors ? find_string(*cursors, "after") : std::nullopt;
}

Result<Page> ask_for_less(const PostList& list, Place place, const HttpReply& reply) {
  if (place.left_out > list.metrics.size())
    return fail(ErrorKind::ours, std::string(list.who) + ": a field of the list does not exist");
  ++place.left_out;
  return Page{.next = to_position(place), .rest_secs = rest_after(reply)};
}

void note_time(Page& page, const Json& row, UnixSeconds source_at) {
  const auto at = parse_time(find_string(row, "posted_at").value_or(""));
  if (!at) return;
  if (!page.oldest || *at < *page.oldest) page.oldest = at;
  if (const UnixSeconds seen = std::min(*at, source_at); !page.newest || seen > *page.newest)
    page.newest = seen;
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
    .message = "message",
    .permalink = "permalink_url",
    .is_page = true};
constinit const PostList instagram_posts{
    .who = "meta instagram_posts",
    .platform = "instagram",
    .edge = "media",
    .fields = "id,caption,media_type,media_product_type,permalink,timestamp,like_count,comments_count",
    .metrics = media_metrics,
    .posted_at = "timestamp",
    .message = "caption",
    .permalink = "permalink"};

HttpRequest posts_request(const PostList& list, const Query& query) {
  const Place place = read_place(list, query.position);
  std::string fields(list.fields);
  const auto metrics = names_where(list, place, true);
  if (!metrics.empty()) fields += ",insights.metric(" + join(metrics, ",") + ")";
  UrlBuilder url(percent_encode(query.partition) + "/" + std::string(list.edge));
  url.add("fields", fields).add("limit", posts_per_page);
  if (!place.after.empty()) url.add("after", place.after);
  return graph_request(url.take(), list.is_page ? page_credential(query.ids, query.partition) : owner);
}

Result<Page> parse_posts(const PostList& list, const HttpReply& reply, const Query& query,
                         UnixSeconds source_at) {
  if (const auto checked = check_id(query.partition, list.who); !checked)
    return tl::unexpected<Error>(checked.error());
  Place place = read_place(list, query.position);
  if (is_unknown_field(reply)) return ask_for_less(list, std::move(place), reply);
  if (!is_success(reply)) return tl::unexpected<Error>(refusal(reply, list.who));
  const auto body = read_data(reply, list.who);
  if (!body) return tl::unexpected<Error>(body.error());
  Page page{.unavailable = names_where(list, place, false), .rest_secs = rest_after(reply)};
  RowBatch batch{.table = "meta_posts", .rows = {}};
  for (const Json& post : *find_array(*body, "data")) {
    auto row = row_of(list, post, query, source_at);
    if (!row) return tl::unexpected<Error>(row.error());
    note_time(page, *row, source_at);
    batch.rows.push_back(*std::move(row));
  }
  page.items = batch.rows.size();
  // Of a page whose newest post is before the window, all that follow are older still.
  const bool is_past = page.newest && *page.newest < query.window.from;
  if (const auto after = next_cursor(*body); after && !is_past)
    page.next = to_position({.after = *after, .left_out = place.left_out});
  if (!batch.rows.empty()) page.batches.push_back(std::move(batch));
  return page;
}

}  // namespace wf::meta
