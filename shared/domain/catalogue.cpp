#include "shared/domain/catalogue.hpp"

#include <algorithm>
#include <array>

namespace wf {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Hosts = std::array<std::string_view, 1>;

constexpr std::array<Category, 8> all_categories{
    Category::database, Category::email,  Category::payments,       Category::advertising,
    Category::seo,      Category::social, Category::infrastructure, Category::ai};

constexpr Thresholds daily{.expected_every = hours{24}, .warn_after = hours{26}, .error_after = hours{50}};
constexpr Thresholds weekly{.expected_every = days{7}, .warn_after = days{8}, .error_after = days{15}};
constexpr Thresholds real_time{
    .expected_every = minutes{5}, .warn_after = minutes{15}, .error_after = hours{1}};
constexpr Thresholds quarter_hourly{.expected_every = minutes{15},
                                    .warn_after = minutes{45},
                                    .error_after = hours{2},
                                    .quiet_is_usual = true};

// Where money or mail moves, quiet days are normal: only a long silence of data is worth a word.
constexpr Thresholds with_quiet_days(Thresholds base, seconds newest_row_within) {
  base.newest_row_within = newest_row_within;
  return base;
}

// Providers that report about yesterday and revise it: new data comes every day, but late.
constexpr Thresholds with_lag(Thresholds base, seconds lag) {
  base.provider_lag = lag;
  base.newest_row_within = lag + days{2};
  return base;
}

constexpr Thresholds on_demand(seconds idle_window) { return {.idle_window = idle_window}; }

constexpr Hosts supabase_hosts{"$SUPABASE_URL"};
constexpr Hosts stripe_hosts{"api.stripe.com"};
constexpr std::array<std::string_view, 2> sendgrid_hosts{"api.sendgrid.com", "api.eu.sendgrid.com"};
constexpr Hosts google_token_hosts{"oauth2.googleapis.com"};
constexpr Hosts google_ads_hosts{"googleads.googleapis.com"};
constexpr Hosts search_console_hosts{"searchconsole.googleapis.com"};
constexpr Hosts pagespeed_hosts{"pagespeedonline.googleapis.com"};
constexpr Hosts meta_hosts{"graph.facebook.com"};
constexpr Hosts cloudflare_hosts{"api.cloudflare.com"};
constexpr Hosts openai_hosts{"api.openai.com"};

constexpr std::array supabase_keys{Key{.name = "supabase.secret_key",
                                       .scope = Scope::agency,
                                       .env = "SUPABASE_SECRET_KEY",
                                       .hosts = supabase_hosts}};

constexpr std::array sendgrid_keys{
    Key{.name = "sendgrid.api_key", .hosts = sendgrid_hosts},
    // Only checks signatures; without it the daily statistics still come.
    Key{.name = "sendgrid.webhook_public_key", .required = false},
    // Whose mail this workspace sends; without it nothing is sent from here.
    Key{.name = "sendgrid.from_email", .secret = false, .required = false},
    Key{.name = "sendgrid.from_name", .secret = false, .required = false},
    // Where replies come in, the password in the URL that they are posted to, and what signs the
    // addresses that they come back to: all three, or replies go to the sender's own mailbox.
    Key{.name = "sendgrid.inbound_domain", .secret = false, .required = false},
    Key{.name = "sendgrid.inbound_password", .required = false},
    Key{.name = "sendgrid.thread_key", .required = false},
    // "eu" for a subuser of that region.
    Key{.name = "sendgrid.region", .secret = false, .required = false}};

// Never from an agency variable: one key for all would show one client's payments to another.
constexpr std::array stripe_keys{
    Key{.name = "stripe.secret_key", .hosts = stripe_hosts},
    // Without it nothing is pushed, but the daily sync and its reconciliation still work.
    Key{.name = "stripe.webhook_secret", .required = false}};

constexpr std::array google_ads_keys{
    Key{.name = "google_ads.client_id",
        .scope = Scope::agency,
        .secret = false,
        .env = "GOOGLE_ADS_CLIENT_ID"},
    Key{.name = "google_ads.client_secret",
        .scope = Scope::agency,
        .env = "GOOGLE_ADS_CLIENT_SECRET",
        .hosts = google_token_hosts},
    Key{.name = "google_ads.refresh_token",
        .scope = Scope::either,
        .env = "GOOGLE_ADS_REFRESH_TOKEN",
        .hosts = google_token_hosts},
    Key{.name = "google_ads.customer_id", .secret = false},
    Key{.name = "google_ads.login_customer_id",
        .scope = Scope::either,
        .secret = false,
        .required = false,
        .env = "GOOGLE_ADS_LOGIN_CUSTOMER_ID"},
    // A major version lives for about a year; until the product is updated, this names another.
    Key{.name = "google_ads.api_version",
        .scope = Scope::agency,
        .secret = false,
        .required = false,
        .env = "GOOGLE_ADS_API_VERSION"}};
constexpr std::array google_ads_captured{
    CapturedKey{.name = "google_ads.access_token", .hosts = google_ads_hosts}};

// A service account's, or someone's consent: refresh token and OAuth client.
constexpr std::array<std::string_view, 1> consent{"search_console.refresh_token"};
constexpr std::array search_console_keys{Key{.name = "search_console.client_email",
                                             .scope = Scope::either,
                                             .secret = false,
                                             .unless = consent,
                                             .env = "SEARCH_CONSOLE_CLIENT_EMAIL"},
                                         // Signs the request for a token, and is never sent.
                                         Key{.name = "search_console.private_key",
                                             .scope = Scope::either,
                                             .unless = consent,
                                             .env = "SEARCH_CONSOLE_PRIVATE_KEY"},
                                         Key{.name = "search_console.private_key_id",
                                             .scope = Scope::either,
                                             .secret = false,
                                             .required = false,
                                             .env = "SEARCH_CONSOLE_PRIVATE_KEY_ID"},
                                         Key{.name = "search_console.refresh_token",
                                             .scope = Scope::either,
                                             .required = false,
                                             .env = "SEARCH_CONSOLE_REFRESH_TOKEN",
                                             .hosts = google_token_hosts},
                                         Key{.name = "search_console.client_id",
                                             .scope = Scope::either,
                                             .secret = false,
                                             .required = false,
                                             .env = "SEARCH_CONSOLE_CLIENT_ID"},
                                         Key{.name = "search_console.client_secret",
                                             .scope = Scope::either,
                                             .required = false,
                                             .env = "SEARCH_CONSOLE_CLIENT_SECRET",
                                             .hosts = google_token_hosts},
                                         Key{.name = "search_console.site_url", .secret = false}};
constexpr std::array search_console_captured{
    CapturedKey{.name = "search_console.assertion", .hosts = google_token_hosts},
    CapturedKey{.name = "search_console.access_token", .hosts = search_console_hosts}};

constexpr std::array pagespeed_keys{Key{.name = "pagespeed.api_key",
                                        .scope = Scope::agency,
                                        .env = "PAGESPEED_API_KEY",
                                        .hosts = pagespeed_hosts},
                                    Key{.name = "pagespeed.urls", .secret = false}};

constexpr std::array meta_keys{
    Key{.name = "meta.access_token", .scope = Scope::either, .env = "META_ACCESS_TOKEN", .hosts = meta_hosts},
    Key{.name = "meta.page_id", .secret = false},
    Key{.name = "meta.instagram_id", .secret = false, .required = false},
    // Signs the token of each call, for apps that demand it, and asks with the app's id when tokens end.
    Key{.name = "meta.app_secret",
        .scope = Scope::agency,
        .required = false,
        .env = "META_APP_SECRET",
        .hosts = meta_hosts},
    Key{.name = "meta.app_id",
        .scope = Scope::agency,
        .secret = false,
        .required = false,
        .env = "META_APP_ID"}};

// A Page's own token, made of the one above, and the proofs that go with both. Values are kept by name:
// each Page of a workspace has names of its own, so that it never gets the token of another.
constexpr CapturedKey for_graph(std::string_view name) { return {.name = name, .hosts = meta_hosts}; }
constexpr std::array meta_captured{
    for_graph("meta.access_proof"), for_graph("meta.page_token"),   for_graph("meta.page_proof"),
    for_graph("meta.page_token_2"), for_graph("meta.page_proof_2"), for_graph("meta.page_token_3"),
    for_graph("meta.page_proof_3"), for_graph("meta.page_token_4"), for_graph("meta.page_proof_4"),
    for_graph("meta.page_token_5"), for_graph("meta.page_proof_5"), for_graph("meta.page_token_6"),
    for_graph("meta.page_proof_6")};

constexpr std::array<std::string_view, 2> cloudflare_parts{"cloudflare.worker_names",
                                                           "cloudflare.bucket_names"};
constexpr std::array cloudflare_keys{
    Key{.name = "cloudflare.api_token",
        .scope = Scope::agency,
        .env = "CLOUDFLARE_API_TOKEN",
        .hosts = cloudflare_hosts},
    Key{.name = "cloudflare.account_id",
        .scope = Scope::agency,
        .secret = false,
        .env = "CLOUDFLARE_ACCOUNT_ID"},
    // What of the agency's account is this client's: without one of these nothing is shown, because
    // the names of the others' Workers and buckets are none of this client's business.
    Key{.name = "cloudflare.zone_id", .secret = false, .unless = cloudflare_parts},
    Key{.name = "cloudflare.worker_names", .secret = false, .required = false},
    Key{.name = "cloudflare.bucket_names", .secret = false, .required = false}};

// Models and prices change too often to be part of the product: without them nothing is asked.
constexpr std::array openai_keys{
    Key{.name = "openai.api_key", .scope = Scope::agency, .env = "OPENAI_API_KEY", .hosts = openai_hosts},
    Key{.name = "openai.model", .scope = Scope::agency, .secret = false, .env = "OPENAI_MODEL"},
    Key{.name = "openai.prices", .scope = Scope::agency, .secret = false, .env = "OPENAI_PRICES"},
    Key{.name = "openai.effort",
        .scope = Scope::agency,
        .secret = false,
        .required = false,
        .env = "OPENAI_EFFORT"},
    Key{.name = "openai.max_output_tokens",
        .scope = Scope::agency,
        .secret = false,
        .required = false,
        .env = "OPENAI_MAX_OUTPUT_TOKENS"},
    Key{.name = "openai.daily_limit_usd",
        .scope = Scope::agency,
        .secret = false,
        .required = false,
        .env = "OPENAI_DAILY_LIMIT_USD"}};

constexpr std::array stripe_streams{
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

constexpr std::array sendgrid_streams{StreamDescriptor{.name = "stats", .label = "daily totals"}};

// A mobile and a desktop run of every URL, each a job of its own: one call takes up to two minutes.
constexpr std::array<std::string_view, 2> pagespeed_strategies{"mobile", "desktop"};
constexpr std::array pagespeed_streams{StreamDescriptor{.name = "runs",
                                                        .label = "runs",
                                                        .cadence = Cadence::weekly,
                                                        .every_secs = 7 * 86'400,
                                                        .partitioned_by = "pagespeed.urls",
                                                        .variants = pagespeed_strategies}};

constexpr StreamDescriptor every(minutes interval, std::string_view name, std::string_view label) {
  return {.name = name,
          .label = label,
          .cadence = Cadence::interval,
          .every_secs = std::chrono::seconds(interval).count()};
}

constexpr StreamDescriptor of_each(std::string_view id_key, StreamDescriptor stream) {
  stream.partitioned_by = id_key;
  return stream;
}

constexpr std::array cloudflare_streams{
    of_each("cloudflare.worker_names", every(minutes{15}, "workers", "Worker invocations")),
    of_each("cloudflare.bucket_names", every(minutes{15}, "r2_operations", "R2 operations")),
    of_each("cloudflare.bucket_names", every(minutes{15}, "r2_storage", "R2 storage")),
    of_each("cloudflare.zone_id", every(minutes{15}, "zone", "zone traffic"))};

constexpr StreamDescriptor daily_of_each(std::string_view id_key, std::string_view name,
                                         std::string_view label) {
  return of_each(id_key, {.name = name, .label = label});
}

constexpr std::array google_ads_streams{
    daily_of_each("google_ads.customer_id", "campaigns", "campaigns"),
    daily_of_each("google_ads.customer_id", "search_terms", "search terms"),
    daily_of_each("google_ads.customer_id", "conversions", "conversions")};

constexpr std::array search_console_streams{daily_of_each("search_console.site_url", "site", "totals"),
                                            daily_of_each("search_console.site_url", "queries", "queries"),
                                            daily_of_each("search_console.site_url", "pages", "pages")};

constexpr std::array meta_streams{daily_of_each("meta.page_id", "page", "page figures"),
                                  daily_of_each("meta.page_id", "page_posts", "page posts"),
                                  daily_of_each("meta.instagram_id", "instagram", "Instagram figures"),
                                  daily_of_each("meta.instagram_id", "instagram_posts", "Instagram posts")};

constexpr std::array supabase_streams{every(minutes{5}, "probe", "probes")};

constexpr std::array services{Descriptor{.id = "supabase",
                                         .name = "Supabase",
                                         .category = Category::database,
                                         .summary = "Core data storage for every tab",
                                         .method = "Real-time",
                                         .read_by_page = true,
                                         .thresholds = real_time,
                                         .keys = supabase_keys,
                                         .streams = supabase_streams},
                              Descriptor{.id = "sendgrid",
                                         .name = "SendGrid",
                                         .category = Category::email,
                                         .summary = "Transactional and CRM mail, replies",
                                         .method = "Webhook + API",
                                         .has_webhook = true,
                                         .reconciled_by_totals = true,
                                         .thresholds = with_quiet_days(daily, days{7}),
                                         .keys = sendgrid_keys,
                                         .streams = sendgrid_streams},
                              Descriptor{.id = "stripe",
                                         .name = "Stripe",
                                         .category = Category::payments,
                                         .summary = "Payments, payment links, transactions",
                                         .method = "Webhook + daily",
                                         .has_webhook = true,
                                         .thresholds = with_quiet_days(daily, days{30}),
                                         .keys = stripe_keys,
                                         .streams = stripe_streams},
                              Descriptor{.id = "google_ads",
                                         .name = "Google Ads",
                                         .category = Category::advertising,
                                         .summary = "Campaigns, search terms, conversions",
                                         .method = "Daily",
                                         .thresholds = with_lag(daily, days{1}),
                                         .jobs_per_tick = 100,
                                         .keys = google_ads_keys,
                                         .captured = google_ads_captured,
                                         .streams = google_ads_streams},
                              Descriptor{.id = "search_console",
                                         .name = "Google Search Console",
                                         .category = Category::seo,
                                         .summary = "Rankings, impressions, clicks, pages",
                                         .method = "Daily",
                                         .thresholds = with_lag(daily, days{3}),
                                         .jobs_per_tick = 100,
                                         .keys = search_console_keys,
                                         .captured = search_console_captured,
                                         .streams = search_console_streams},
                              Descriptor{.id = "pagespeed",
                                         .name = "Google PageSpeed",
                                         .category = Category::seo,
                                         .summary = "Core Web Vitals, scores, audits",
                                         .method = "Weekly",
                                         .thresholds = weekly,
                                         .jobs_per_tick = 4,  // a call takes up to two minutes
                                         .keys = pagespeed_keys,
                                         .streams = pagespeed_streams},
                              Descriptor{.id = "meta",
                                         .name = "Meta Graph API",
                                         .category = Category::social,
                                         .summary = "Facebook and Instagram reach, posts",
                                         .method = "Daily",
                                         .thresholds = with_lag(daily, days{2}),
                                         .jobs_per_tick = 100,
                                         .keys = meta_keys,
                                         .captured = meta_captured,
                                         .streams = meta_streams},
                              Descriptor{.id = "cloudflare",
                                         .name = "Cloudflare",
                                         .category = Category::infrastructure,
                                         .summary = "Worker hosting, R2, edge analytics",
                                         .method = "Real-time",
                                         .thresholds = quarter_hourly,
                                         .jobs_per_tick = 100,  // of 300 queries in five minutes
                                         .keys = cloudflare_keys,
                                         .streams = cloudflare_streams},
                              Descriptor{.id = "openai",
                                         .name = "OpenAI",
                                         .category = Category::ai,
                                         .summary = "Insights, drafts, anomaly explanations",
                                         .method = "On demand",
                                         .evidenced = Evidenced::by_activity,
                                         .thresholds = on_demand(days{30}),
                                         .keys = openai_keys}};

}  // namespace

std::string_view label(Category category) {
  constexpr std::array<std::string_view, 8> labels{"Database", "Email",  "Payments",       "Advertising",
                                                   "SEO",      "Social", "Infrastructure", "AI"};
  return labels[static_cast<std::size_t>(category)];
}

std::span<const Category> categories() { return all_categories; }

std::string_view name(Cadence cadence) {
  constexpr std::array<std::string_view, 3> names{"daily", "weekly", "interval"};
  return names[static_cast<std::size_t>(cadence)];
}

std::string_view Key::short_name() const { return name.substr(name.find('.') + 1); }

std::span<const Descriptor> catalogue() { return services; }

const Descriptor* find_service(std::string_view id) {
  for (const Descriptor& service : services) {
    if (service.id == id) return &service;
  }
  return nullptr;
}

const Key* find_key(std::string_view key_name) {
  const Descriptor* service = find_service(key_name.substr(0, key_name.find('.')));
  if (service == nullptr) return nullptr;
  for (const Key& key : service->keys) {
    if (key.name == key_name) return &key;
  }
  return nullptr;
}

bool holds(std::span<const std::string> present, std::string_view key_name) {
  return std::find(present.begin(), present.end(), key_name) != present.end();
}

bool is_missing(const Key& key, std::span<const std::string> present) {
  const bool has_other_way = std::any_of(key.unless.begin(), key.unless.end(),
                                         [&](std::string_view other) { return holds(present, other); });
  return key.required && !has_other_way && !holds(present, key.name);
}

const StreamDescriptor* find_stream(const Descriptor& descriptor, std::string_view stream) {
  for (const StreamDescriptor& candidate : descriptor.streams) {
    if (candidate.name == stream) return &candidate;
  }
  return nullptr;
}

}  // namespace wf
