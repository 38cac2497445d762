#pragma once
// SendGrid's own totals by day. There is no list of events to fetch, so these are also what the events
// that arrived are compared with (app.reconcile_email, in the database).
// https://www.twilio.com/docs/sendgrid/api-reference/stats/retrieve-global-email-statistics

#include "shared/sync/connector.hpp"

namespace wf::sendgrid {

// An authorised request of the v3 API, in the account's region: `sendgrid.region` is "eu" or absent.
HttpRequest api_request(std::string_view path_and_query, const Json& ids);

HttpRequest stats_request(const Query& query);
Result<Page> parse_stats(const HttpReply& reply, const Query& query, UnixSeconds source_at);

// https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits
// A plan whose mails are used up is answered like a wrong key:
// https://github.com/sendgrid/sendgrid-nodejs/issues/1032
Problem explain(const HttpReply& reply, Problem general);

}  // namespace wf::sendgrid
