#pragma once
// Posts with their figures so far, the newest first. A retired metric would take the whole list with it:
// then the list is asked for again, leaving one metric out after another until Meta answers.
// https://developers.facebook.com/docs/graph-api/reference/page/feed/
// https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media

#include <span>
#include <string_view>

#include "shared/sync/connector.hpp"

namespace wf::meta {

struct PostList {
  std::string_view who;
  std::string_view platform;
  std::string_view edge;    // "posts"
  std::string_view fields;  // but for the figures
  std::string_view counts;  // more of them, which take a permission of their own
  std::span<const std::string_view> metrics;
  std::string_view posted_at;
  bool is_page = false;
};

extern const PostList page_posts;
extern const PostList instagram_posts;

HttpRequest posts_request(const PostList& list, const Query& query);
Result<Page> parse_posts(const PostList& list, const HttpReply& reply, const Query& query,
                         UnixSeconds source_at);

}  // namespace wf::meta
