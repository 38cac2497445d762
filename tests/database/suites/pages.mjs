// apply_page: what is written, what is refused, and that nothing is written in part.

import assert from 'node:assert/strict';

import { synced } from '../rows.mjs';
import { charge, charges, factsOf, leasedRun, page } from '../runs.mjs';
import { call, northwind } from '../stack.mjs';
import { reconciliationTests } from './reconciliation.mjs';

const monday = '2026-11-23T10:00:00Z';
const later = '2026-11-23T10:00:01Z';

export async function pagesSuite(t, stack) {
  const test = (name, body) =>
    t.test(name, async () => {
      await stack.reset();
      await body(await leasedRun(stack));
    });
  const apply = (p) => call(stack, 'apply_page', p);
  const runRow = async ({ run_id }) =>
    (await stack.query('select * from public.sync_runs where run_id = $1', [run_id]))[0];
  const cursorRow = async () => (await stack.query('select * from public.sync_cursors'))[0];
  const kit = { test, stack, apply, runRow, cursorRow };
  await writingTests(kit);
  await figureTests(kit);
  await orderTests(kit);
  await contentTests(kit);
  await tableTests(kit);
  await refusalTests(kit);
  await factsTests(kit);
  await reconciliationTests(kit);
}

async function writingTests({ test, stack, apply, runRow, cursorRow }) {
  await test('a page writes its rows, the cursor, the run and the facts', async (run) => {
    const result = await apply(
      page(run, 1, [charge('ch_1', 100, monday), charge('ch_2', 200, monday)], {
        facts: { run_rows: 2, progress_done: 1, progress_total: 3 },
      }),
    );
    assert.deepEqual(result, { applied: true, finished: false, written: 2, refused: 0, ties: [], missed: 0 });
    assert.deepEqual(await charges(stack), { ch_1: 100, ch_2: 200 });
    assert.deepEqual((await cursorRow()).cursor, { at: 1 });
    const facts = await factsOf(stack, 'charges');
    assert.equal(facts.run_rows, 2);
    assert.ok(facts.running_since && facts.last_attempt_at);
    const [{ client_id }] = await stack.query('select distinct client_id from public.stripe_charges');
    assert.equal(client_id, northwind);
  });

  await test('a repeated page changes nothing, a skipped one is an error', async (run) => {
    await apply(page(run, 1, [charge('ch_1', 100, monday)]));
    const again = await apply(page(run, 1, [charge('ch_1', 999, later)]));
    assert.deepEqual(again, { applied: false, why: 'repeated' });
    assert.deepEqual(await charges(stack), { ch_1: 100 });
    await assert.rejects(apply(page(run, 3, [])), { code: '22023' });
    assert.equal((await runRow(run)).pages, 1);
  });

  await test('one page sent ten times at once is applied once', async (run) => {
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => apply(page(run, 1, [charge('ch_1', 100, monday)]))),
    );
    assert.equal(replies.filter(({ applied }) => applied).length, 1);
    assert.equal((await runRow(run)).rows_written, 1);
  });

  await test('the last page ends the run, frees the lease and keeps the schedule', async (run) => {
    const { next_due_at } = await cursorRow();
    const result = await apply(
      page(run, 1, [charge('ch_1', 100, monday)], {
        last: true,
        facts: { last_success_at: monday, last_rows: 1 },
      }),
    );
    assert.equal(result.finished, true);
    const { state, finished_at, rows_written } = await runRow(run);
    assert.deepEqual([state, rows_written, finished_at !== null], ['succeeded', 1, true]);
    const place = await cursorRow();
    assert.deepEqual([place.run_id, place.lease, place.next_due_at], [null, null, next_due_at]);
    assert.equal((await factsOf(stack, 'charges')).running_since, null);
    assert.deepEqual(await apply(page(run, 2, [])), { applied: false, why: 'finished' });
    assert.deepEqual(await apply(page(run, 1, [])), { applied: false, why: 'repeated' });
  });
}

