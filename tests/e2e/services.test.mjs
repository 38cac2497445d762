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

// The table has a row for each of `items`, and each column's sum is that of what `read` takes from them.
async function holds(table, slug, items, read, filter) {
  const columns = Object.keys(read);
  for (const column of columns)
    assert.ok(
      items.some((item) => read[column](item) !== undefined),
      `${table}: the fixture says nothing of ${column}`,
    );
  const sums = columns.map((column) => `sum(${column}) as ${column}`);
  assert.deepEqual(
    await figures(table, slug, ['count(*) as rows', ...sums].join(', '), filter),
    {
      rows: items.length,
      ...Object.fromEntries(
        columns.map((column) => [column, sum(items.map((item) => read[column](item) ?? 0))]),
      ),
    },
    table,
  );
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

test('Stripe: payment links, which have no money of their own', async () => {
  const links = fixture('stripe/lists/payment_links_page1.built').data;
  const rows = await stack.query('select id, active, url from stripe_payment_links order by id');
  assert.deepEqual(
    rows,
    links.map(({ id, active, url }) => ({ id, active, url })).sort((a, b) => a.id.localeCompare(b.id)),
  );
  await onlyOf('stripe_payment_links', [NORTHWIND]);
});

// In whole numbers, whose sums here are beyond what a double holds.
async function holdsTerms(name) {
  const terms = fixture(`google-ads/search_${name}.built`).results;
  const ofTerms = (read) => terms.map(({ metrics }) => read(metrics) ?? 0);
  const { rows, clicks, impressions, cost, ...others } = await one(
    stack,
    `select count(*)::text as rows, sum(clicks)::text as clicks, sum(impressions)::text as impressions,
       sum(cost_micros)::text as cost, sum(conversions) as conversions,
       sum(conversions_value_micros)::float as value
     from google_ads_${name}_daily`,
  );
  assert.deepEqual([rows, clicks, impressions, cost].map(BigInt), [
    BigInt(terms.length),
    exactSum(ofTerms(({ clicks }) => clicks)),
    exactSum(ofTerms(({ impressions }) => impressions)),
    exactSum(ofTerms(({ costMicros }) => costMicros)),
  ]);
  assert.deepEqual(others, {
    conversions: sum(ofTerms(({ conversions }) => conversions)),
    value: sum(ofTerms(({ conversionsValue }) => conversionsValue)) * 1e6,
  });
}

test('Google Ads: campaigns, search terms and conversions', async () => {
  const campaigns = fixture('google-ads/searchstream_campaigns.built').flatMap(({ results }) => results);
  await holds('google_ads_campaign_daily', NORTHWIND, campaigns, {
    impressions: ({ metrics }) => metrics.impressions,
    clicks: ({ metrics }) => metrics.clicks,
    cost_micros: ({ metrics }) => metrics.costMicros,
    conversions: ({ metrics }) => metrics.conversions,
    conversions_value_micros: ({ metrics }) => (metrics.conversionsValue ?? 0) * 1e6,
  });
  for (const name of ['search_terms', 'performance_max_terms']) await holdsTerms(name);
  await holds(
    'google_ads_conversions_daily',
    NORTHWIND,
    fixture('google-ads/search_conversions.built').results,
    {
      all_conversions: ({ metrics }) => metrics.allConversions,
    },
  );
  for (const table of ['campaign', 'search_terms', 'performance_max_terms', 'conversions'])
    await onlyOf(`google_ads_${table}_daily`, [NORTHWIND]);
});

test('Search Console: totals asked for as such, queries and pages beside them', async () => {
  const days = ['query_date.built', 'query_date_all_with_metadata.built'].flatMap(
    (name) => fixture(`search-console/${name}`).rows,
  );
  const queries = fixture('search-console/query_query_page.built').rows;
  // Means by impressions: what a sum of positions would say.
  const weighted = (rows) => Math.round(sum(rows.map(({ position, impressions }) => position * impressions)));
  const positions = 'round(sum(position * impressions)) as positions';
  assert.deepEqual(
    await figures(
      'gsc_site_daily',
      HARBOR,
      `count(*) as days, sum(clicks) as clicks, sum(impressions) as impressions, ${positions},
       count(*) filter (where provisional) as open`,
    ),
    {
      days: days.length,
      positions: weighted(days),
      clicks: sum(days.map(({ clicks }) => clicks)),
      impressions: sum(days.map(({ impressions }) => impressions)),
      open: fixture('search-console/query_date_all_with_metadata.built').rows.length,
    },
  );
  const details = days.flatMap(() => queries);
  const told = { clicks: ({ clicks }) => clicks, impressions: ({ impressions }) => impressions };
  for (const table of ['gsc_queries_daily', 'gsc_pages_daily'])
    await holds(table, HARBOR, details, told, "page <> ''");
  await holds('gsc_queries_daily', HARBOR, details, told, "page = ''"); // over all pages
  assert.deepEqual(
    await figures('gsc_queries_daily', HARBOR, 'count(distinct query) as words', "page = ''"),
    { words: new Set(queries.map(({ keys: [query] }) => query)).size },
  );
  for (const table of ['site', 'queries', 'pages']) await onlyOf(`gsc_${table}_daily`, [HARBOR]);
});

// What Lighthouse's report shows as not passed, in any category: the recorded one has a fifth.
function failedAudits({ audits, categories }) {
  const refs = Object.values(categories).flatMap(({ auditRefs }) => auditRefs);
  const shown = refs.filter(({ group }) => group !== 'metrics' && group !== 'hidden').map(({ id }) => id);
  return [...new Set(shown)]
    .map((id) => audits[id])
    .filter(
      ({ scoreDisplayMode, score }) =>
        scoreDisplayMode === 'error' ||
        (['numeric', 'binary', 'metricSavings'].includes(scoreDisplayMode) && score !== null && score < 0.9),
    );
}

test('PageSpeed: a mobile and a desktop run with their audits', async () => {
  const runs = await stack.query('select * from pagespeed_runs where client_id = $1 order by strategy', [
    CLIENT[HARBOR],
  ]);
  assert.deepEqual(
    runs.map(({ strategy }) => strategy),
    ['desktop', 'mobile'],
  );
  const { lighthouseResult, loadingExperience } = fixture('pagespeed/psi_lh13_full');
  const lab = (id) => lighthouseResult.audits[id].numericValue;
  const field = (id) => loadingExperience.metrics[id].percentile;
  const { performance, accessibility, seo, 'best-practices': practices } = lighthouseResult.categories;
  const expected = {
    performance_score: performance.score,
    accessibility_score: accessibility.score,
    best_practices_score: practices.score,
    seo_score: seo.score,
    lab_lcp_ms: lab('largest-contentful-paint'),
    lab_cls: lab('cumulative-layout-shift'),
    lab_tbt_ms: lab('total-blocking-time'),
    lab_fcp_ms: lab('first-contentful-paint'),
    lab_speed_index_ms: lab('speed-index'),
    field_lcp_ms: field('LARGEST_CONTENTFUL_PAINT_MS'),
    field_inp_ms: field('INTERACTION_TO_NEXT_PAINT'),
    field_cls: field('CUMULATIVE_LAYOUT_SHIFT_SCORE') / 100,
    field_fcp_ms: field('FIRST_CONTENTFUL_PAINT_MS'),
    field_ttfb_ms: field('EXPERIMENTAL_TIME_TO_FIRST_BYTE'),
  };
  for (const run of runs)
    for (const [column, value] of Object.entries(expected))
      assert.equal(Number(run[column]), value, `${run.strategy} ${column}`);
  const failed = failedAudits(lighthouseResult);
  const savings = (read) => sum(failed.map((audit) => read(audit) ?? 0));
  for (const strategy of ['desktop', 'mobile'])
    assert.deepEqual(
      await figures(
        'pagespeed_audits',
        HARBOR,
        `count(*) as audits, sum(savings_ms) as ms, sum(savings_bytes) as bytes,
         sum((metric_savings ->> 'LCP')::float) as lcp`,
        `strategy = '${strategy}'`,
      ),
      {
        audits: failed.length,
        ms: savings(({ details }) => details?.overallSavingsMs),
        bytes: savings(({ details }) => details?.overallSavingsBytes),
        lcp: savings(({ metricSavings }) => metricSavings?.LCP),
      },
      strategy,
    );
  for (const table of ['pagespeed_runs', 'pagespeed_audits']) await onlyOf(table, [HARBOR]);
});

test('Meta: a Page, an Instagram account and their posts, and when the sign-in ends', async () => {
  const metrics = fixture('meta/page_insights_day.built').data;
  const values = metrics.flatMap((metric) => metric.values.map(({ value }) => value));
  const page = fixture('meta/page_fields.built');
  await holds('meta_page_daily', NORTHWIND, [...values, page.followers_count, page.fan_count], {
    value: (value) => value,
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
  const { followers_count, follows_count, media_count } = account;
  await holds(
    'meta_instagram_daily',
    NORTHWIND,
    [followers_count, follows_count, media_count, ...totals, ...series],
    { value: (value) => value },
  );
  const total = (member) => member?.summary.total_count ?? null;
  const ofPage = ['page_posts_last.built', 'page_posts_with_insights.built']
    .flatMap((name) => fixture(`meta/${name}`).data)
    .map((post) => ({
      ...{ platform: 'facebook', id: post.id, message: post.message ?? null },
      permalink_url: post.permalink_url ?? null,
      ...{ likes: total(post.likes), comments: total(post.comments) },
      shares: post.shares?.count ?? 0, // Meta says nothing of none
      metrics:
        (post.insights?.data ?? null) &&
        Object.fromEntries(post.insights.data.map(({ name, values: [{ value }] }) => [name, value])),
    }));
  const ofInstagram = fixture('meta/ig_media_list.built').data.map((media) => ({
    ...{ platform: 'instagram', id: media.id, message: media.caption, permalink_url: media.permalink },
    ...{ likes: media.like_count, comments: media.comments_count, shares: null },
    metrics: null,
  }));
  const columns = Object.keys(ofPage[0]).join(', ');
  assert.deepEqual(await stack.query(`select ${columns} from meta_posts order by platform, posted_at`), [
    ...ofPage,
    ...ofInstagram,
  ]);
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
  await holds('cloudflare_worker_hourly', NORTHWIND, workers, {
    requests: (group) => group.sum.requests,
    errors: (group) => group.sum.errors,
    subrequests: (group) => group.sum.subrequests,
    cpu_p50_us: ({ quantiles }) => quantiles.cpuTimeP50,
    cpu_p99_us: ({ quantiles }) => quantiles.cpuTimeP99,
  });
  const operations = ['r2_operations_statuses.built', 'r2_operations.built'].flatMap((name) =>
    groups(name, 'accounts', 'r2OperationsAdaptiveGroups'),
  );
  await holds(
    'cloudflare_r2_daily',
    NORTHWIND,
    operations,
    { requests: (group) => group.sum.requests },
    "action_type <> ''",
  );
  const actions = (groups) => [...new Set(groups)].sort();
  const { types } = await one(
    stack,
    `select array_agg(distinct action_type) as types from cloudflare_r2_daily where action_type <> ''`,
  );
  assert.deepEqual(actions(types), actions(operations.map(({ dimensions }) => dimensions.actionType)));
  const stored = groups('r2_storage.built', 'accounts', 'r2StorageAdaptiveGroups').map(({ max }) => max);
  const storage = "action_type = ''";
  await holds(
    'cloudflare_r2_daily',
    NORTHWIND,
    stored,
    {
      payload_bytes: ({ payloadSize }) => payloadSize,
      metadata_bytes: ({ metadataSize }) => metadataSize,
      object_count: ({ objectCount }) => objectCount,
    },
    storage,
  );
  assert.deepEqual(await figures('cloudflare_r2_daily', NORTHWIND, 'count(requests) as requests', storage), {
    requests: 0,
  });
  const traffic = groups('http_requests_1d.built', 'zones', 'httpRequests1dGroups');
  await holds('cloudflare_zone_daily', NORTHWIND, traffic, {
    requests: (group) => group.sum.requests,
    bytes: (group) => group.sum.bytes,
    cached_requests: (group) => group.sum.cachedRequests,
    page_views: (group) => group.sum.pageViews,
    unique_visitors: (group) => group.uniq.uniques,
  });
  for (const table of ['cloudflare_worker_hourly', 'cloudflare_r2_daily', 'cloudflare_zone_daily'])
    await onlyOf(table, [NORTHWIND]);
});

test('Supabase: each part is reached once, in every workspace', async () => {
  const runs = await stack.query(
    `select w.slug, (select count(*)::int from app.sync_targets) as tables from sync_runs r
     join workspaces w using (client_id) where service = 'supabase' order by 1`,
  );
  assert.deepEqual(
    runs.map(({ slug }) => slug),
    Object.keys(CLIENT).sort(),
  );
  for (const { slug, tables } of runs) {
    const { counted, subjects, ...probes } = await figures(
      'probe_results',
      slug,
      `count(*) filter (where not ok) as down,
       count(*) filter (where probe = 'rest') as rest,
       count(*) filter (where probe = 'auth') as auth,
       count(*) filter (where probe = 'realtime') as realtime,
       count(*) filter (where probe = 'table_rows' and row_count >= 0) as counted,
       count(distinct subject) filter (where probe = 'table_rows') as subjects,
       count(*) filter (where probe not in ('rest', 'auth', 'realtime', 'table_rows')) as others`,
    );
    assert.deepEqual(probes, { down: 0, rest: 1, auth: 1, realtime: 1, others: 0 }, slug);
    assert.equal(counted, tables, slug);
    assert.equal(subjects, counted, `${slug}: each table once`);
  }
});

test('a second tick asks for nothing that is not due', async () => {
  // The daily hour, or the next probe, may have come since.
  await stack.query(`update sync_cursors set next_due_at = now() + interval '5 days'`);
  const { n } = await one(stack, 'select count(*)::int as n from sync_runs');
  await stack.tick();
  await untilRested(stack);
  assert.equal((await one(stack, 'select count(*)::int as n from sync_runs')).n, n);
});
