// Daily series of what has parts: payments that are under way, several currencies, accounts of several zones.

import assert from 'node:assert/strict';

import { dayBack, noonBack } from '../days.mjs';

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
    assert.equal((await clicks()).provisional_from, dayBack(0, east));
  });
}