async function figureTests({ test, stack, apply }) {
  await test('a post that is read without a figure keeps the one that it had', async (run) => {
    let number = 0;
    const post = { platform: 'facebook', id: '1', account_id: '9', posted_at: monday };
    const write = async (metrics, source_at) => {
      const tables = [{ table: 'meta_posts', rows: [{ ...post, metrics, source_at }] }];
      await apply(page(run, ++number, [], { tables }));
      const [row] = await stack.query('select metrics from public.meta_posts');
      return row.metrics;
    };
    assert.equal(await write(null, monday), null);
    assert.deepEqual(await write({ reach: 5, views: 7 }, '2026-11-23T10:00:01Z'), { reach: 5, views: 7 });
    assert.deepEqual(await write({ views: 8 }, '2026-11-23T10:00:02Z'), { reach: 5, views: 8 });
    assert.deepEqual(await write(null, '2026-11-23T10:00:03Z'), { reach: 5, views: 8 });
    assert.deepEqual(await write({ views: 1 }, '2026-11-23T10:00:02Z'), { reach: 5, views: 8 }, 'older');
    const { written } = await apply(
      page(run, ++number, [], {
        tables: [
          { table: 'meta_posts', rows: [{ ...post, metrics: null, source_at: '2026-11-23T10:00:04Z' }] },
        ],
      }),
    );
    assert.equal(written, 0, 'the same without a figure is nothing new');
  });

  await test('likes and comments that may not be read any more stay, and those that are hidden do not', async (run) => {
    const post = (platform, likes) => ({
      platform,
      id: '1',
      account_id: '9',
      posted_at: monday,
      likes,
      comments: likes,
    });
    const tables = (likes, source_at) => [
      {
        table: 'meta_posts',
        rows: ['facebook', 'instagram'].map((name) => ({ ...post(name, likes), source_at })),
      },
    ];
    await apply(page(run, 1, [], { tables: tables(20, monday) }));
    await apply(page(run, 2, [], { tables: tables(null, '2026-11-23T10:00:01Z') }));
    const rows = await stack.query('select likes, comments from public.meta_posts order by platform');
    assert.deepEqual(
      rows.map(({ likes, comments }) => [likes, comments].map((value) => value && Number(value))),
      [
        [20, 20],
        [null, null],
      ],
    );
  });
}

async function orderTests({ test, stack, apply, runRow, cursorRow }) {
  await test('older rows are refused, newer ones replace, in any order', async (run) => {
    await apply(page(run, 1, [charge('ch_1', 200, later)]));
    const older = await apply(page(run, 2, [charge('ch_1', 100, monday)]));
    assert.deepEqual([older.written, older.refused], [0, 1]);
    assert.deepEqual(await charges(stack), { ch_1: 200 });
    const newer = await apply(page(run, 3, [charge('ch_1', 300, '2026-11-23T10:00:02Z')]));
    assert.deepEqual([newer.written, newer.refused], [1, 0]);
    assert.deepEqual(await charges(stack), { ch_1: 300 });
  });

  await test('other content at the same time is a tie: not written, reported, kept in the cursor', async (run) => {
    await apply(page(run, 1, [charge('ch_1', 100, monday)]));
    const tie = { table: 'stripe_charges', id: 'ch_1' };
    const facts = { unavailable: ['one of them'], last_success_at: monday };
    const result = await apply(page(run, 2, [charge('ch_1', 999, monday)], { last: true, facts }));
    assert.deepEqual([result.written, result.ties, result.finished], [0, [tie], false]);
    const told = await factsOf(stack, 'charges');
    assert.deepEqual([told.unavailable, told.last_success_at], [['one of them'], null]);
    assert.equal((await runRow(run)).state, 'running');
    assert.deepEqual((await cursorRow()).cursor, { at: 2, ties: [tie] });
    const settled = await apply(page(run, 3, [charge('ch_1', 500, later)], { last: true }));
    assert.deepEqual([settled.ties, settled.finished], [[], true]);
    assert.deepEqual((await cursorRow()).cursor, { at: 3 });
    assert.deepEqual(await charges(stack), { ch_1: 500 });
  });
}

