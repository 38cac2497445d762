// From an empty database, one tick: every service of the demo agency is detected, asked and stored, and
// the tables hold what the fixtures contain, by count and by sum.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { CLIENT, NORTHWIND, one, testStack, untilRested } from './harness.mjs';

const HARBOR = 'harbor-yoga';

let stack;
before(async () => {
  stack = await testStack('services');
  await stack.tick();
  await untilRested(stack, 90_000);
});
after(() => stack?.stop());

const fixture = (path) =>
  JSON.parse(readFileSync(new URL(`../fixtures/${path}.json`, import.meta.url), 'utf8'));
const sum = (values) => values.reduce((total, value) => total + Number(value), 0);
const exactSum = (values) => values.reduce((total, value) => total + BigInt(value), 0n);

// The aggregates of one workspace's rows, as numbers.
async function figures(table, slug, aggregates, filter = 'true') {
  const row = await one(stack, `select ${aggregates} from ${table} where client_id = $1 and ${filter}`, [
    CLIENT[slug],
  ]);
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)]));
}

async function onlyOf(table, slugs) {
  const rows = await stack.query(`select distinct client_id from ${table} order by 1`);
  assert.deepEqual(
    rows.map(({ client_id }) => client_id),
    slugs.map((slug) => CLIENT[slug]).sort(),
    `${table} has rows of these workspaces alone`,
  );
}

test('every stream that can run has succeeded, and only a refused key has failed', async () => {
  const rows = await stack.query(
    `select w.slug, service, stream, partition, last_success_at, failure_kind, failure_message
     from service_facts f join workspaces w using (client_id)
     where stream not in ('', 'webhook')
       and app.is_runnable(f.client_id, f.service, f.stream, f.partition)`,
  );
  const services = new Set(rows.map(({ service }) => service));
  for (const service of [
    'supabase',
    'stripe',
    'google_ads',
    'search_console',
    'pagespeed',
    'meta',
    'cloudflare',
    'sendgrid',
  ])
    assert.ok(services.has(service), service);
  for (const row of rows) {
    const isRefused = row.slug === 'oak-bakery' && row.service === 'stripe';
    assert.equal(row.failure_kind, isRefused ? 'credentials' : null, JSON.stringify(row));
    assert.equal(row.last_success_at === null, isRefused, JSON.stringify(row));
  }
});

test('Stripe: every kind of object, its money in the smallest unit of its own currency', async () => {
  const lists = {
    charges: ['amount', 2],
    payment_intents: ['amount', 1],
    balance_transactions: ['net', 2],
    payouts: ['amount', 2],
    refunds: ['amount', 1],
    disputes: ['amount', 1],
    checkout_sessions: ['amount_total', 1],
    invoices: ['total', 1],
  };
  for (const [list, [member, pages]] of Object.entries(lists)) {
    const objects = Array.from(
      { length: pages },
      (_, i) => `stripe/lists/${list}_page${i + 1}.built`,
    ).flatMap((name) => fixture(name).data);
    const byCurrency = Map.groupBy(objects, ({ currency }) => currency);
    const rows = await stack.query(
      `select currency, count(*) as rows, sum(${member}) as total from stripe_${list}
       where client_id = $1 group by 1`,
      [CLIENT[NORTHWIND]],
    );
    assert.equal(rows.length, byCurrency.size, list);
    for (const { currency, rows: count, total } of rows) {
      const expected = byCurrency.get(currency);
      assert.equal(Number(count), expected.length, `${list} ${currency}`);
      assert.equal(Number(total), sum(expected.map((object) => object[member] ?? 0)), `${list} ${currency}`);
    }
    await onlyOf(`stripe_${list}`, [NORTHWIND]);
  }
});

