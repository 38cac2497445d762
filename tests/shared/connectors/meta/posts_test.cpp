#include <catch_amalgamated.hpp>

#include <array>
#include <functional>

#include "shared/base/text.hpp"
#include "shared/connectors/meta/posts.hpp"
#include "tests/shared/connectors/columns.hpp"
#include "tests/shared/connectors/meta/fixtures.hpp"

using namespace wf;
using namespace meta_fixtures;

TEST_CASE("posts of Facebook and Instagram, with the table's columns", "[meta]") {
  const Page page =
      posts_of(meta::page_posts, reply_of(fixture("page_posts_with_insights")), posts_query(page_id));
  const Json& post = page.batches.at(0).rows.at(0);
  CHECK(columns::of_row(post) == columns::of_table("0015_meta.sql", "meta_posts"));
  CHECK(post["shares"] == 3);
  CHECK(post["metrics"] == Json{{"post_media_view", 812}});
  CHECK(page.next.value_or(Json()) == Json{{"after", "QVFIUnAx"},
                                           {"trying", 0},
                                           {"lost", 0},
                                           {"before", 0},
                                           {"given", 3},
                                           {"bare", false},
                                           {"spared", false},
                                           {"heard", true}});
  const Page last = posts_of(meta::page_posts, reply_of(fixture("page_posts_last")), posts_query(page_id));
  CHECK(last.batches[0].rows[0]["message"].is_null());
  CHECK(last.batches[0].rows[0]["shares"] == 0);
  CHECK_FALSE(last.next.has_value());
  const Page media =
      posts_of(meta::instagram_posts, reply_of(fixture("ig_media_list")), posts_query(account_id));
  CHECK(columns::of_row(media.batches[0].rows[0]) == columns::of_table("0015_meta.sql", "meta_posts"));
  CHECK(media.batches[0].rows[0]["media_product_type"] == "REELS");
  Json hidden = fixture("ig_media_list");
  hidden["data"][0].erase("like_count");
  CHECK(posts_of(meta::instagram_posts, reply_of(hidden), posts_query(account_id))
            .batches[0]
            .rows[0]["likes"]
            .is_null());
}

TEST_CASE("posts before the window end the scan, an empty page does not", "[meta]") {
  Json old = fixture("page_posts_with_insights");
  old["data"][0]["created_time"] = "2026-10-20T00:00:00+0000";
  CHECK_FALSE(posts_of(meta::page_posts, reply_of(old), posts_query(page_id)).next.has_value());
  old["data"] = Json::array();
  CHECK(posts_of(meta::page_posts, reply_of(old), posts_query(page_id)).next.has_value());
}

TEST_CASE("a list of posts that goes on without saying where is not over", "[meta]") {
  Json list = fixture("page_posts_with_insights");
  const auto refused = [&] {
    const auto read = meta::parse_posts(meta::page_posts, reply_of(list), posts_query(page_id), source_at);
    return read ? std::string("read") : read.error().message;
  };
  for (const Json& cursors : {Json(), Json::object(), Json({{"after", 5}}), Json({{"after", ""}})}) {
    list["paging"] = {{"next", "https://graph.facebook.com/next"}, {"cursors", cursors}};
    CHECK(refused() == "meta page_posts: the next page has no cursor");
  }
  for (const Json& paging : {Json(7), Json({{"next", 5}, {"cursors", {{"after", "a"}}}})}) {
    list["paging"] = paging;
    CHECK(contains(refused(), " is a number"));
  }
  for (const Json& paging : {Json({{"cursors", {{"after", "a"}}}}), Json({{"next", ""}}), Json()}) {
    list["paging"] = paging;
    CHECK(refused() == "read");
  }
  list["paging"] = {{"next", "https://graph.facebook.com/next"}};
  for (Json& post : list["data"]) post["created_time"] = "2026-01-01T00:00:00+0000";
  CHECK(refused() == "read");  // it would not be asked for
}

TEST_CASE("of figures of posts each is tried alone once the call fails, and those that live are asked for",
          "[meta]") {
  Query query = posts_query(account_id);
  std::vector<std::string> asked;
  const auto dead = [](const std::string& url) { return contains(url, "reach") || contains(url, "saved"); };
  std::vector<std::string> lost;
  for (int round = 0; round < 12 && lost.empty(); ++round) {
    asked.push_back(meta::posts_request(meta::instagram_posts, query).url);
    const Page page = posts_of(
        meta::instagram_posts,
        dead(asked.back()) ? recorded_error("error_100_invalid_metric") : reply_of(fixture("ig_media_list")),
        query);
    lost = page.unavailable;
    if (lost.empty()) CHECK(page.batches.empty());
    if (page.next) query.position = *page.next;
  }
  REQUIRE(asked.size() == 9);
  CHECK(contains(asked[1], "metric%28reach%29"));
  CHECK(contains(asked[7], "metric%28total_interactions%29"));
  CHECK(contains(asked[8], "metric%28views%2Clikes%2Ccomments%2Cshares%2Ctotal_interactions%29"));
  // The reply to the last call has no figure at all.
  CHECK(lost == std::vector<std::string>{"reach", "saved", "figures of some posts"});
}

TEST_CASE("when no figure of posts lives, none is asked for; a list that fails then is our mistake",
          "[meta]") {
  Query query = posts_query(page_id);
  const HttpReply refusal = recorded_error("error_100_invalid_metric");
  for (int round = 0; round < 3; ++round) query.position = *posts_of(meta::page_posts, refusal, query).next;
  CHECK_FALSE(contains(meta::posts_request(meta::page_posts, query).url, "insights"));
  const auto end = meta::parse_posts(meta::page_posts, refusal, query, source_at);
  REQUIRE_FALSE(end.has_value());
  CHECK(end.error().kind == ErrorKind::ours);
  CHECK(posts_of(meta::page_posts, reply_of(fixture("page_posts_last")), query).unavailable.size() == 2);
}

