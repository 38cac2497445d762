#pragma once
// The card of SendGrid, its keys and its streams.

#include "shared/domain/schedules.hpp"

namespace wf::sendgrid {

inline constexpr std::array<std::string_view, 2> hosts{"api.sendgrid.com", "api.eu.sendgrid.com"};
inline constexpr std::array keys{
    Key{.name = "sendgrid.api_key", .hosts = hosts},
    // Only checks signatures; without it the daily statistics still come.
    Key{.name = "sendgrid.webhook_public_key",
        .required = false,
        .when_refused =
            "Switch the signature of SendGrid's event webhook on, and copy its verification key into "
            "this workspace's settings again."},
    // Whose mail this workspace sends; without it nothing is sent from here.
    Key{.name = "sendgrid.from_email", .secret = false, .required = false},
    Key{.name = "sendgrid.from_name", .secret = false, .required = false},
    // Where replies come in, the password in the URL that they are posted to, and what signs the
    // addresses that they come back to: all three, or replies go to the sender's own mailbox.
    Key{.name = "sendgrid.inbound_domain", .secret = false, .required = false},
    Key{.name = "sendgrid.inbound_password",
        .required = false,
        .when_refused =
            "Put the inbound password of this workspace's settings into the URL of SendGrid's Inbound "
            "Parse again: mail is refused until then, and sent again for three days."},
    Key{.name = "sendgrid.thread_key", .required = false},
    // "eu" for a subuser of that region.
    Key{.name = "sendgrid.region", .secret = false, .required = false}};

inline constexpr std::array streams{
    schedule::with_daily_rows(StreamDescriptor{.name = "stats", .label = "daily totals"})};

inline constexpr Descriptor descriptor{
    .id = "sendgrid",
    .name = "SendGrid",
    .category = Category::email,
    .summary = "Transactional and CRM mail, replies",
    .method = "Webhook + API",
    .use_label = "sent mail",
    .reconciled_by_totals = true,
    .thresholds = schedule::with_quiet_days(schedule::daily, std::chrono::days{7}),
    .keys = keys,
    .streams = streams};

}  // namespace wf::sendgrid
