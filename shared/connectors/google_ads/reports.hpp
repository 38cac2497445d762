#pragma once
// The reports that are asked of Google Ads, and what their rows and errors mean.

#include <string_view>

#include "shared/connectors/bulk_rows.hpp"
#include "shared/connectors/day_slices.hpp"
#include "shared/sync/connector.hpp"

namespace wf::google_ads {

struct Report {
  std::string_view who;
  std::string_view table;
  std::string_view select;  // of the query, but for the days
  std::string_view from;
  std::string_view only;  // of the query's rows; empty: all
  BulkTable columns;
  DayRules days;
};

extern const Report campaigns;
extern const Report search_terms;
extern const Report performance_max_terms;
extern const Report conversions;

// https://developers.google.com/google-ads/api/rest/reference/rest/v26/customers.googleAds/search
HttpRequest report_request(const Report& report, const Query& query);
// The reply of `search` (an object) or `searchStream` (an array of them).
Result<Page> parse_report(const Report& report, const HttpReply& reply, const Query& query,
                          UnixSeconds source_at);

// https://developers.google.com/google-ads/api/docs/common-errors
Problem explain(const HttpReply& reply, Problem general);

}  // namespace wf::google_ads