TEST_CASE("a post of before the business account costs its page the figures, and no metric", "[meta]") {
  Query query = posts_query(account_id);
  Json body = error_body(100);
  body["error"]["error_subcode"] = 2108006;
  query.position = *posts_of(meta::instagram_posts, reply_of(body, 400), query).next;
  CHECK_FALSE(contains(meta::posts_request(meta::instagram_posts, query).url, "insights"));
  Json more = fixture("ig_media_list");
  more["paging"] = {{"cursors", {{"after", "x"}}}, {"next", "https://x.example/"}};
  const Page page = posts_of(meta::instagram_posts, reply_of(more), query);
  CHECK(page.unavailable == std::vector<std::string>{"figures of some posts"});
  CHECK_FALSE(page.batches.at(0).rows.empty());
  query.position = *page.next;
  CHECK(contains(meta::posts_request(meta::instagram_posts, query).url, "metric%28reach"));
  // What one page lacked is told until the scan ends.
  CHECK(posts_of(meta::instagram_posts, reply_of(fixture("ig_media_list")), query).unavailable ==
        std::vector<std::string>{"figures of some posts"});
}

TEST_CASE("what was refused is asked for once more at the end: it may be permitted by then", "[meta]") {
  Query query = posts_query(page_id);
  const HttpReply refusal = reply_of(error_body(200), 403);
  for (int round = 0; round < 3; ++round) query.position = *posts_of(meta::page_posts, refusal, query).next;
  const Page first = posts_of(meta::page_posts, reply_of(fixture("page_posts_with_insights")), query);
  CHECK(first.unavailable.size() == 2);
  Query second = query;
  second.position = *first.next;
  for (Query& last : std::array{std::ref(query), std::ref(second)}) {
    const Page page = posts_of(meta::page_posts, reply_of(fixture("page_posts_last")), last);
    CHECK(page.unavailable.size() == 2);
    const std::string before = meta::posts_request(meta::page_posts, last).url;
    last.position = page.next.value_or(Json());
    const std::string url = meta::posts_request(meta::page_posts, last).url;
    // The same page, with all that was lost.
    CHECK(contains(url, "metric%28post_media_view%2Cpost_total_media_view_unique%29"));
    CHECK(contains(url, "after=") == contains(before, "after="));
    const Page still = posts_of(meta::page_posts, refusal, last);
    CHECK(still.unavailable.size() == 2);
    CHECK_FALSE(still.next.has_value());
    Json given = fixture("page_posts_with_insights");
    const Page page_given = posts_of(meta::page_posts, reply_of(given), last);
    CHECK_FALSE(page_given.next.has_value());
    // Its posts were counted when they came first.
    CHECK(page.items == 1);
    CHECK(page_given.items == 0);
    CHECK(page_given.batches.at(0).rows.at(0)["metrics"] == Json{{"post_media_view", 812}});
    // Of the pages before they were not given.
    CHECK(page_given.unavailable == (contains(url, "after=")
                                         ? std::vector<std::string>{"figures of some posts"}
                                         : std::vector<std::string>{}));
  }
}

TEST_CASE("posts that come without any figure, and who may not read figures, are told", "[meta]") {
  Json empty = fixture("ig_media_list");
  for (Json& post : empty["data"]) post.erase("insights");
  CHECK(posts_of(meta::instagram_posts, reply_of(empty), posts_query(account_id)).unavailable ==
        std::vector<std::string>{"figures of some posts"});
  Query query = posts_query(page_id);
  query.position = *posts_of(meta::page_posts, reply_of(fixture("page_posts_with_insights")), query).next;
  CHECK(posts_of(meta::page_posts, reply_of(fixture("page_posts_last")), query).unavailable.empty());
  query.position = {};
  const HttpReply refusal = reply_of(error_body(200), 403);
  query.position = *posts_of(meta::page_posts, refusal, query).next;
  // Each is tried alone: one of them may be permitted.
  const Query first = query;
  query.position = *posts_of(meta::page_posts, refusal, query).next;
  query.position = *posts_of(meta::page_posts, reply_of(fixture("page_posts_last")), query).next;
  CHECK(
      contains(meta::posts_request(meta::page_posts, query).url, "metric%28post_total_media_view_unique%29"));
  query = first;
  for (int round = 0; round < 2; ++round) query.position = *posts_of(meta::page_posts, refusal, query).next;
  CHECK_FALSE(contains(meta::posts_request(meta::page_posts, query).url, "insights"));
  CHECK(posts_of(meta::page_posts, reply_of(fixture("page_posts_last")), query).unavailable.size() == 2);
  const auto url = [&] { return meta::posts_request(meta::page_posts, query).url; };
  // It may have been the likes and comments: without them all is tried once more.
  query.position = *posts_of(meta::page_posts, refusal, query).next;
  CHECK_FALSE(contains(url(), "likes"));
  CHECK(contains(url(), "post_media_view"));
  const Page uncounted = posts_of(meta::page_posts, reply_of(fixture("page_posts_with_insights")), query);
  CHECK(uncounted.unavailable == std::vector<std::string>{"likes and comments"});
  CHECK((*uncounted.next)["uncounted"] == true);
  for (int round = 0; round < 3; ++round) query.position = *posts_of(meta::page_posts, refusal, query).next;
  CHECK_FALSE(contains(url(), "likes"));
  CHECK_FALSE(contains(url(), "insights"));
  const auto posts = meta::parse_posts(meta::page_posts, refusal, query, source_at);
  REQUIRE_FALSE(posts.has_value());
  CHECK(posts.error().kind == ErrorKind::configuration);
}
