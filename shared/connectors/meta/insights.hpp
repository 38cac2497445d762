#pragma once
// The figures of a Page or an Instagram account, day by day. Each is a call of its own: one that Meta
// has retired takes no other with it, and is left out of the rest of the scan.
// https://developers.facebook.com/docs/graph-api/reference/page/insights/
// https://developers.facebook.com/docs/instagram-platform/api-reference/instagram-user/insights

#include <span>
#include <string_view>

#include "shared/sync/connector.hpp"

namespace wf::meta {

struct Metric {
  std::string_view name;
  std::string_view breakdown{};
};

// Figures that are asked for in the same way. `token` is the look at when the sign-in ends, and `field`
// one without history, which is the day's on which it is read.
enum class Asked { token, field, insight };
struct Group {
  Asked asked = Asked::insight;
  std::span<const Metric> metrics{};
  std::string_view parameters{};     // "&metric_type=total_value"
  std::chrono::days per_call{};      // days that one call may cover
  std::chrono::days furthest{3650};  // how far back Meta answers
};

struct Account {
  std::string_view who;
  std::string_view table;
  std::string_view id_column;
  std::span<const Group> groups;
  bool is_page = false;  // has a token of its own
};

extern const Account page_account;
extern const Account instagram_account;

HttpRequest insights_request(const Account& account, const Query& query);
Result<Page> parse_insights(const Account& account, const HttpReply& reply, const Query& query,
                            UnixSeconds source_at);

}  // namespace wf::meta