test('Google Ads: campaigns, search terms and conversions', async () => {
  const campaigns = fixture('google-ads/searchstream_campaigns.built').flatMap(({ results }) => results);
  assert.deepEqual(
    await figures(
      'google_ads_campaign_daily',
      NORTHWIND,
      'count(*) as rows, sum(clicks) as clicks, sum(cost_micros) as cost, sum(conversions) as conversions',
    ),
    {
      rows: campaigns.length,
      clicks: sum(campaigns.map(({ metrics }) => metrics.clicks ?? 0)),
      cost: sum(campaigns.map(({ metrics }) => metrics.costMicros ?? 0)),
      conversions: sum(campaigns.map(({ metrics }) => metrics.conversions ?? 0)),
    },
  );
  const terms = fixture('google-ads/search_search_terms.built').results;
  const { impressions } = await one(
    stack,
    'select sum(impressions)::text as impressions from google_ads_search_terms_daily',
  );
  assert.equal(BigInt(impressions), exactSum(terms.map(({ metrics }) => metrics.impressions ?? 0)));
  const conversions = fixture('google-ads/search_conversions.built').results;
  assert.deepEqual(
    await figures(
      'google_ads_conversions_daily',
      NORTHWIND,
      'count(*) as rows, sum(all_conversions) as conversions',
    ),
    {
      rows: conversions.length,
      conversions: sum(conversions.map(({ metrics }) => metrics.allConversions ?? 0)),
    },
  );
  await onlyOf('google_ads_campaign_daily', [NORTHWIND]);
});

test('Search Console: totals asked for as such, queries and pages beside them', async () => {
  const days = ['query_date.built', 'query_date_all_with_metadata.built'].flatMap(
    (name) => fixture(`search-console/${name}`).rows,
  );
  const queries = fixture('search-console/query_query_page.built').rows;
  assert.deepEqual(
    await figures(
      'gsc_site_daily',
      HARBOR,
      'count(*) as days, sum(clicks) as clicks, sum(impressions) as impressions, count(*) filter (where provisional) as open',
    ),
    {
      days: days.length,
      clicks: sum(days.map(({ clicks }) => clicks)),
      impressions: sum(days.map(({ impressions }) => impressions)),
      open: fixture('search-console/query_date_all_with_metadata.built').rows.length,
    },
  );
  for (const table of ['gsc_queries_daily', 'gsc_pages_daily'])
    assert.deepEqual(await figures(table, HARBOR, 'count(*) as rows, sum(clicks) as clicks', "page <> ''"), {
      rows: days.length * queries.length,
      clicks: days.length * sum(queries.map(({ clicks }) => clicks)),
    });
  const { words } = await figures('gsc_queries_daily', HARBOR, 'count(distinct query) as words', "page = ''");
  assert.equal(words, new Set(queries.map(({ keys: [query] }) => query)).size, 'over all pages');
  await onlyOf('gsc_site_daily', [HARBOR]);
});

test('PageSpeed: a mobile and a desktop run with their audits', async () => {
  const runs = await stack.query(
    'select strategy, performance_score from pagespeed_runs where client_id = $1 order by 1',
    [CLIENT[HARBOR]],
  );
  assert.deepEqual(
    runs.map(({ strategy }) => strategy),
    ['desktop', 'mobile'],
  );
  const { score } = fixture('pagespeed/psi_lh13_full').lighthouseResult.categories.performance;
  for (const run of runs) assert.equal(Number(run.performance_score), score, run.strategy);
  const { audits } = await figures('pagespeed_audits', HARBOR, 'count(*) as audits');
  assert.ok(audits > 0 && audits % 2 === 0, `${audits} audits, the same for both`);
  await onlyOf('pagespeed_runs', [HARBOR]);
});

