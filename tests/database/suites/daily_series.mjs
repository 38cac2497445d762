// What the services report by day: exact values from rows made by hand, days that are not over or not
// known, and who may read them.

import assert from 'node:assert/strict';

import { DAY_MS, dayBack, noonBack, zone } from '../days.mjs';
import { call, harbor, northwind, onEmptyTables } from '../stack.mjs';
import { measurementTests } from './daily_measurements.mjs';
import { partTests } from './daily_parts.mjs';

export async function dailySeriesSuite(t, stack) {
  const test = onEmptyTables(t, stack);
  const insert = async (table, rows) => {
    const { error } = await stack
      .service()
      .from(table)
      .insert(rows.map((row) => ({ client_id: northwind, source_at: new Date().toISOString(), ...row })));
    assert.equal(error, null, `${table}: ${error?.message}`);
  };
  const synced = (service, stream, days = 0, partition = '') =>
    stack.query(
      `insert into public.service_facts (client_id, service, stream, partition, last_success_at)
       values ($1, $2, $3, $4, $5)`,
      [northwind, service, stream, partition, days === 0 ? new Date().toISOString() : noonBack(days)],
    );
  const read = async (days = 5, clientId = northwind) =>
    Object.fromEntries(
      (await call(stack, 'daily_series', { client_id: clientId, days })).series.map((one) => [one.id, one]),
    );
  const kit = { test, stack, insert, synced, read };
  await paymentTests(kit);
  await reportTests(kit);
  await measurementTests(kit);
  await partTests(kit);
  await finalityTests(kit);
  await readerTests(kit);
}

const charge = (id, days, amount, more = {}) => ({
  ...{ id, amount, currency: 'eur', status: 'succeeded', created: noonBack(days), source_at: noonBack(days) },
  ...more,
});

