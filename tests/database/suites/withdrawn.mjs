// A row of a report that the provider no longer tells says nothing any more, once its day was read again.

import assert from 'node:assert/strict';

import { synced } from '../rows.mjs';
import { detect } from '../runs.mjs';
import { call, harbor, northwind, onEmptyTables } from '../stack.mjs';

const yesterday = '2025-11-22T13:00:00Z';
const began = '2025-11-23T13:00:00Z';
const from = '2025-11-15T13:00:00Z';
const covered = { covered_from: from, covered_until: began };
const reports = {
  google_ads_campaign_daily: 'google_ads campaigns 123-456-7890',
  google_ads_search_terms_daily: 'google_ads search_terms 123-456-7890',
  google_ads_performance_max_terms_daily: 'google_ads performance_max_terms 123-456-7890',
  google_ads_conversions_daily: 'google_ads conversions 123-456-7890',
  gsc_queries_daily: 'search_console queries sc-domain:a-b.example',
  gsc_pages_daily: 'search_console pages sc-domain:a-b.example',
};
const figures = { google_ads: 'conversions', search_console: 'clicks' };

export async function withdrawnSuite(t, stack) {
  const test = onEmptyTables(t, stack);
  for (const table of Object.keys(reports)) await reportTests(kitOf(table, test, stack));
  const kit = kitOf('google_ads_conversions_daily', test, stack);
  await scanTests(kit);
  await replayTests(kit);
  await otherTests(kit);
  await cutTests(kitOf('gsc_queries_daily', test, stack));
}

function kitOf(table, test, stack) {
  const [service, stream, partition] = reports[table].split(' ');
  const figure = figures[service];
  const place = service === 'google_ads' ? { customer_id: '1234567890' } : { property: partition };
  const row = (id, day, source_at, more = {}) => ({
    ...{ ...synced[table].row(id), ...place, day, source_at },
    ...(figure === 'clicks' ? { clicks: 4, impressions: 9, ctr: 0.4, position: 3.5 } : { conversions: 4 }),
    ...more,
  });
  /** One run whose pages are [rows, cursor]; what it writes is read again as {day: figure}. */
  const run = async (...pages) => {
    const schedules = [{ stream, partition, cadence: 'daily', every_secs: 86400 }];
    await detect(stack, { services: [{ service, present: ['x'], missing: [], schedules }] });
    const { jobs } = await call(stack, 'start_run', { client_id: northwind, service, cause: 'webhook' });
    const { lease } = await call(stack, 'take_lease', { run_id: jobs[0].run_id, lease_secs: 60 });
    for (const [i, [rows, cursor]] of pages.entries())
      await call(stack, 'apply_page', {
        ...{ run_id: jobs[0].run_id, lease, page: i + 1, tables: [{ table, rows }], cursor, facts: {} },
        last: i + 1 === pages.length,
      });
  };
  const stored = async () => {
    const rows = await stack.query(
      `select day::text, ${figure}::float8 as value from public.${table} order by day, value`,
    );
    return rows.map(({ day, value }) => `${day.slice(5)} ${value}`);
  };
  return { test, stack, table, service, row, run, stored, figure };
}

async function reportTests({ test, stack, table, service, row, run, stored }) {
  await test(`${table}: a scan that brought nothing at all withdraws nothing: that is trouble, not silence`, async () => {
    await run([[row('a', '2025-11-18', yesterday)], {}]);
    await run([[], { ...covered, run_rows: 0 }]);
    assert.deepEqual(await stored(), ['11-18 4']);
  });

  await test(`${table}: what a finished scan did not write again says nothing`, async () => {
    await run([[row('a', '2025-11-18', yesterday), row('b', '2025-11-18', yesterday)], {}]);
    await run([[row('b', '2025-11-18', began)], covered]);
    assert.deepEqual(await stored(), ['11-18 0', '11-18 4']);
    if (service !== 'search_console') return;
    const [gone] = await stack.query(`select * from public.${table} where clicks = 0`);
    assert.deepEqual(
      [gone.impressions, gone.ctr, gone.position, gone.provisional].map((value) => value && Number(value)),
      [0, null, null, false],
    );
  });
}

