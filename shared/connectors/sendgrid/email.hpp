#pragma once
// The action `email`: one mail to up to fifty people, as a message of a thread.
// https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send

#include <string_view>

#include "shared/sync/connector.hpp"

namespace wf::sendgrid {

// {"to":[{"email","name"?}], "cc"?, "subject", "text", "html"?, "thread_id"?}; nothing else is taken.
Result<Json> check_email(const Json& body);
// The reply address is signed where replies can come in at all.
std::optional<Sign> sign_email(const ActionQuery& query);
// `query.facts` is public.email_context's: {"thread": a row or null, "smtp_ids": the mails of the
// thread, the newest last}.
Result<ActionStart> start_email(const ActionQuery& query, UnixSeconds now);
// 202 {"message_id","thread_id","state":"sent"}. Errors: whether it was sent is not known.
Result<ActionEnd> end_email(const ActionQuery& query, const HttpReply& reply, UnixSeconds now);
// `unknown`: only the events of this mail will tell whether it was sent; it is not sent again.
std::vector<RowBatch> fail_email(const ActionQuery& query, const Error& error, bool unknown, UnixSeconds now);

// An address as nearly all are written: no quotes, no comments, a domain of at least two labels.
bool is_email_address(std::string_view text);

inline constexpr Action email{.id = "email",
                              .check = check_email,
                              .facts_function = "email_context",
                              .sign = sign_email,
                              .start = start_email,
                              .end = end_email,
                              .fail = fail_email,
                              .when_unknown = "look in SendGrid before sending it again",
                              .unknown_when_refused = true};

}  // namespace wf::sendgrid
