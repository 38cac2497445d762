// compare_rows and apply_replay: archived bytes read again, which rows that would change, and that nothing
// newer, and nothing but rows and an unread delivery's receipt, is ever written.

import assert from 'node:assert/strict';

import { synced } from '../rows.mjs';
import { charge, charges, factsOf, leasedRun, page } from '../runs.mjs';
import { call, northwind } from '../stack.mjs';

const at = '2026-11-23T10:00:00Z';
const later = '2026-11-23T10:00:01Z';
const service = 'stripe';

const rowsOf = (rows, more = {}) => ({
  client_id: northwind,
  tables: [{ table: 'stripe_charges', rows }],
  ...more,
});
const fates = ({ tables: [table] }) =>
  Object.fromEntries(['new', 'changed', 'same', 'refused', 'tied'].map((fate) => [fate, table[fate]]));
const none = { new: 0, changed: 0, same: 0, refused: 0, tied: 0 };

export async function replaySuite(t, stack) {
  const test = (name, body) =>
    t.test(name, async () => {
      await stack.reset();
      await body(await leasedRun(stack));
    });
  const compare = (p) => call(stack, 'compare_rows', p);
  const apply = (p) => call(stack, 'apply_replay', p);
  const sync = (run, rows, number = 1) => call(stack, 'apply_page', page(run, number, rows));
  const everything = async () =>
    stack.query(`select (select jsonb_agg(to_jsonb(x)) from public.sync_runs x) as runs,
      (select jsonb_agg(to_jsonb(x)) from public.sync_cursors x) as cursors,
      (select jsonb_agg(to_jsonb(x)) from public.service_facts x) as facts`);
  const kit = { test, stack, compare, apply, sync, everything };
  await comparisonTests(kit);
  await rereadingTests(kit);
  await tableTests(kit);
  await deliveryTests(kit);
  await listingTests(kit);
}

async function comparisonTests({ test, stack, compare, apply, sync, everything }) {
  await test('rows are new, changed, same or refused, and comparing writes nothing', async (run) => {
    await sync(run, [
      charge('ch_changed', 100, at),
      charge('ch_newer', 100, later),
      charge('ch_same', 100, at),
    ]);
    const before = await everything();
    const p = rowsOf(
      [
        charge('ch_new', 1, at),
        charge('ch_changed', 200, at, { status: 'failed' }),
        charge('ch_newer', 300, at),
        charge('ch_same', 100, at),
      ],
      { run_id: run.run_id, page: 1 },
    );
    const compared = await compare(p);
    assert.deepEqual(fates(compared), { ...none, new: 1, changed: 1, same: 1, refused: 1 });
    assert.deepEqual(compared.tables[0].columns, { amount: 1, status: 1 });
    assert.deepEqual(compared.tables[0].examples, [
      {
        key: { id: 'ch_changed' },
        columns: {
          amount: { stored: 100, replayed: 200 },
          status: { stored: 'succeeded', replayed: 'failed' },
        },
      },
    ]);
    assert.deepEqual(await charges(stack), { ch_changed: 100, ch_newer: 100, ch_same: 100 });

    assert.deepEqual(await apply(p), { written: 2, receipt: null });
    assert.deepEqual(await charges(stack), { ch_changed: 200, ch_new: 1, ch_newer: 100, ch_same: 100 });
    assert.deepEqual(await everything(), before, 'runs, cursors and facts are as they were');
    assert.deepEqual(fates(await compare(p)), { ...none, same: 3, refused: 1 });
    assert.deepEqual(await apply(p), { written: 0, receipt: null });
  });

  await test('the examples are as many as asked for, the counts are of all', async (run) => {
    const rows = (amount) => Array.from({ length: 9 }, (_, i) => charge(`ch_${i}`, amount, at));
    await sync(run, rows(1));
    const compared = await compare(rowsOf(rows(2), { examples: 2 }));
    assert.equal(compared.tables[0].changed, 9);
    assert.deepEqual(compared.tables[0].columns, { amount: 9 });
    assert.deepEqual(
      compared.tables[0].examples.map(({ key }) => key.id),
      ['ch_0', 'ch_1'],
    );
  });

  await test('a row that is the same stays untouched, updated_at and source_at included', async (run) => {
    await sync(run, [charge('ch_1', 100, at)]);
    const stored = () => stack.query('select * from public.stripe_charges');
    const before = await stored();
    await apply(rowsOf([charge('ch_1', 100, later)]));
    assert.deepEqual(await stored(), before);
  });

  await test('of one object twice in a page the newer counts', async (run) => {
    await sync(run, [charge('ch_1', 5, at)]);
    const p = rowsOf([charge('ch_1', 7, later), charge('ch_1', 6, at)]);
    assert.deepEqual(fates(await compare(p)), { ...none, changed: 1 });
    await apply(p);
    assert.deepEqual(await charges(stack), { ch_1: 7 });
  });

  await test('a wrong table, column or value is an error, and nothing is written', async () => {
    const wrong = (p, code) =>
      Promise.all([compare, apply].map((ask) => assert.rejects(ask(p), { code }, JSON.stringify(p))));
    await wrong({ client_id: northwind, tables: [{ table: 'workspaces', rows: [{ name: 'x' }] }] }, '22023');
    await wrong(rowsOf([charge('ch_1', 1, at, { amout: 2 })]), '42703');
    const refused = rowsOf([charge('ch_1', 1, at), charge('ch_2', 1, at, { currency: 'DOLLARS' })]);
    await assert.rejects(apply(refused), { code: '23514' });
    assert.deepEqual(await charges(stack), {});
  });
}

