#pragma once
// The card of Stripe, its keys and its streams.

#include "shared/domain/schedules.hpp"

namespace wf::stripe {

inline constexpr std::array<std::string_view, 1> hosts{"api.stripe.com"};

// Never from an agency variable: one key for all would show one client's payments to another.
inline constexpr std::array keys{
    Key{.name = "stripe.secret_key", .hosts = hosts},
    // Without it nothing is pushed, but the daily sync and its reconciliation still work.
    Key{.name = "stripe.webhook_secret",
        .required = false,
        .when_refused = "Copy the signing secret of the webhook endpoint in Stripe into this workspace's "
                        "settings again."}};

inline constexpr std::array streams{
    StreamDescriptor{.name = "charges", .label = "charges"},
    StreamDescriptor{.name = "payment_intents", .label = "payment intents"},
    StreamDescriptor{.name = "payment_links", .label = "payment links"},
    StreamDescriptor{.name = "balance_transactions", .label = "balance transactions"},
    StreamDescriptor{.name = "payouts", .label = "payouts"},
    StreamDescriptor{.name = "refunds", .label = "refunds"},
    StreamDescriptor{.name = "disputes", .label = "disputes"},
    StreamDescriptor{.name = "checkout_sessions", .label = "checkout sessions"},
    StreamDescriptor{.name = "invoices", .label = "invoices"},
    StreamDescriptor{.name = "events", .label = "event reconciliation"}};

inline constexpr Descriptor descriptor{
    .id = "stripe",
    .name = "Stripe",
    .category = Category::payments,
    .summary = "Payments, payment links, transactions",
    .method = "Webhook + daily",
    .thresholds = schedule::with_quiet_days(schedule::daily, std::chrono::days{30}),
    .keys = keys,
    .streams = streams};

}  // namespace wf::stripe
