#pragma once
// The performance report of one property: totals by day, and each day's queries and pages.
// https://developers.google.com/webmaster-tools/v1/searchanalytics/query

#include <string_view>

#include "shared/connectors/bulk_rows.hpp"
#include "shared/sync/connector.hpp"

namespace wf::search_console {

inline constexpr std::int64_t rows_per_page = 25'000;  // the most that Google gives
// Final data takes two to three days.
inline constexpr std::chrono::days final_after{3};

// Totals are asked for as such: Google withholds rare queries, so rows never add up to them.
HttpRequest site_request(const Query& query);
Result<Page> parse_site(const HttpReply& reply, const Query& query, UnixSeconds source_at);

// One day's rows, in pages.
struct Detail {
  std::string_view who;
  std::string_view table;
  std::span<const std::string_view> dimensions;
  BulkTable columns;
  std::string_view summed_up{};    // the column that is '' in these rows
  const Detail* totals = nullptr;  // asked for after it, of the same day, into the same table
};
extern const Detail queries;
extern const Detail pages;

HttpRequest detail_request(const Detail& detail, const Query& query);
Result<Page> parse_detail(const Detail& detail, const HttpReply& reply, const Query& query,
                          UnixSeconds source_at);

// https://developers.google.com/webmaster-tools/v1/errors
Problem explain(const HttpReply& reply, Problem general);

}  // namespace wf::search_console
