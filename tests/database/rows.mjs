// A row of each table that sync pages write, keyed by an id, and a harmless change of it.

const at = '2026-11-23T12:00:00Z';
const day = '2026-11-22';
const stripe = (row, change = { amount: 7 }) => ({
  row: (id) => ({ id, amount: 100, currency: 'usd', status: 'x', created: at, source_at: at, ...row }),
  change,
});
const ads = (row) => ({
  row: (id) => ({ customer_id: '1', campaign_id: '9', day, currency: 'EUR', source_at: at, ...row(id) }),
  change: { conversions: 7.5 },
});
const search = (row) => ({
  row: (id) => ({
    ...{ property: 'sc-domain:example.com', search_type: 'web', day, clicks: 1, impressions: 2 },
    ...{ provisional: false, source_at: at, ...row(id) },
  }),
  change: { clicks: 7 },
});
const other = (row, change) => ({ row: (id) => ({ source_at: at, ...row(id) }), change });
const digits = (id) => String([...id].reduce((sum, letter) => sum * 31n + BigInt(letter.charCodeAt(0)), 0n));

export const synced = {
  stripe_charges: stripe({}),
  stripe_payment_intents: stripe({}),
  stripe_payment_links: other((id) => ({ id, active: true, url: 'https://x.example' }), { active: false }),
  stripe_balance_transactions: stripe({ fee: 1, net: 99, type: 'charge' }),
  stripe_payouts: stripe({}),
  stripe_refunds: stripe({}),
  stripe_disputes: stripe({}),
  stripe_checkout_sessions: other((id) => ({ id, payment_status: 'paid', created: at }), { amount_total: 7 }),
  stripe_invoices: other((id) => ({ id, amount_due: 1, currency: 'usd', created: at }), { amount_due: 7 }),
  probe_results: other((id) => ({ probe: 'rest', subject: id, probed_at: at, ok: true }), { latency_ms: 7 }),
  email_threads: other(
    (id) => ({ id, contact_email: 'a@b.example', state: 'open', started_at: at, last_message_at: at }),
    { state: 'closed' },
  ),
  email_messages: other(
    (id) => ({
      ...{ id, thread_id: 't', direction: 'sent', state: 'queued', sent_at: at },
      ...{ from_email: 'a@b.example', to_emails: ['c@d.example'] },
    }),
    { state: 'sent' },
  ),
  email_events: other((id) => ({ message_id: id, email: 'c@d.example', event: 'open', occurred_at: at }), {
    reason: 'x',
  }),
  email_stats_daily: other(
    (id) => ({ day: new Date(Number(BigInt(digits(id)) % 30000n) * 86400_000).toISOString().slice(0, 10) }),
    { opens: 7 },
  ),
  google_ads_campaign_daily: ads((id) => ({ campaign_id: digits(id) })),
  google_ads_search_terms_daily: ads((id) => ({ ad_group_id: '', match_type: '', search_term: id })),
  google_ads_conversions_daily: ads((id) => ({ conversion_action_id: digits(id) })),
  gsc_site_daily: search((id) => ({ property: id })),
  gsc_queries_daily: search((id) => ({ query: id, page: '' })),
  gsc_pages_daily: search((id) => ({ page: id })),
  pagespeed_runs: other((id) => ({ url: id, strategy: 'mobile', run_at: at, result: 'ok' }), {
    seo_score: 0.5,
  }),
  pagespeed_audits: other(
    (id) => ({ url: 'https://x.example', strategy: 'mobile', run_at: at, audit_id: id }),
    { score: 0.5 },
  ),
  meta_page_daily: other((id) => ({ page_id: '1', metric: id, day }), { value: 7 }),
  meta_instagram_daily: other((id) => ({ account_id: '1', metric: id, day }), { value: 7 }),
  meta_posts: other((id) => ({ platform: 'facebook', id, account_id: '1', posted_at: at }), { likes: 7 }),
  cloudflare_worker_hourly: other(
    (id) => ({ account_id: 'a', script_name: id, status: 'success', hour: at, requests: 1, errors: 0 }),
    { errors: 7 },
  ),
  cloudflare_r2_daily: other(
    (id) => ({ account_id: 'a', day, bucket_name: id, action_type: '', action_status: '' }),
    { object_count: 7 },
  ),
  cloudflare_zone_daily: other((id) => ({ zone_id: id, day, requests: 1 }), { requests: 7 }),
  ai_requests: other((id) => ({ id, purpose: 'insights', state: 'running', requested_at: at }), {
    state: 'failed',
  }),
  ai_insights: other((id) => ({ id, request_id: 'r', kind: 'insight', created: at }), { title: 'x' }),
};
