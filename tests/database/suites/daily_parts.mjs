// Daily series of what has parts: accounts, currencies, zones, payments that are under way.

import assert from 'node:assert/strict';

import { DAY_MS, dayBack, noonBack, zone } from '../days.mjs';
import { detect } from '../runs.mjs';
import { northwind } from '../stack.mjs';

// Never on the same day.
const east = 'Pacific/Kiritimati';
const west = 'Pacific/Pago_Pago';

export async function partTests({ test, stack, insert, synced, read }) {
  const charge = (id, days, more = {}) => ({
    ...{ id, amount: 1000, currency: 'eur', status: 'succeeded' },
    ...{ created: noonBack(days), source_at: noonBack(days), ...more },
  });

  await test('a payment that is under way counts, until it fails or nothing is heard of it for a month', async () => {
    await synced('stripe', 'charges');
    const debit = { status: 'pending', captured: true, amount_captured: 0, amount_refunded: 0 };
    await insert('stripe_charges', [
      ...[40, 5, 4, 3, 2, 1].map((days) => charge(`card${days}`, days)),
      ...[40, 3, 2, 1].map((days) => charge(`debit${days}`, days, debit)),
    ]);
    const told = async (name) => {
      const { values } = (await read(42))[`stripe.${name}`];
      return [1, ...[36, 37, 38, 39, 40]].map((place) => values[place]);
    };
    assert.deepEqual(await told('charges'), [1, 1, 1, 2, 2, 2]);
    assert.deepEqual(await told('net_charges.eur'), [1000, 1000, 1000, 2000, 2000, 2000]);
    await stack.query(`update public.stripe_charges set status = 'failed' where id = 'debit2'`);
    await stack.query(
      `update public.stripe_charges set status = 'succeeded', amount_captured = 1000 where id = 'debit3'`,
    );
    assert.deepEqual(await told('charges'), [1, 1, 1, 2, 1, 2]);
    assert.deepEqual(await told('failed_charges'), [0, 0, 0, 0, 1, 0]);
    assert.deepEqual(await told('net_charges.eur'), [1000, 1000, 1000, 2000, 1000, 2000]);
  });

  await test('amounts in several currencies say which, one alone does not', async () => {
    await synced('google_ads', 'campaigns', 0, '1');
    const labels = async () =>
      Object.fromEntries(Object.entries(await read(9)).map(([id, { label }]) => [id, label]));
    const spent = (customer_id, currency) => ({
      ...{ customer_id, campaign_id: '1', day: dayBack(3), time_zone: west, currency },
      ...{ clicks: 1, cost_micros: 5 },
    });
    await insert('stripe_charges', [charge('a', 3)]);
    await insert('google_ads_campaign_daily', [spent('1', 'EUR')]);
    const alone = await labels();
    assert.equal(alone['stripe.net_charges.eur'], 'Net charges');
    assert.equal(alone['google_ads.cost.eur'], 'Ad cost');
    await synced('google_ads', 'campaigns', 0, '2');
    await insert('stripe_charges', [charge('b', 3, { currency: 'usd' })]);
    await insert('google_ads_campaign_daily', [spent('2', 'CHF')]);
    assert.deepEqual(await labels(), {
      'google_ads.clicks': 'Ad clicks',
      'google_ads.cost.chf': 'Ad cost (CHF)',
      'google_ads.cost.eur': 'Ad cost (EUR)',
      'stripe.charges': 'Charges',
      'stripe.failed_charges': 'Failed charges',
      'stripe.net_charges.eur': 'Net charges (EUR)',
      'stripe.net_charges.usd': 'Net charges (USD)',
    });
  });

  await test('a day of Google Ads is over when it is for all accounts that are read', async () => {
    const spent = (customer_id, time_zone, days) => ({
      ...{ customer_id, campaign_id: '1', day: dayBack(days, time_zone), time_zone, currency: 'EUR' },
      ...{ clicks: 10 },
    });
    await insert('google_ads_campaign_daily', [
      ...[6, 5, 4, 3, 2, 1, 0].map((days) => spent('1', east, days)),
      ...[5, 4, 3, 2, 1, 0].map((days) => spent('2', west, days)),
    ]);
    for (const account of ['1', '2']) await synced('google_ads', 'campaigns', 0, account);
    const clicks = async () => (await read(9))['google_ads.clicks'];
    const { provisional_from, values } = await clicks();
    assert.equal(provisional_from, dayBack(0, west));
    assert.deepEqual(new Set(values.filter((value) => value > 10)), new Set([20]));
    assert.equal(
      values.findLast((value) => value !== null),
      20,
      'the newest day is one of both',
    );
    await stack.query(
      `update public.service_facts set last_success_at = now() - interval '4 days' where partition = '2'`,
    );
    const begunEverywhere = dayBack(0, 'Etc/GMT+12');
    const asked = new Date(Date.parse(begunEverywhere) + DAY_MS).toISOString().slice(0, 10);
    assert.equal((await clicks()).provisional_from, [dayBack(0, east), asked].sort()[0]);
  });

  await test('a day that has not begun everywhere when Google Ads was asked is not zero', async () => {
    const spent = (days) => ({
      ...{
        customer_id: '1',
        campaign_id: '1',
        day: dayBack(days),
        time_zone: east,
        currency: 'EUR',
        clicks: 10,
      },
    });
    await insert('google_ads_campaign_daily', [spent(4), spent(2)]);
    // At 11:00 UTC, which is tomorrow there; and yesterday is the newest day that all have begun.
    await synced('google_ads', 'campaigns', 1, '1');
    const { provisional_from, values, maturing } = (await read(5))['google_ads.clicks'];
    assert.deepEqual([provisional_from, values], [dayBack(1), [10, 0, 10, null, null]]);
    assert.equal(maturing, false);
  });

  await test('conversions are told as what still grows', async () => {
    await insert('google_ads_conversions_daily', [
      {
        ...{ customer_id: '1', campaign_id: '1', conversion_action_id: '1', currency: 'EUR' },
        ...{ day: dayBack(9), conversions: 1 },
      },
    ]);
    await synced('google_ads', 'conversions', 0, '1');
    assert.equal((await read(20))['google_ads.conversions'].maturing, true);
  });

  await test("an account's zone that is none takes no series with it: its days are the workspace's", async () => {
    const spent = (customer_id, time_zone) => ({
      ...{ customer_id, campaign_id: '1', day: dayBack(3, zone), time_zone, currency: 'EUR', clicks: 10 },
    });
    await insert('stripe_charges', [charge('a', 3)]);
    await insert('google_ads_campaign_daily', [spent('1', 'Mars/Olympus_Mons')]);
    await synced('google_ads', 'campaigns', 0, '1');
    const told = await read(9);
    assert.ok(told['stripe.charges']);
    assert.equal(told['google_ads.clicks'].provisional_from, dayBack(0, zone));
    await insert('google_ads_campaign_daily', [spent('2', west)]);
    await synced('google_ads', 'campaigns', 0, '2');
    assert.equal((await read(9))['google_ads.clicks'].provisional_from, dayBack(0, west));
  });

  await test('a Page that is no longer read with the others counts on no day: its silence is no fall', async () => {
    const views = (page_id, days, value) => ({
      ...{ page_id, metric: 'page_media_view', day: dayBack(days), value },
    });
    await insert('meta_page_daily', [
      ...[7, 6, 5, 4, 3].map((days) => views('1', days, 10)),
      ...[7, 6, 5, 4].map((days) => views('2', days, 7)),
    ]);
    // The last two are still to come in California, whose night is Berlin's morning.
    const values = async () => (await read(9))['meta.page_media_view'].values.slice(1, 6);
    await synced('meta', 'page', 0, '1');
    await synced('meta', 'page', 2, '2');
    assert.deepEqual(await values(), [17, 17, 17, 17, null]);
    await stack.query(
      `update public.service_facts set last_success_at = now() - interval '4 days' where partition = '2'`,
    );
    assert.deepEqual(await values(), [10, 10, 10, 10, 10]);
  });

  await test('a day on which one of two accounts told nothing is not known, and one that is new hides no day before', async () => {
    const counted = (account_id, days, value) => ({
      ...{ account_id, metric: 'followers_count', day: dayBack(days, 'America/Los_Angeles'), value },
      source_at: noonBack(days),
    });
    await insert('meta_instagram_daily', [
      ...[6, 5, 4, 3, 2].map((days) => counted('1', days, 900)),
      ...[5, 4, 2].map((days) => counted('2', days, 2100)),
    ]);
    await synced('meta', 'instagram', 0, '1');
    await synced('meta', 'instagram', 0, '2');
    const { values } = (await read(8))['meta.instagram_followers_count'];
    const first = values.findIndex((value) => value !== null);
    assert.deepEqual(values.slice(first, first + 5), [900, 3000, 3000, null, 3000]);
  });

  await test('an account, Worker or zone that is no longer read with the others neither falls nor hides them', async () => {
    // Before the seven days of which conversions are not told.
    const rows = (column, more) =>
      [13, 12, 11, 10, 9].flatMap((back) =>
        [1, 2].map((part) => ({ [column]: `${part}`, day: dayBack(back), ...more(part) })),
      );
    const ads = { campaign_id: '1', currency: 'EUR', time_zone: zone };
    await insert(
      'google_ads_campaign_daily',
      rows('customer_id', (clicks) => ({ ...ads, clicks })),
    );
    await insert(
      'google_ads_conversions_daily',
      rows('customer_id', (conversions) => ({ ...ads, conversion_action_id: '5', conversions })),
    );
    await insert(
      'cloudflare_zone_daily',
      rows('zone_id', (requests) => ({ requests })),
    );
    await insert(
      'cloudflare_worker_hourly',
      rows('script_name', (requests) => ({ account_id: 'a', status: 'success', requests, errors: 0 })).map(
        ({ day, ...row }) => ({ ...row, hour: `${day}T09:00:00Z` }),
      ),
    );
    for (const [id, stream, partition] of [
      ['google_ads.clicks', 'campaigns', (part) => `-${part}`],
      ['google_ads.conversions', 'conversions', (part) => `-${part}`],
      ['cloudflare.zone_requests', 'zone', (part) => `${part}`],
      ['cloudflare.worker_requests', 'workers', (part) => `${part}`],
    ]) {
      const [service] = id.split('.');
      for (const part of [1, 2]) await synced(service, stream, 0, partition(part));
      const values = async () => [...new Set((await read(15))[id].values.slice(1, 6))];
      const second = `service = '${service}' and stream = '${stream}' and partition = '${partition(2)}'`;
      assert.deepEqual(await values(), [3], id);
      await stack.query(
        `update public.service_facts set last_success_at = now() - interval '14 days' where ${second}`,
      );
      assert.deepEqual(await values(), [1], `${id}: it fails`);
      await stack.query(`delete from public.service_facts where ${second}`);
      assert.deepEqual(await values(), [1], `${id}: it was taken away`);
    }
  });

  await test('an account that tells a metric no more is left out of it after a week', async () => {
    const views = (page_id, days, value) => ({
      ...{ page_id, metric: 'page_media_view', day: dayBack(days), value },
    });
    const back = Array.from({ length: 20 }, (_, i) => i + 3);
    for (const page of ['1', '2']) await synced('meta', 'page', 0, page);
    const known = async () => (await read(24))['meta.page_media_view'].values.slice(1, 21);
    await insert('meta_page_daily', [
      ...back.map((days) => views('1', days, 300)),
      ...back.filter((days) => days > 8).map((days) => views('2', days, 100)),
    ]);
    assert.deepEqual(await known(), [...Array(14).fill(400), ...Array(6).fill(null)], 'it may come yet');
    await stack.query(`delete from public.meta_page_daily where page_id = '2' and day > $1`, [dayBack(10)]);
    assert.deepEqual(await known(), Array(20).fill(300));
  });

  await test('a property that is no longer configured is told no more, nor asked about', async () => {
    const configure = (property) => {
      const schedules = [{ stream: 'site', partition: property, cadence: 'daily', every_secs: 86400 }];
      const found = { service: 'search_console', present: ['x'], missing: [], schedules };
      return detect(stack, { services: [found] });
    };
    const anothers = { property: 'sc-domain:another.example', clicks: 900 };
    for (const of of [anothers, { property: 'sc-domain:own.example', clicks: 4 }]) {
      await configure(of.property);
      await insert('gsc_site_daily', [
        { ...of, search_type: 'web', day: dayBack(6), impressions: 9, position: 1, provisional: false },
      ]);
    }
    const series = await read(12);
    assert.ok(
      Object.values(series).every((one) => one.of !== anothers.property),
      Object.keys(series).join(),
    );
    assert.equal(series['search_console.clicks'].of, 'sc-domain:own.example');
    const asked = () => stack.query(`select app.search_property($1, current_date - 31) as of`, [northwind]);
    assert.deepEqual(await asked(), [{ of: 'sc-domain:own.example' }]);
    await stack.query(`delete from public.service_facts where service = 'search_console'`);
    assert.deepEqual(await asked(), [{ of: anothers.property }], 'where none is read, what was read stays');
  });
}