test('Meta: a Page, an Instagram account and their posts, and when the sign-in ends', async () => {
  const metrics = fixture('meta/page_insights_day.built').data;
  const values = metrics.flatMap((metric) => metric.values.map(({ value }) => value));
  const page = fixture('meta/page_fields.built');
  assert.deepEqual(await figures('meta_page_daily', NORTHWIND, 'count(*) as rows, sum(value) as total'), {
    rows: values.length + 2,
    total: sum(values) + page.followers_count + page.fan_count,
  });
  const { days } = await one(
    stack,
    `select array_agg((now() at time zone 'America/Los_Angeles')::date - day order by day) as days
     from meta_page_daily where metric = 'page_follows'`,
  );
  assert.deepEqual(days, [2, 1], 'the day measured is the one before end_time');
  const account = fixture('meta/ig_user.built');
  const totals = fixture('meta/ig_insights_total_value.built').data.map(
    ({ total_value }) => total_value.value,
  );
  const series = fixture('meta/ig_insights_time_series.built').data[0].values.map(({ value }) => value);
  assert.deepEqual(
    await figures('meta_instagram_daily', NORTHWIND, 'count(*) as rows, sum(value) as total'),
    {
      rows: 3 + totals.length + series.length,
      total:
        account.followers_count + account.follows_count + account.media_count + sum(totals) + sum(series),
    },
  );
  const posts = await stack.query(
    'select platform, id, likes, comments, shares, metrics from meta_posts order by platform, posted_at',
  );
  const [post] = fixture('meta/page_posts_with_insights.built').data;
  assert.deepEqual(
    posts.map(({ platform }) => platform),
    ['facebook', 'facebook', 'instagram'],
  );
  assert.equal(posts[1].id, post.id);
  assert.equal(Number(posts[1].likes), post.likes.summary.total_count);
  assert.deepEqual(posts[1].metrics, { post_media_view: 812 });
  const { left } = await one(
    stack,
    `select credentials_expire_at - now() > interval '59 days' as left
     from service_facts where client_id = $1 and service = 'meta' and stream = 'page'`,
    [CLIENT[NORTHWIND]],
  );
  assert.equal(left, true);
  for (const table of ['meta_page_daily', 'meta_instagram_daily', 'meta_posts'])
    await onlyOf(table, [NORTHWIND]);
});

test('Cloudflare: what the bundle names, and nothing of the rest of the account', async () => {
  const groups = (name, scope, node) => fixture(`cloudflare/${name}`).data.viewer[scope][0][node];
  const workers = groups('workers_invocations', 'accounts', 'workersInvocationsAdaptive');
  assert.deepEqual(
    await figures('cloudflare_worker_hourly', NORTHWIND, 'count(*) as rows, sum(requests) as requests'),
    { rows: workers.length, requests: sum(workers.map((group) => group.sum.requests)) },
  );
  const operations = ['r2_operations_statuses.built', 'r2_operations.built'].flatMap((name) =>
    groups(name, 'accounts', 'r2OperationsAdaptiveGroups'),
  );
  assert.deepEqual(await figures('cloudflare_r2_daily', NORTHWIND, 'sum(requests) as requests'), {
    requests: sum(operations.map((group) => group.sum.requests)),
  });
  const traffic = groups('http_requests_1d.built', 'zones', 'httpRequests1dGroups');
  assert.deepEqual(
    await figures('cloudflare_zone_daily', NORTHWIND, 'count(*) as days, sum(bytes) as bytes'),
    { days: traffic.length, bytes: sum(traffic.map((group) => group.sum.bytes)) },
  );
  for (const table of ['cloudflare_worker_hourly', 'cloudflare_r2_daily', 'cloudflare_zone_daily'])
    await onlyOf(table, [NORTHWIND]);
});

test('Supabase: each part is reached, in every workspace', async () => {
  const rows = await stack.query(
    `select w.slug, count(*) filter (where not ok) as down, array_agg(distinct probe) as probes
     from probe_results join workspaces w using (client_id) group by 1`,
  );
  assert.equal(rows.length, 4);
  for (const { slug, down, probes } of rows) {
    assert.equal(Number(down), 0, slug);
    for (const probe of ['rest', 'auth', 'realtime']) assert.ok(probes.includes(probe), `${slug} ${probe}`);
  }
});

test('a second tick asks for nothing that is not due, and changes no row', async () => {
  const { n } = await one(stack, 'select count(*)::int as n from sync_runs');
  await stack.tick();
  await untilRested(stack);
  assert.equal((await one(stack, 'select count(*)::int as n from sync_runs')).n, n);
});
