#include <catch_amalgamated.hpp>
#include <set>

#include "shared/base/text.hpp"
#include "shared/connectors/meta/graph.hpp"
#include "shared/connectors/meta/walk.hpp"
#include "tests/shared/connectors/meta/fixtures.hpp"

using namespace wf;
using namespace meta_fixtures;

namespace {

std::int64_t seconds_after(const std::string& url, const std::string& name) {
  return std::stoll(url.substr(url.find(name) + name.size()));
}

}  // namespace

TEST_CASE("the walk asks each metric for each stretch once, the newest first, and ends", "[meta]") {
  for (const meta::Account* account : {&meta::page_account, &meta::instagram_account}) {
    Query query = query_of(account->is_page ? page_id : account_id);
    // In between an hour comes twice in California.
    query.window = {at("2026-08-25T13:00:00Z"), at("2026-11-23T13:00:00Z")};
    std::set<std::string> urls;
    std::string last_day = "9999";
    std::size_t calls = 0;
    for (std::optional<Json> next = Json(); next; ++calls) {
      query.position = *next;
      const meta::Step step = meta::read_step(account->groups, query);
      CHECK(step.last - step.first < std::max(account->groups[step.group].per_call, std::chrono::days{1}));
      const std::string url = meta::insights_request(*account, query).url;
      CHECK(urls.insert(url).second);
      if (contains(url, "&since="))
        CHECK(seconds_after(url, "&until=") - seconds_after(url, "&since=") <=
              (account->is_page ? 90 : 30) * 86'400);
      meta::Step heard = step;
      heard.heard = true;
      next = meta::step_after(account->groups, query, heard);
    }
    // 90 days: the Page's 15 metrics once; Instagram's 10 totals daily, its series in stretches of 30.
    CHECK(calls == (account->is_page ? 3 + 15 : 3 + 1 + 4 + 90 * 10));
  }
}

TEST_CASE("what Meta refused is not asked for again in this scan, and is told with each page", "[meta]") {
  const Query query = page_metric("page_views_total");
  const Page page = page_of(meta::page_account, recorded_error("error_100_invalid_metric"), query);
  CHECK(page.unavailable == std::vector<std::string>{"page_views_total"});
  CHECK(page.batches.empty());
  REQUIRE(page.next.has_value());
  CHECK((*page.next)["lost"] == Json::array({"page_views_total"}));
  Query after = query;
  after.position = *page.next;
  CHECK(contains(meta::insights_request(meta::page_account, after).url, "metric=page_video_views&"));
}

TEST_CASE("one metric that is refused leaves the others, once another has given figures", "[meta]") {
  Query query = page_metric("page_follows");
  const auto read = [&](int code) {
    return meta::parse_insights(meta::page_account, reply_of(error_body(code), 403), query, source_at);
  };
  for (const int code : {1, 2, 3, 10, 200}) {
    INFO(code);
    query.position["heard"] = true;
    const auto page = read(code);
    REQUIRE(page.has_value());
    CHECK(page->unavailable == std::vector<std::string>{"page_follows"});
    CHECK(page->next.has_value());
  }
  for (const int code : {101, 190}) CHECK_FALSE(read(code).has_value());
}

TEST_CASE("a metric that is refused before all others is asked for again once one has figures", "[meta]") {
  const Query first = page_metric("page_media_view");
  const auto ask = [](const Query& query) { return meta::insights_request(meta::page_account, query).url; };
  const auto after = [&](const Page& page) {
    Query query = first;
    query.position = page.next.value_or(Json());
    return query;
  };
  const Json one_figure = {
      {"name", "page_total_media_view_unique"},
      {"values", Json::array({Json{{"value", 3}, {"end_time", "2026-11-22T08:00:00+0000"}}})}};
  const HttpReply figures = reply_of({{"data", Json::array({one_figure})}});
  for (const int code : {1, 2, 3, 10, 200}) {
    INFO(code);
    const HttpReply refusal = reply_of(error_body(code), 403);
    const Page doubtful = page_of(meta::page_account, refusal, first);
    CHECK(doubtful.unavailable.empty());
    const Query second = after(doubtful);
    CHECK(contains(ask(second), "metric=page_total_media_view_unique&"));
    // Two in a row are no matter of one metric, and neither is an empty list in between a figure.
    CHECK_FALSE(meta::parse_insights(meta::page_account, refusal, second, source_at).has_value());
    const Query third = after(page_of(meta::page_account, reply_of(fixture("insights_empty")), second));
    CHECK_FALSE(meta::parse_insights(meta::page_account, refusal, third, source_at).has_value());
    const Query again = after(page_of(meta::page_account, figures, second));
    CHECK(ask(again) == ask(first));
    const Page refused = page_of(meta::page_account, refusal, again);
    CHECK(refused.unavailable == std::vector<std::string>{"page_media_view"});
    CHECK(ask(after(refused)) == ask(second));
  }
}

TEST_CASE("a metric that is refused on day after day without figures is still one metric", "[meta]") {
  const HttpReply refusal = reply_of(error_body(10), 403);
  Query query = query_of(account_id, position(3, 0, "2026-11-22"));
  const auto read = [&](const HttpReply& reply) {
    Page page = page_of(meta::instagram_account, reply, query);
    query.position = page.next.value_or(Json());
    return page;
  };
  const auto days = [&](int count) {
    for (int day = 0; day < count; ++day) {
      CHECK(contains(meta::insights_request(meta::instagram_account, query).url, "metric=views&"));
      CHECK(read(refusal).unavailable.empty());
      for (int other = 1; other < 10; ++other) read(reply_of(fixture("insights_empty")));
    }
  };
  days(2);
  // The next one has figures, and the first is asked for again: of the newest day.
  read(refusal);
  const Json figure = {{"name", "accounts_engaged"}, {"total_value", {{"value", 3}}}};
  CHECK(read(reply_of({{"data", Json::array({figure})}})).items == 1);
  CHECK(read(refusal).unavailable == std::vector<std::string>{"views"});
}

TEST_CASE("what only one of a Page and an account has tells one from the other", "[meta]") {
  const Json unknown =
      error_body(100, "(#100) Tried accessing nonexisting field (media_count) on node type (Page)");
  const auto read = [&](const meta::Account& account, const Json& position, const Json& error) {
    const Query query = query_of(account.is_page ? page_id : account_id, position);
    const auto page = meta::parse_insights(account, reply_of(error, 400), query, source_at);
    return page ? std::string("read") : std::string(name(page.error().kind));
  };
  const Json first = position(0, 0, "2026-11-22");
  CHECK(contains(meta::insights_request(meta::instagram_account, query_of(account_id, first)).url,
                 "media_count"));
  CHECK(read(meta::instagram_account, first, unknown) == "configuration");
  const Json retired =
      error_body(100, "(#100) Tried accessing nonexisting field (media_count) on node type (IGUser)");
  CHECK(read(meta::instagram_account, first, retired) == "read");
  for (const auto& [code, message] :
       {std::pair{100, "(#100) Tried accessing nonexisting field (access_token) on node type (User)"},
        std::pair{190, "(#190) This method must be called with a Page Access Token"}}) {
    const Problem problem = meta::explain(reply_of(error_body(code, message), 400),
                                          {{ErrorKind::ours, "meta sign-in: answered"}});
    CHECK(problem.error.kind == ErrorKind::configuration);
    CHECK(problem.remedy == Remedy::read);  // of a sign-in that is the end
    CHECK(contains(problem.error.message, "meta.page_id is a Page's"));
  }
}

TEST_CASE("a Page too many is a matter of settings, not of its token", "[meta]") {
  Query query = page_metric("page_follows");
  query.ids["meta.page_id"] = Json::array({"1", "2", "3", "4", "5", page_id, "7"});
  const HttpReply empty = reply_of(fixture("insights_empty"));
  CHECK(meta::parse_insights(meta::page_account, empty, query, source_at).has_value());
  query.partition = "7";
  const HttpReply refused =
      reply_of(error_body(190, "(#190) This method must be called with a Page Access Token"), 400);
  for (const auto& page : {meta::parse_insights(meta::page_account, empty, query, source_at),
                           meta::parse_posts(meta::page_posts, refused, query, source_at)}) {
    REQUIRE_FALSE(page.has_value());
    CHECK(page.error().kind == ErrorKind::configuration);
    CHECK(contains(page.error().message, "6 Pages at most"));
  }
}