async function paymentTests({ test, insert, synced, read }) {
  await test('charges by day of the workspace: net of refunds, by currency, with zeros between', async () => {
    for (const stream of ['charges', 'refunds', 'disputes']) await synced('stripe', stream);
    await insert('stripe_charges', [
      charge('a', 3, 1000),
      // A hold of which 400 were taken, and one that was given back: Stripe calls the rest refunded.
      charge('b', 3, 500, { captured: true, amount_captured: 400, amount_refunded: 100 }),
      charge('v', 3, 9000, { captured: false, amount_captured: 0, amount_refunded: 9000 }),
      charge('h', 3, 8000, { captured: false, amount_captured: 0, amount_refunded: 0 }),
      charge('r', 3, 700, { captured: true, amount_captured: 700, amount_refunded: 600 }),
      charge('c', 3, 7000, { status: 'failed' }),
      charge('d', 1, 250, { currency: 'usd' }),
    ]);
    const refund = { amount: 100, currency: 'eur', created: noonBack(2) };
    await insert('stripe_refunds', [
      { ...refund, id: 'r', status: 'succeeded' },
      { ...refund, id: 's', status: null },
      { ...refund, id: 't', status: 'failed' },
      { ...refund, id: 'u', status: 'canceled' },
      { ...refund, id: 'v', status: 'succeeded', charge: 'v', amount: 9000 },
      { ...refund, id: 'w', status: 'succeeded', charge: 'b', balance_transaction: null },
    ]);
    await insert('stripe_disputes', [
      { id: 'p', amount: 5, currency: 'eur', status: 'lost', created: noonBack(2) },
    ]);
    const series = await read();
    assert.deepEqual(series['stripe.net_charges.eur'], {
      ...{ id: 'stripe.net_charges.eur', service: 'stripe', label: 'Net charges (EUR)', unit: 'money:eur' },
      ...{ kind: 'sum', of: null, first_day: dayBack(4), provisional_from: dayBack(0) },
      maturing: false,
      values: [null, 1500, 0, 0, null],
    });
    assert.deepEqual(series['stripe.net_charges.usd'].values, [null, 0, 0, 250, null]);
    assert.deepEqual(series['stripe.charges'].values, [null, 3, 0, 1, null]);
    assert.deepEqual(series['stripe.failed_charges'].values, [null, 1, 0, 0, null]);
    assert.deepEqual(series['stripe.refunds'].values, [null, 0, 2, 0, null]);
    assert.deepEqual(series['stripe.disputes'].values, [null, 0, 1, 0, null]);
  });

  await test('what may not be read is not known to be none', async () => {
    await synced('stripe', 'charges');
    await synced('stripe', 'refunds', 2);
    await insert('stripe_charges', [charge('a', 4, 100)]);
    await insert('stripe_refunds', [
      { id: 'r', amount: 100, currency: 'eur', status: 'succeeded', created: noonBack(4) },
    ]);
    await insert('stripe_disputes', [
      { id: 'p', amount: 5, currency: 'eur', status: 'lost', created: noonBack(3) },
    ]);
    const series = await read();
    assert.deepEqual(series['stripe.charges'].values, [1, 0, 0, 0, null]);
    assert.deepEqual(series['stripe.refunds'].values, [1, 0, null, null, null]);
    assert.deepEqual(series['stripe.disputes'].values, [null, 1, null, null, null]);
  });

  await test('of a shop that sold before the window its first days without a sale are zero', async () => {
    await synced('stripe', 'charges');
    await insert('stripe_charges', [charge('a', 2, 100)]);
    assert.deepEqual((await read())['stripe.charges'].values, [null, null, 1, 0, null]);
    await insert('stripe_charges', [charge('earlier', 20, 100)]);
    assert.deepEqual((await read())['stripe.charges'].values, [0, 0, 1, 0, null]);
  });

  await test('payments of the test mode count as long as there is none that is real', async () => {
    for (const stream of ['charges', 'refunds', 'disputes']) await synced('stripe', stream);
    const made = { currency: 'eur', status: 'succeeded', created: noonBack(3) };
    await insert('stripe_charges', [charge('t', 3, 1000, { livemode: false })]);
    await insert('stripe_refunds', [{ ...made, id: 'rt', charge: 't', amount: 1 }]);
    await insert('stripe_disputes', [
      { ...made, id: 'dt', charge: 't', amount: 1, status: 'lost', livemode: false },
    ]);
    const told = async () => {
      const series = await read();
      return ['net_charges.eur', 'charges', 'refunds', 'disputes'].map(
        (name) => series[`stripe.${name}`]?.values[1] ?? null,
      );
    };
    assert.deepEqual(await told(), [1000, 1, 1, 1]);
    await insert('stripe_charges', [charge('l', 3, 500, { livemode: true })]);
    assert.deepEqual(await told(), [500, 1, null, null]);
    await insert('stripe_refunds', [
      { ...made, id: 'rl', charge: 'l', amount: 1 },
      { ...made, id: 'ru', charge: 'not_read', amount: 1 },
    ]);
    await insert('stripe_disputes', [
      { ...made, id: 'dl', charge: 'l', amount: 1, status: 'lost', livemode: true },
    ]);
    assert.deepEqual(await told(), [500, 1, 2, 1]);
  });

  await test('a day belongs to the zone of the workspace', async () => {
    await synced('stripe', 'charges');
    // 23:30 in UTC is the next day in Berlin
    await insert('stripe_charges', [{ ...charge('a', 3, 100), created: `${dayBack(3)}T23:30:00Z` }]);
    assert.deepEqual((await read())['stripe.charges'].values, [null, null, 1, 0, null]);
  });

  await test('what was not read since is not known: no zeros after the last success', async () => {
    await synced('stripe', 'charges', 2);
    await insert('stripe_charges', [charge('a', 4, 100)]);
    const { values, provisional_from } = (await read())['stripe.charges'];
    assert.deepEqual(values, [1, 0, null, null, null]);
    assert.equal(provisional_from, dayBack(2));
  });

  await test('of a service that is gone no zeros are made up', async () => {
    await insert('stripe_charges', [charge('a', 4, 100), charge('b', 3, 100)]);
    assert.deepEqual((await read())['stripe.charges'].values, [1, 1, null, null, null]);
  });
}