async function rereadingTests({ test, stack, compare, apply, sync }) {
  await test('another reading of bytes that were applied replaces rows of the same time', async (run) => {
    await sync(run, [charge('ch_1', 100, at)]);
    const p = rowsOf([charge('ch_1', 999, at)], { run_id: run.run_id, page: 1 });
    assert.deepEqual(fates(await compare(p)), { ...none, changed: 1 });
    assert.equal((await apply(p)).written, 1);
    assert.deepEqual(await charges(stack), { ch_1: 999 });
  });

  await test('a page that was never applied may add, but not settle a tie', async (run) => {
    await sync(run, [charge('ch_1', 100, at)]);
    const p = rowsOf([charge('ch_1', 999, at), charge('ch_2', 5, at)], { run_id: run.run_id, page: 2 });
    assert.deepEqual(fates(await compare(p)), { ...none, new: 1, tied: 1 });
    assert.equal((await apply(p)).written, 1);
    assert.deepEqual(await charges(stack), { ch_1: 100, ch_2: 5 });
  });

  await test('bytes of a run that this database does not know are read as its own', async (run) => {
    await sync(run, [charge('ch_1', 100, at)]);
    const p = rowsOf([charge('ch_1', 999, at)], { run_id: '99999999-9999-4999-8999-999999999999', page: 1 });
    assert.equal((await apply(p)).written, 1);
  });
}

async function tableTests({ test, stack, compare, apply }) {
  for (const [table, { row, change }] of Object.entries(synced))
    await test(`${table}: a row is written, found the same, then changed`, async () => {
      const p = (rows) => ({ client_id: northwind, tables: [{ table, rows }] });
      assert.deepEqual(fates(await compare(p([row('one')]))), { ...none, new: 1 });
      assert.equal((await apply(p([row('one')]))).written, 1);
      assert.deepEqual(fates(await compare(p([row('one')]))), { ...none, same: 1 });
      const changed = { ...row('one'), ...change };
      const compared = await compare(p([changed]));
      assert.deepEqual(fates(compared), { ...none, changed: 1 }, JSON.stringify(compared));
      assert.deepEqual(Object.keys(compared.tables[0].columns), Object.keys(change));
      assert.equal((await apply(p([changed]))).written, 1);
      assert.deepEqual(fates(await compare(p([changed]))), { ...none, same: 1 });
    });

  await test('a row whose key has a hash is shown by what the hash is made of', async () => {
    const { row } = synced.gsc_queries_daily;
    const p = (clicks) => ({
      client_id: northwind,
      tables: [
        {
          table: 'gsc_queries_daily',
          rows: [{ query: 'dentist', clicks }],
          common: Object.fromEntries(
            Object.entries(row('x')).filter(([name]) => !['query', 'clicks'].includes(name)),
          ),
        },
      ],
    });
    await apply(p(1));
    const [table] = (await compare(p(2))).tables;
    assert.deepEqual(table.examples[0].columns, { clicks: { stored: 1, replayed: 2 } });
    assert.deepEqual(Object.keys(table.examples[0].key).sort(), [
      'day',
      'page',
      'property',
      'query',
      'search_type',
    ]);
    assert.equal(table.examples[0].key.query, 'dentist');
  });
}