async function scanTests({ test, stack, table, row, run, stored }) {
  await test('only days that were read whole, in every time zone', async () => {
    const days = ['11-14', '11-15', '11-16', '11-21', '11-22', '11-23'];
    await run([days.map((day) => row('a', `2025-${day}`, yesterday)), {}]);
    await run([[row('told', '2025-11-18', began)], covered]);
    assert.deepEqual(await stored(), [
      ...['11-14 4', '11-15 4', '11-16 0', '11-18 4', '11-21 0', '11-22 4', '11-23 4'],
    ]);
  });

  await test('not of days of which none near was told: an empty slice is trouble, not silence', async () => {
    const days = ['2025-10-05', '2025-11-01', '2025-11-18'];
    await run([days.map((day) => row('a', day, yesterday)), {}]);
    const told = [row('b', '2025-10-06', began), row('b', '2025-11-17', began)];
    await run(
      [told.slice(0, 1), {}],
      [[], {}],
      [told.slice(1), { ...covered, covered_from: '2025-10-01T13:00:00Z' }],
    );
    assert.deepEqual(await stored(), ['10-05 0', '10-06 4', '11-01 4', '11-17 4', '11-18 0']);
  });

  await test('not before the scan has come to its end, and once', async () => {
    await run([[row('a', '2025-11-18', yesterday)], { covered_from: from, covered_until: yesterday }]);
    const before = { covered_from: from, covered_until: yesterday, window: { from, to: began } };
    await run([[], before]);
    assert.deepEqual(await stored(), ['11-18 4']);
    await run([[], before], [[row('told', '2025-11-19', began)], covered]);
    assert.deepEqual(await stored(), ['11-18 0', '11-19 4']);
    const changed = () => stack.query(`select updated_at from public.${table}`);
    const first = await changed();
    await run([[], { ...covered, covered_until: '2025-11-24T13:00:00Z' }]);
    assert.deepEqual(await changed(), first);
  });

  await test('what an earlier page of the scan wrote stays, also by a clock that is behind', async () => {
    const behind = '2025-11-23T12:10:00Z';
    await run([[row('a', '2025-11-18', behind)], {}], [[row('b', '2025-11-17', began)], covered]);
    assert.deepEqual(await stored(), ['11-17 4', '11-18 4']);
  });

  await test('a scan by a clock that is ahead decides nothing', async () => {
    await run([[row('a', '2025-11-18', yesterday)], {}]);
    await run([[], { covered_from: from, covered_until: new Date(Date.now() + 864e5).toISOString() }]);
    assert.deepEqual(await stored(), ['11-18 4']);
  });
}

// Google sorts by clicks, and rows of as many may be on either of two pages, or on neither.
async function cutTests({ test, run, row, stack, table, stored }) {
  await test('of a day of which nothing came nothing is withdrawn: that is trouble, not silence', async () => {
    await run([[row('a', '2025-11-18', yesterday), row('b', '2025-11-19', yesterday)], {}]);
    await run([[row('c', '2025-11-19', began)], covered]);
    assert.deepEqual(await stored(), ['11-18 4', '11-19 0', '11-19 4']);
  });

  await test('of the two reports of a day each is told by itself: a cut or an empty one loses nothing', async () => {
    const of = (page, name, day, at) => row(name, day, at, { page });
    const two = (day) => ['', 'https://a-b.example/'].map((page) => of(page, 'gone', day, yesterday));
    const many = Array.from({ length: 13_000 }, (_, i) => `q${i}`);
    await run([[...two('2025-11-18'), ...two('2025-11-19')], {}]);
    const both = ['', 'https://a-b.example/'].flatMap((page) =>
      many.map((name) => of(page, name, '2025-11-18', began)),
    );
    await run([[...both, of('', 'told', '2025-11-19', began)], covered]);
    const rows = await stack.query(
      `select day::text, page, clicks::int from public.${table} where query = 'gone' order by day, page`,
    );
    assert.deepEqual(
      rows.map(({ day, page, clicks }) => [day.slice(5), page, clicks]),
      [
        ['11-18', '', 0],
        ['11-18', 'https://a-b.example/', 0],
        ['11-19', '', 0],
        ['11-19', 'https://a-b.example/', 4],
      ],
    );
  });

  await test('of a day that fills a page nothing is withdrawn, of the others it is', async () => {
    const many = Array.from({ length: 25_000 }, (_, i) => row(`q${i}`, '2025-11-18', began));
    const gone = (day) => row('gone', day, yesterday);
    await run([[gone('2025-11-18'), gone('2025-11-19')], {}]);
    await run([[...many, row('a', '2025-11-19', began)], covered]);
    const rows = await stack.query(
      `select day::text, clicks::int from public.${table} where query = 'gone' order by day`,
    );
    assert.deepEqual(
      rows.map(({ day, clicks }) => `${day} ${clicks}`),
      ['2025-11-18 4', '2025-11-19 0'],
    );
  });
}

async function replayTests({ test, stack, table, row, run, stored }) {
  await test('an older reading does not bring it back, a later one does', async () => {
    const old = row('a', '2025-11-18', yesterday);
    await run([[old], {}]);
    await run([[row('told', '2025-11-19', began)], covered]);
    const replay = { client_id: northwind, tables: [{ table, rows: [old] }] };
    assert.equal((await call(stack, 'compare_rows', replay)).tables[0].refused, 1);
    assert.equal((await call(stack, 'apply_replay', replay)).written, 0);
    assert.deepEqual(await stored(), ['11-18 0', '11-19 4']);
    await run([[row('a', '2025-11-18', '2025-11-24T13:00:00Z')], {}]);
    assert.deepEqual(await stored(), ['11-18 4', '11-19 4']);
  });
}

async function otherTests({ test, stack, table, row, run, stored, figure }) {
  await test('other accounts and other workspaces are left alone', async () => {
    await run([[row('a', '2025-11-18', yesterday, { customer_id: '77' })], {}]);
    await stack.query(
      `insert into public.${table} (client_id, customer_id, day, campaign_id, conversion_action_id, currency,
         ${figure}, source_at) values ($1, '1234567890', '2025-11-18', '1', '2', 'EUR', 5, $2)`,
      [harbor, yesterday],
    );
    await run([[row('told', '2025-11-18', began)], covered]);
    assert.deepEqual(await stored(), ['11-18 4', '11-18 4', '11-18 5']);
  });
}