async function contentTests({ test, stack, apply }) {
  await test('the same content at the same time is neither a tie nor a write', async (run) => {
    await apply(page(run, 1, [charge('ch_1', 100, monday)]));
    const result = await apply(page(run, 2, [charge('ch_1', 100, monday)]));
    assert.deepEqual([result.written, result.refused, result.ties], [0, 0, []]);
  });

  await test('the same content seen later only moves source_at', async (run) => {
    const stored = async () =>
      (await stack.query('select source_at, updated_at from public.stripe_charges'))[0];
    await apply(page(run, 1, [charge('ch_1', 100, monday)]));
    const before = await stored();
    const again = await apply(page(run, 2, [charge('ch_1', 100, later), charge('ch_2', 1, later)]));
    assert.equal(again.written, 1, 'what is the same counts once');
    const [after] = await stack.query("select * from public.stripe_charges where id = 'ch_1'");
    assert.equal(after.updated_at, before.updated_at);
    assert.notEqual(after.source_at, before.source_at);
    // and from now on what is older than that is refused
    assert.equal((await apply(page(run, 3, [charge('ch_1', 1, monday)]))).refused, 1);
  });

  await test('one object twice in a page: the newer wins, two of the same time are a tie', async (run) => {
    await apply(page(run, 1, [charge('ch_1', 100, monday), charge('ch_1', 200, later)]));
    assert.deepEqual(await charges(stack), { ch_1: 200 });
    const result = await apply(page(run, 2, [charge('ch_2', 1, monday), charge('ch_2', 2, monday)]));
    assert.deepEqual(result.ties, [{ table: 'stripe_charges', id: 'ch_2' }]);
  });
}

async function tableTests({ test, stack, apply }) {
  const pages = (run) => {
    let number = 0;
    return (table, rows) => apply(page(run, (number += 1), [], { tables: [{ table, rows }] }));
  };
  const stored = async (table) =>
    (await stack.query(`select to_jsonb(x) as row from public.${table} x`)).map(({ row }) => row);

  await test('every table takes a row, the same again, a newer state of it, and no older one', async (run) => {
    const write = pages(run);
    const targets = await stack.query('select table_name from app.sync_targets order by 1');
    assert.deepEqual(targets.map((target) => target.table_name).sort(), Object.keys(synced).sort());
    for (const [table, { row, change }] of Object.entries(synced)) {
      const first = row('7');
      const counts = async (rows) => {
        const { written, refused, ties } = await write(table, rows);
        return [written, refused, ties.length];
      };
      assert.deepEqual(await counts([first, first]), [1, 0, 0], table);
      assert.deepEqual(await counts([first]), [0, 0, 0], `${table}, repeated`);
      const newer = { ...first, ...change, source_at: '2026-11-24T12:00:00+00:00' };
      assert.deepEqual(await counts([newer, row('8')]), [2, 0, 0], `${table}, newer`);
      assert.deepEqual(await counts([first]), [0, 1, 0], `${table}, older`);
      const [column, value] = Object.entries(change)[0];
      const rows = await stored(table);
      assert.equal(rows.length, 2, table);
      assert.ok(
        rows.some((kept) => kept[column] === value),
        table,
      );
    }
  });

  await test('of two readings of a report in one second the later stands, and there is no tie', async (run) => {
    const write = pages(run);
    const day = (clicks) => ({ ...synced.gsc_site_daily.row('sc-domain:a.example'), clicks });
    const first = await write('gsc_site_daily', [day(1), day(2)]);
    assert.deepEqual([first.written, first.ties], [1, []]);
    assert.equal((await stored('gsc_site_daily'))[0].clicks, 2);
    const second = await write('gsc_site_daily', [day(3)]);
    assert.deepEqual([second.written, second.ties], [1, []]);
    assert.equal((await stored('gsc_site_daily'))[0].clicks, 3);
  });

  await test('keys may be longer than what an index takes, and 64-bit counts stay exact', async (run) => {
    const write = pages(run);
    const noise = (mark) => Array.from({ length: 4000 }, (_, i) => `${mark}ä${(i * 7919) % 9973}`).join(' ');
    const row = (query, page) => ({ ...synced.gsc_queries_daily.row(query), page });
    const rows = [row(noise('a'), ''), row(noise('b'), ''), row(noise('b'), noise('/'))];
    assert.equal((await write('gsc_queries_daily', rows)).written, 3);
    const again = rows.map((old) => ({ ...old, source_at: '2026-11-24T12:00:00Z', provisional: true }));
    assert.equal((await write('gsc_queries_daily', again)).written, 3);
    assert.equal((await stored('gsc_queries_daily')).length, 3);

    const most = '9223372036854775807';
    const ads = { ...synced.google_ads_campaign_daily.row('1'), impressions: most, cost_micros: most };
    const meta = { ...synced.meta_page_daily.row('views'), value: most };
    await write('google_ads_campaign_daily', [ads]);
    await write('meta_page_daily', [meta]);
    const [exact] = await stack.query(
      `select (a.impressions::text, a.cost_micros::text, m.value::text)::text as all
       from public.google_ads_campaign_daily a, public.meta_page_daily m`,
    );
    assert.equal(exact.all, `(${most},${most},${most})`);
  });

  await test('copies of one email event are one row, whatever their ids', async (run) => {
    const write = pages(run);
    const event = (sg_event_id, more) => ({ ...synced.email_events.row('m1'), sg_event_id, ...more });
    const url = 'https://x.example/';
    await write('email_events', [event('e1'), event('e2'), event('e3', { url }), event('e4', { url })]);
    await write('email_events', [event('e5'), event(null, { url })]);
    assert.deepEqual((await stored('email_events')).map((row) => row.url).sort(), [null, url].sort());
  });
}