async function deliveryTests({ test, stack, compare, apply, sync }) {
  const facts = { last_event_at: at, last_success_at: later };
  const record = (delivery_key, readable) =>
    call(stack, 'record_receipt', {
      ...{ workspace: 'northwind-dental', service, delivery_key },
      ...{ object_key: `webhooks/${delivery_key}`, event_type: 'x', readable },
    });
  const delivery = (key, rows, state = 'applied') =>
    rowsOf(rows, { service, delivery_key: key, state, facts });
  const state = async (key) =>
    (await stack.query('select state, error from public.webhook_receipts where delivery_key = $1', [key]))[0];

  await test('a delivery that could not be read becomes applied, with its rows and facts', async () => {
    await record('a', false);
    const applied = await apply(delivery('a', [charge('ch_1', 100, at)]));
    assert.deepEqual(applied, { written: 1, receipt: 'applied' });
    assert.deepEqual(await state('a'), { state: 'applied', error: null });
    assert.equal(
      new Date((await factsOf(stack, 'webhook')).last_event_at).toISOString(),
      '2026-11-23T10:00:00.000Z',
    );
  });

  await test('one that failed too, and one without rows becomes ignored', async () => {
    for (const key of ['a', 'b']) {
      await record(key, true);
      await call(stack, 'mark_receipt', {
        ...{ client_id: northwind, service, delivery_key: key },
        ...{ state: 'failed', error: 'why' },
      });
    }
    assert.equal((await apply(delivery('a', [charge('ch_1', 1, at)]))).receipt, 'applied');
    assert.equal((await apply(delivery('b', [], 'ignored'))).receipt, 'ignored');
    assert.deepEqual(await state('b'), { state: 'ignored', error: null });
  });

  await test('one that is still read in part is told, also on the card, until it is read in whole', async () => {
    await record('a', true);
    const receipt = { client_id: northwind, service, delivery_key: 'a' };
    await call(stack, 'mark_receipt', { ...receipt, state: 'failed', error: 'why' });
    const inPart = { ...delivery('a', [charge('ch_1', 1, at)]), lost_rows: '1 of 2 cannot be read' };
    const told = async () => [(await state('a')).error, (await factsOf(stack, 'webhook')).failure_message];
    for (let time = 1; time <= 2; time++) {
      assert.equal((await apply(inPart)).receipt, 'applied');
      const [error, onCard] = await told();
      assert.equal(error, '1 of 2 cannot be read', `time ${time}`);
      assert.match(onCard, /1 of 2 cannot be read/);
    }
    await apply(delivery('a', [charge('ch_1', 1, at), charge('ch_2', 2, at)]));
    assert.deepEqual(await told(), [null, null]);
  });

  await test('a tie with what is stored opens the receipt again, for the flow that may ask', async (run) => {
    await sync(run, [charge('ch_1', 100, at)]);
    await record('a', false);
    const p = delivery('a', [charge('ch_1', 999, at)]);
    assert.deepEqual(fates(await compare(p)), { ...none, tied: 1 });
    assert.deepEqual(await apply(p), { written: 0, receipt: 'received' });
    assert.deepEqual(await charges(stack), { ch_1: 100 });
    assert.equal((await state('a')).state, 'received');
  });

  await test('one that is opened again days after it came is given hours, not up at once', async () => {
    const message = (key) => ({ job: 'delivery', client_id: northwind, service, delivery_key: key });
    for (const [key, ended] of [
      ['a', 'unreadable'],
      ['b', 'ignored'],
    ]) {
      await record(key, true);
      await stack.query(
        `update public.webhook_receipts set state = $1, received_at = now() - interval '9 days' where delivery_key = $2`,
        [ended, key],
      );
      assert.equal((await apply(delivery(key, [], 'received'))).receipt, 'received');
      assert.deepEqual(await call(stack, 'record_dead_letter', { message: message(key) }), {
        recorded: false,
      });
    }
  });

  await test('so does an object that must be asked for; its rows are left to that flow', async () => {
    await record('a', false);
    const before = await factsOf(stack, 'webhook');
    assert.deepEqual(await apply(delivery('a', [charge('ch_1', 1, at)], 'received')), {
      written: 0,
      receipt: 'received',
    });
    assert.deepEqual(await charges(stack), {});
    assert.deepEqual(await factsOf(stack, 'webhook'), before);
  });

  await test('an open delivery is left to the queue', async () => {
    await record('a', true);
    assert.deepEqual(await apply(delivery('a', [charge('ch_1', 1, at)])), {
      written: 0,
      receipt: 'received',
    });
    assert.deepEqual(await charges(stack), {});
  });

  await test('an applied delivery is read again without a second fact', async () => {
    await record('a', true);
    await call(stack, 'apply_page', {
      receipt: { client_id: northwind, service, delivery_key: 'a' },
      tables: [{ table: 'stripe_charges', rows: [charge('ch_1', 100, at)] }],
      facts: { last_event_at: '2026-11-20T10:00:00Z' },
    });
    const before = await factsOf(stack, 'webhook');
    const p = delivery('a', [charge('ch_1', 999, at)]);
    assert.deepEqual(await apply(p), { written: 1, receipt: 'applied' });
    assert.deepEqual(await charges(stack), { ch_1: 999 });
    assert.deepEqual(await factsOf(stack, 'webhook'), before);
    const asking = (amount) => delivery('a', [charge('ch_1', amount, at)], 'received');
    assert.deepEqual(await apply(asking(999)), { written: 0, receipt: 'applied' });
    assert.deepEqual(await apply(asking(998)), { written: 1, receipt: 'received' });
    assert.deepEqual(await charges(stack), { ch_1: 998 });
    assert.equal((await state('a')).state, 'received', 'for the flow that asks, or keeps files');
  });

  await test('an ignored delivery whose rows are stored today becomes applied', async () => {
    await record('a', true);
    await call(stack, 'mark_receipt', {
      ...{ client_id: northwind, service, delivery_key: 'a' },
      ...{ state: 'ignored', error: null },
    });
    assert.deepEqual(await apply(delivery('a', [charge('ch_1', 1, at)])), { written: 1, receipt: 'applied' });
  });
}

