#include "shared/connectors/meta/meta.hpp"

#include <array>
#include <utility>

#include "shared/connectors/meta/graph.hpp"
#include "shared/connectors/meta/insights.hpp"
#include "shared/connectors/meta/posts.hpp"

namespace wf::meta {
namespace {

using std::chrono::days;

constexpr days backfill{90};
// Meta revises a day for up to 48 hours, and a run may be a day late.
constexpr days revised_for{2};
constexpr days overlap{3};
// A post's figures grow for weeks.
constexpr days posts_grow_for{28};

template <const Account& account>
HttpRequest request(const Query& query) {
  return insights_request(account, query);
}
template <const Account& account>
Result<Page> parse(const HttpReply& reply, const Query& query, UnixSeconds source_at) {
  return parse_insights(account, reply, query, source_at);
}
template <const PostList& list>
HttpRequest request(const Query& query) {
  return posts_request(list, query);
}
template <const PostList& list>
Result<Page> parse(const HttpReply& reply, const Query& query, UnixSeconds source_at) {
  return parse_posts(list, reply, query, source_at);
}

template <const Account& account>
constexpr Stream figures(std::string_view id) {
  return {.id = id,
          .first_sync = backfill,
          .overlap = overlap,
          .final_after = revised_for,
          .expects_items = true,
          .request = request<account>,
          .parse = parse<account>};
}
template <const PostList& list>
constexpr Stream posts(std::string_view id) {
  return {.id = id,
          .first_sync = backfill,
          .overlap = posts_grow_for,
          .request = request<list>,
          .parse = parse<list>};
}

constexpr std::array streams{figures<page_account>("page"), posts<page_posts>("page_posts"),
                             figures<instagram_account>("instagram"),
                             posts<instagram_posts>("instagram_posts")};

std::vector<GrantStep> access_proof(const Json&, UnixSeconds) { return access_proof_steps(); }

template <std::size_t place>
std::vector<GrantStep> page_token(const Json& ids, UnixSeconds) {
  return page_token_steps(ids, place);
}

// A refused token is found by its proof first: both are made anew.
template <std::size_t... places>
constexpr auto all_grants(std::index_sequence<places...>) {
  return std::array{Grant{owner.proof, access_proof, true},
                    Grant{page_credentials[places].proof, page_token<places>, true}...,
                    Grant{page_credentials[places].token, page_token<places>}...};
}
constexpr auto grants = all_grants(std::make_index_sequence<page_credentials.size()>());

}  // namespace

constinit const Connector connector{
    .service = "meta", .streams = streams, .explain = explain, .grants = grants};

}  // namespace wf::meta
