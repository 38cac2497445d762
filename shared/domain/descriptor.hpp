#pragma once
// What the product knows of a service before it asks it anything: what the page shows, which keys and
// account ids it needs, and the thresholds its badge is judged by.

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

namespace wf {

enum class Category : std::uint8_t {
  database,
  email,
  payments,
  advertising,
  seo,
  social,
  infrastructure,
  ai
};
std::string_view label(Category category);  // "Payments"
std::span<const Category> categories();     // in the order of the page

// What proves that a service works.
enum class Evidenced : std::uint8_t {
  by_sync,      // scheduled syncs; webhook services too: their daily reconciliation
  by_activity,  // used on demand: idle, not late, when nothing happens
};

enum class Cadence : std::uint8_t { daily, weekly, interval };
std::string_view name(Cadence cadence);  // the database's word

enum class Scope : std::uint8_t {
  workspace,  // only in the workspace's own bundle
  agency,     // only in the agency's variable
  either,     // the workspace's bundle, else the agency's variable
};

struct Key {
  std::string_view name;  // "stripe.secret_key", never a value
  Scope scope = Scope::workspace;
  bool secret = true;  // false: an account id, which the core may read
  bool required = true;
  std::span<const std::string_view> unless{};  // not required where one of these is present
  std::string_view env{};                      // agency variable; empty for scope workspace
  // Hosts a secret may be sent to. "$SUPABASE_URL" stands for that variable's host. Empty
  // for what is only used to check or make signatures.
  std::span<const std::string_view> hosts{};
  // What to do when deliveries fail its check. Empty: it checks none.
  std::string_view when_refused{};

  // "secret_key": the service is known from the card it stands on.
  std::string_view short_name() const;
};

// A value that the host keeps for a while, such as an access token (shared/sync/http.hpp).
struct CapturedKey {
  std::string_view name;                      // "google_ads.access_token"
  std::span<const std::string_view> hosts{};  // it may be sent to; empty: to none
};

// Only streams whose connector exists are listed: they get schedules and are judged.
struct StreamDescriptor {
  std::string_view name;   // "payment_intents"
  std::string_view label;  // "payment intents"
  Cadence cadence = Cadence::daily;
  std::int64_t every_secs = 86'400;
  // The account id whose values split the stream, "pagespeed.urls": each is synced and judged by
  // itself. Empty: the stream is whole.
  std::string_view partitioned_by{};
  // Has a row of every day as long as there is anything: silence of one is told beside others that go on.
  bool has_daily_rows = false;
  // Each value once per variant: "mobile https://example.com". Empty: just the value.
  std::span<const std::string_view> variants{};
};

struct Thresholds {
  std::chrono::seconds expected_every{};
  std::chrono::seconds warn_after{};         // age of the last success: late
  std::chrono::seconds error_after{};        // age of the last success: overdue
  std::chrono::seconds newest_row_within{};  // age of the newest row; 0: not judged
  std::chrono::seconds provider_lag{};       // how long the provider itself takes; 0: none
  std::chrono::seconds idle_window{};        // on-demand services: no activity for so long is idle
  bool quiet_is_usual = false;               // windows of minutes: a sync without rows says nothing
};

struct Descriptor {
  std::string_view id;    // "google_ads"
  std::string_view name;  // "Google Ads"
  Category category = Category::database;
  std::string_view summary;  // data provided: "Campaigns, search terms, conversions"
  std::string_view method;   // "Webhook + daily"
  Evidenced evidenced = Evidenced::by_sync;
  bool read_by_page = false;  // the page talks to it itself and sees how it answers
  // What people ask of a service that is synced as well, as its card names it when that fails: "sent mail".
  std::string_view use_label{};
  // The provider lists no events: what arrived is compared with its daily totals, so that of what is
  // missing only the number is known.
  bool reconciled_by_totals = false;
  Thresholds thresholds{};
  // Of all workspaces together, where they share a key's rate limit; 0: no limit.
  std::int64_t jobs_per_tick = 0;
  std::span<const Key> keys{};
  std::span<const CapturedKey> captured{};
  std::span<const StreamDescriptor> streams{};
};

}  // namespace wf