async function listingTests({ test, stack, sync }) {
  const list = (more = {}) =>
    call(stack, 'archived_objects', { workspace: 'northwind-dental', service, ...more });
  const keys = ({ objects }) => objects.map(({ object_key }) => object_key);

  await test('the archive is listed from runs and receipts, oldest first, in portions', async (run) => {
    for (let number = 1; number <= 10; number += 1) await sync(run, [], number);
    await call(stack, 'record_receipt', {
      ...{ workspace: 'northwind-dental', service, delivery_key: 'evt_1' },
      ...{ object_key: 'webhooks/northwind-dental/stripe/evt_1', event_type: 'x' },
    });
    const pages = Array.from(
      { length: 11 },
      (_, i) => `raw/${northwind}/stripe/charges/${run.run_id}/${i + 1}.json`,
    );
    const all = [...pages, 'webhooks/northwind-dental/stripe/evt_1'];
    assert.deepEqual(keys(await list()), all);
    assert.deepEqual(keys(await list({ stream: 'charges' })), pages);
    assert.deepEqual(keys(await list({ stream: 'webhook' })), all.slice(-1));
    assert.deepEqual(keys(await list({ state: 'received' })), all.slice(-1));
    assert.deepEqual(keys(await list({ state: 'running', limit: 1 })), pages.slice(0, 1));
    assert.deepEqual(keys(await list({ since: '2999-01-01' })), []);
    assert.deepEqual(keys(await list({ until: '2999-01-01' })), all);
    const seen = [];
    for (let after = null; ;) {
      const { objects } = await list({ limit: 5, after });
      if (objects.length === 0) break;
      seen.push(...objects.map(({ object_key }) => object_key));
      after = objects.at(-1);
    }
    assert.deepEqual(seen, all);
  });

  await test('of another service, or another workspace, there is nothing', async (run) => {
    await sync(run, []);
    assert.deepEqual(keys(await list({ service: 'meta' })), []);
    assert.deepEqual(keys(await list({ workspace: 'harbor-yoga' })), []);
    assert.deepEqual(await list({ workspace: 'nobody' }), { unknown_workspace: true });
  });
}