async function reportTests({ test, stack, insert, synced, read }) {
  await test('Google Ads: micros by currency, an absent day is zero, conversions a week later', async () => {
    await synced('google_ads', 'campaigns', 0, '1');
    await synced('google_ads', 'conversions', 0, '1');
    const row = (campaign_id, days, more) => ({
      ...{ customer_id: '1', campaign_id, day: dayBack(days), currency: 'EUR' },
      ...more,
    });
    const figures = { time_zone: zone, clicks: 3, cost_micros: 1_500_000, conversions: 0 };
    const campaigns = [
      row('1', 9, figures),
      row('2', 9, figures),
      row('1', 7, figures),
      row('1', 1, figures),
    ];
    await insert('google_ads_campaign_daily', campaigns);
    // told of after the campaigns' days were read for the last time
    const late = (campaign_id, days) =>
      row(campaign_id, days, { conversion_action_id: '5', conversions: 0.5 });
    await insert('google_ads_conversions_daily', [late('1', 9), late('2', 9), late('1', 1)]);
    const series = await read(10);
    const none = [null, null];
    assert.deepEqual(series['google_ads.cost.eur'].values, [3e6, 0, 1.5e6, 0, 0, 0, 0, 0, 1.5e6, null]);
    assert.equal(series['google_ads.cost.eur'].unit, 'micros:eur');
    assert.deepEqual(series['google_ads.clicks'].values, [6, 0, 3, 0, 0, 0, 0, 0, 3, null]);
    const conversions = series['google_ads.conversions'].values;
    assert.deepEqual(conversions, [1, 0, ...none, ...none, ...none, ...none]);
  });

  await test('Search Console: totals as asked for, the first property plain, three days held', async () => {
    for (const property of ['sc-domain:a.example', 'https://a.example/'])
      await synced('search_console', 'site', 0, property);
    const pacific = (days) => dayBack(days, 'America/Los_Angeles');
    const row = (property, days, clicks) => ({
      ...{ property, search_type: 'web', day: pacific(days), clicks, impressions: clicks * 10 },
      ...{ position: 4.5, provisional: days < 3 },
    });
    await insert('gsc_site_daily', [
      row('https://a.example/', 6, 1),
      row('sc-domain:a.example', 7, 9),
      row('sc-domain:a.example', 5, 2),
      row('sc-domain:a.example', 2, 8),
      { ...row('sc-domain:a.example', 5, 100), search_type: 'image' },
    ]);
    await insert('gsc_queries_daily', [{ ...row('sc-domain:a.example', 5, 500), query: 'x', page: '' }]);
    const series = await read(12);
    const known = (id) => series[id].values.filter((value) => value !== null);
    assert.deepEqual(known('search_console.clicks'), [9, 0, 2, 0]);
    assert.deepEqual(known('search_console.impressions'), [90, 0, 20, 0]);
    assert.deepEqual(known('search_console.position'), [4.5, 4.5]);
    assert.equal(series['search_console.clicks'].of, 'sc-domain:a.example');
    assert.equal(series['search_console.clicks'].provisional_from, pacific(3));
    const other = Object.keys(series).find((id) => /^search_console\.clicks\.[0-9a-f]{8}$/.test(id));
    assert.deepEqual(known(other), [1], 'after its newest day nothing is known, not zero');
    assert.equal(series[other].provisional_from, pacific(5));
    assert.equal(series[other].of, 'https://a.example/');
  });

  await test('Search Console: a day that Google has not finished is not known, however old it is', async () => {
    await synced('search_console', 'site', 0, 'sc-domain:a.example');
    const row = (days, provisional) => ({
      ...{ property: 'sc-domain:a.example', search_type: 'web', day: dayBack(days, 'America/Los_Angeles') },
      ...{ clicks: 5, impressions: 50, position: 1, provisional },
    });
    await insert('gsc_site_daily', [row(8, false), row(7, false), row(6, true), row(5, true)]);
    const series = await read(18);
    for (const id of ['clicks', 'position'])
      assert.equal(series[`search_console.${id}`].values.filter((value) => value !== null).length, 2, id);
  });

  await test('Search Console: a week without rows is not known, what was before it is zero', async () => {
    await synced('search_console', 'site', 0, 'sc-domain:a.example');
    const row = (days) => ({
      ...{ property: 'sc-domain:a.example', search_type: 'web', day: dayBack(days, 'America/Los_Angeles') },
      ...{ clicks: 5, impressions: 50, position: 1, provisional: false },
    });
    await insert('gsc_site_daily', [row(15), row(14)]);
    const { values, first_day } = (await read(18))['search_console.clicks'];
    const told = (days) =>
      values[(Date.parse(dayBack(days, 'America/Los_Angeles')) - Date.parse(first_day)) / DAY_MS];
    assert.deepEqual([15, 14, 13, 12, 11, 10, 5, 3].map(told), [5, 5, 0, 0, 0, null, null, null]);
  });

  await test('a property that can no longer be read leaves the others', async () => {
    await synced('search_console', 'site', 0, 'sc-domain:a.example');
    await synced('search_console', 'site', 9, 'sc-domain:b.example');
    const pacific = (days) => dayBack(days, 'America/Los_Angeles');
    const row = (property, days, clicks) => ({
      ...{ property, search_type: 'web', day: pacific(days), clicks, impressions: 0, position: 1 },
      provisional: false,
    });
    await insert('gsc_site_daily', [
      row('sc-domain:a.example', 8, 5),
      row('sc-domain:a.example', 6, 7),
      row('sc-domain:b.example', 14, 1),
    ]);
    const series = await read(16);
    const known = (id) => series[id].values.filter((value) => value !== null);
    assert.deepEqual(known('search_console.clicks'), [1]);
    const other = Object.keys(series).find((id) => /^search_console\.clicks\.[0-9a-f]{8}$/.test(id));
    assert.deepEqual(known(other).filter(Boolean), [5, 7]);
  });

  await test('the series of a property keep their ids when another property comes', async () => {
    const row = (property, days, clicks) => ({
      ...{ property, search_type: 'web', day: dayBack(days, 'America/Los_Angeles'), clicks, impressions: 0 },
      ...{ position: 1, provisional: false },
    });
    await synced('search_console', 'site', 0, 'https://z.example/');
    await insert('gsc_site_daily', [row('https://z.example/', 40, 1), row('https://z.example/', 20, 8)]);
    assert.equal((await read(30))['search_console.clicks'].of, 'https://z.example/');
    await synced('search_console', 'site', 0, 'sc-domain:a.example');
    await insert('gsc_site_daily', [row('sc-domain:a.example', 6, 3)]);
    const after = await read(30);
    assert.equal(Math.max(...after['search_console.clicks'].values), 8);
    assert.equal(after['search_console.clicks'].of, 'https://z.example/');
    const suffixed = Object.keys(after).filter((id) => id.startsWith('search_console.clicks.'));
    assert.equal(suffixed.length, 1);
    // Also when the older one is no longer in what is told.
    const later = await read(12);
    assert.ok(suffixed[0] in later && !('search_console.clicks' in later), Object.keys(later).join());
  });

  await test('a Worker that was quiet in the evening has had its day', async () => {
    await synced('cloudflare', 'workers', 0, 's');
    const day = dayBack(3); // in Berlin, where it is tomorrow an hour or two before it is in UTC
    await insert('cloudflare_worker_hourly', [
      {
        ...{ account_id: 'a', script_name: 's', status: 'success', hour: `${day}T09:00:00Z` },
        ...{ requests: 10, errors: 1, source_at: `${day}T11:45:00Z` },
      },
    ]);
    const { values } = (await read())['cloudflare.worker_requests'];
    assert.deepEqual(values.slice(0, 3), [null, 10, 0]);
  });

  await test('followers are of the day on which they were counted', async () => {
    const counted = (days) => ({
      ...{ account_id: '1', metric: 'followers_count', day: dayBack(days, 'America/Los_Angeles'), value: 90 },
      source_at: noonBack(days),
    });
    await insert('meta_instagram_daily', [counted(3), counted(2), counted(1)]);
    await synced('meta', 'instagram', 0, '1');
    const { values } = (await read(8))['meta.instagram_followers_count'];
    assert.equal(values.filter((value) => value === 90).length, 3);
  });

  await test('Meta, email and Cloudflare: the day as the provider names it', async () => {
    await synced('cloudflare', 'workers', 0, 's');
    await synced('cloudflare', 'zone', 0, 'z');
    const day = dayBack(5);
    await insert('meta_page_daily', [
      { page_id: '1', metric: 'page_media_view', day, value: 40 },
      { page_id: '2', metric: 'page_media_view', day, value: 2 },
      { page_id: '1', metric: 'page_of_no_interest', day, value: 9 },
    ]);
    await insert('meta_instagram_daily', [{ account_id: '1', metric: 'reach', day, value: 7 }]);
    await insert('email_stats_daily', [{ day, requests: 9, delivered: 8, bounces: 1, opens: 5 }]);
    const hour = (clock, more) => ({
      ...{ account_id: 'a', script_name: 's', status: 'success', hour: `${day}T${clock}:00Z` },
      ...{ requests: 10, errors: 1, ...more },
    });
    await insert('cloudflare_worker_hourly', [
      hour('00:00'),
      hour('23:00'),
      hour('23:00', { status: 'error' }),
    ]);
    await insert('cloudflare_zone_daily', [
      { zone_id: 'z', day, requests: 5, bytes: 9_007_199_254_740_993n.toString() },
    ]);
    const series = await read(8);
    const known = (id) => series[id].values.filter((value) => value !== null);
    assert.deepEqual(known('meta.page_media_view'), [42]);
    assert.deepEqual(known('meta.instagram_reach'), [7]);
    assert.equal(series['meta.instagram_reach'].kind, 'level');
    assert.equal(series['meta.page_of_no_interest'], undefined);
    for (const [name, value] of Object.entries({ requests: 9, delivered: 8, bounces: 1, opens: 5 })) {
      assert.deepEqual(known(`sendgrid.${name}`), [value]);
    }
    assert.equal(known('cloudflare.worker_requests')[0], 30);
    assert.equal(known('cloudflare.worker_errors')[0], 3);
    assert.equal(known('cloudflare.zone_requests')[0], 5);
    assert.equal(series['cloudflare.zone_bytes'].unit, 'bytes');
    assert.ok(known('cloudflare.zone_bytes')[0] >= 9e15);
  });
}