async function refusalTests({ test, stack, apply, runRow, cursorRow }) {
  await test('a row that breaks a rule is an error and nothing of its page is written', async (run) => {
    const bad = [
      [{ amount: null }, '23502'],
      [{ currency: 'EURO' }, '23514'],
      [{ amount: 'many' }, '22P02'],
      [{ source_at: null }, '23502'],
      [{ no_such_column: 1 }, '42703'],
    ];
    for (const [change, code] of bad) {
      const rows = [charge('ch_1', 1, monday), charge('ch_2', 2, monday, change)];
      await assert.rejects(apply(page(run, 1, rows)), { code }, JSON.stringify(change));
    }
    await assert.rejects(apply(page(run, 1, [], { facts: { no_such_fact: 1 } })), { code: '42703' });
    assert.deepEqual(await charges(stack), {});
    assert.equal((await cursorRow()).cursor, null);
    assert.equal((await runRow(run)).pages, 0);
  });

  await test('only tables of the allow list can be written', async (run) => {
    for (const table of ['workspace_members', 'users', 'stripe_charges; drop table x', null]) {
      await assert.rejects(apply(page(run, 1, [], { tables: [{ table, rows: [{ id: 'x' }] }] })), {
        code: '22023',
      });
    }
  });

  await test('a row cannot name another workspace', async (run) => {
    const other = '22222222-2222-4222-8222-222222222222';
    await apply(page(run, 1, [charge('ch_1', 1, monday, { client_id: other })]));
    assert.deepEqual(await stack.query('select client_id from public.stripe_charges'), [
      { client_id: northwind },
    ]);
  });

  await test('a lost lease writes nothing', async (run) => {
    await stack.query(`update public.sync_cursors set lease_until = now() - interval '1 second'`);
    const second = await call(stack, 'take_lease', { run_id: run.run_id, lease_secs: 60 });
    assert.equal(second.granted, true);
    assert.deepEqual(await apply(page(run, 1, [charge('ch_1', 1, monday)])), {
      applied: false,
      why: 'lease_lost',
    });
    assert.deepEqual(await charges(stack), {});
    assert.equal(
      (await apply(page({ ...run, lease: second.lease }, 1, [charge('ch_1', 2, monday)]))).applied,
      true,
    );
    assert.deepEqual(await apply({ ...page(run, 1, []), run_id: northwind }), {
      applied: false,
      why: 'unknown',
    });
  });

  await test('a page is applied in one transaction: the cursor is never before its rows', async (run) => {
    // the facts are the last thing that a page writes
    await assert.rejects(apply(page(run, 1, [charge('ch_1', 1, monday)], { facts: { failures: 'none' } })));
    assert.deepEqual(await charges(stack), {});
    assert.equal((await cursorRow()).cursor, null);
  });
}

async function factsTests({ test, stack, apply }) {
  await test('the facts patch changes what it names, and null clears', async (run) => {
    await apply(page(run, 1, [], { facts: { failures: 2, failure_kind: 'provider', last_rows: 5 } }));
    await apply(page(run, 2, [], { facts: { failure_kind: null, client_id: 'ignored' } }));
    const facts = await factsOf(stack, 'charges');
    assert.deepEqual([facts.failures, facts.failure_kind, facts.last_rows], [2, null, 5]);
  });

  await test('5,000 rows in one page', async (run) => {
    const rows = Array.from({ length: 5000 }, (_, i) => charge(`ch_${i}`, i, monday));
    assert.equal((await apply(page(run, 1, rows))).written, 5000);
  });
}