async function finalityTests({ test, insert, synced, read }) {
  await test('a day that was read before it was over is not final', async () => {
    await synced('cloudflare', 'zone', 0, 'z');
    const zoneDay = (days, source_at) => ({ zone_id: 'z', day: dayBack(days), requests: 5, source_at });
    await insert('cloudflare_zone_daily', [
      zoneDay(3, noonBack(2)),
      zoneDay(2, noonBack(2)),
      zoneDay(0, new Date().toISOString()),
    ]);
    const { values } = (await read())['cloudflare.zone_requests'];
    assert.deepEqual(values.slice(0, 3), [null, 5, null]);
    assert.equal(values[4], null);
  });

  await test('days are those asked for, at least one and at most 400', async () => {
    await insert('email_stats_daily', [{ day: dayBack(3), requests: 1 }]);
    assert.deepEqual(await read(2), {});
    assert.equal((await read(4))['sendgrid.requests'].values.length, 4);
    assert.equal((await read(9999))['sendgrid.requests'].values.length, 400);
    assert.equal((await read(null))['sendgrid.requests'].values.length, 90);
    assert.deepEqual(await read(-5), {});
  });

  await test('nothing is known of a workspace without rows', async () => {
    assert.deepEqual(await read(), {});
  });
}

async function readerTests({ test, stack, insert }) {
  await test('a member reads their own workspace and no other; anon is refused', async () => {
    await insert('email_stats_daily', [
      { day: dayBack(3), requests: 1 },
      { day: dayBack(3), requests: 2, client_id: harbor },
    ]);
    const as = async (client, client_id) => {
      const { data, error } = await client.rpc('daily_series', { p: { client_id, days: 9 } });
      return error?.code ?? data.series.length;
    };
    const [viewer, outsider, agency] = await Promise.all(
      ['viewer', 'outsider', 'agency'].map((name) => stack.signIn(name)),
    );
    assert.equal(await as(viewer, northwind), 1);
    assert.equal(await as(viewer, harbor), 0);
    assert.equal(await as(outsider, northwind), 0);
    assert.equal(await as(outsider, harbor), 1);
    assert.equal(await as(agency, northwind), 1);
    assert.equal(await as(agency, harbor), 1);
    assert.equal(await as(stack.anon(), northwind), '42501');
  });
}
