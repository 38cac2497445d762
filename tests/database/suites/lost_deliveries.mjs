// What was not taken of the deliveries is on the card, until it is or for 30 days, of what was read in part a week. Part of webhooks.mjs.

import assert from 'node:assert/strict';

import { charge, charges, factsOf } from '../runs.mjs';
import { call, northwind } from '../stack.mjs';

const service = 'stripe';

export async function lostDeliveryTests({ test, stack, record, deliver }) {
  // What the trigger says is now, was then.
  const aged = (hours, where = 'true') =>
    stack.query(`do $$ begin set local session_replication_role = replica;
      update public.webhook_receipts set received_at = now() - interval '${hours} hours',
        updated_at = now() - interval '${hours} hours' where ${where}; end $$`);
  await test('a delivery that was read in part is a failure of the webhook for a week', async () => {
    await Promise.all(['a', 'b'].map((key) => record(key)));
    const lost_rows = '3 of 5 items are not events';
    const facts = { last_event_at: '2026-11-23T10:00:00Z' };
    const receipt = { client_id: northwind, service, delivery_key: 'a' };
    await call(stack, 'apply_page', { receipt, tables: [], facts, lost_rows });
    const told = await factsOf(stack, 'webhook');
    assert.deepEqual([told.failure_kind, told.failure_message], ['data', lost_rows]);
    const [{ error }] = await stack.query(
      `select error from public.webhook_receipts where delivery_key = 'a'`,
    );
    assert.equal(error, lost_rows);
    await deliver('b', []);
    assert.equal((await factsOf(stack, 'webhook')).failure_kind, 'data', 'another one does not hide it');
    await aged(169);
    await record('c');
    await deliver('c', []);
    assert.equal((await factsOf(stack, 'webhook')).failure_kind, null);
  });

  await test('of a delivery beside which something may not be fetched the rows are written, and it fails', async () => {
    const apply = (more) =>
      call(stack, 'apply_page', {
        receipt: { client_id: northwind, service, delivery_key: 'a' },
        tables: [{ table: 'stripe_charges', rows: [charge('ch_1', 100, '2026-11-23T10:00:00Z')] }],
        ...more,
      });
    const stored = async () => {
      const [row] = await stack.query('select state, error, error_kind from public.webhook_receipts');
      return Object.values(row);
    };
    await record('a');
    const failure = { kind: 'credentials', message: 'stripe objects: answered 403' };
    assert.equal((await apply({ failure })).applied, true);
    assert.deepEqual(await charges(stack), { ch_1: 100 });
    assert.deepEqual(await stored(), ['failed', failure.message, 'credentials']);
    const told = await factsOf(stack, 'webhook');
    assert.deepEqual([told.failure_kind, told.last_event_at], ['credentials', null]);
    await apply({ facts: { last_event_at: '2026-11-23T10:00:00Z' } });
    assert.deepEqual(await stored(), ['applied', null, null]);
    assert.equal((await factsOf(stack, 'webhook')).failure_kind, null);
  });

  await test('a delivery that cannot be read is a failure of the webhook until it is, 30 days at most', async () => {
    const failure = async () => {
      const facts = await factsOf(stack, 'webhook');
      return [facts?.failure_kind ?? null, facts?.failure_message ?? null, facts?.failures ?? 0];
    };
    await record('a', { readable: false });
    assert.deepEqual(await failure(), ['data', 'a delivery could not be read', 1]);
    await record('a', { readable: false });
    assert.deepEqual(await failure(), ['data', 'a delivery could not be read', 1], 'a copy is the same one');
    await record('told', { readable: false, error: 'not JSON' });
    const of = (number, last) => `${number} deliveries could not be taken, the last one: ${last}`;
    assert.deepEqual(await failure(), ['data', of(2, 'not JSON'), 2]);
    await record('b');
    assert.equal((await failure())[0], 'data', 'not applied yet');
    const mark = (delivery_key, state, more = {}) =>
      call(stack, 'mark_receipt', { client_id: northwind, service, delivery_key, state, ...more });
    await mark('b', 'failed', { error: 'the rows were refused' });
    assert.deepEqual(await failure(), ['ours', of(3, 'the rows were refused'), 3]);
    await record('c');
    assert.equal((await deliver('c', [])).applied, true);
    assert.deepEqual(await failure(), ['ours', of(3, 'the rows were refused'), 3], 'another one hides none');
    const failedAt = async () => Date.parse((await factsOf(stack, 'webhook')).failed_at);
    const before = await failedAt();
    await mark('b', 'ignored');
    assert.deepEqual(await failure(), ['data', of(2, 'not JSON'), 2], 'read again, it was of no interest');
    assert.ok((await failedAt()) < before, 'when the last of the others failed');
    await mark('told', 'received');
    await mark('told', 'applied');
    await aged(719, `delivery_key = 'a'`);
    await record('d');
    await deliver('d', []);
    assert.deepEqual(await failure(), ['data', 'a delivery could not be read', 1], 'for 30 days');
    await aged(721, `delivery_key = 'a'`);
    await record('e');
    await deliver('e', []);
    assert.deepEqual(await failure(), [null, null, 0]);
  });

  await test('of very many it is told that they are, and kept as history once an hour', async () => {
    await record('first', { readable: false });
    const history = async () => {
      const [{ rows }] = await stack.query(
        `select count(*)::int as rows from public.facts_history where client_id = $1 and stream = 'webhook'`,
        [northwind],
      );
      return rows;
    };
    const before = await history();
    await stack.query(`do $$ begin set local session_replication_role = replica;
      insert into public.webhook_receipts (client_id, service, delivery_key, object_key, event_type, state)
      select client_id, service, 'lost' || n, 'o', 'x', 'unreadable'
      from public.webhook_receipts, generate_series(1, 1200) n; end $$`);
    await record('last', { readable: false, error: 'not JSON' });
    const { failures, failure_message } = await factsOf(stack, 'webhook');
    assert.equal(failure_message, 'at least 1000 deliveries could not be taken, the last one: not JSON');
    assert.equal(failures, 1000);
    assert.equal(await history(), before);
  });

  await test('the week begins when it is lost, however long ago it came', async () => {
    await record('a');
    await aged(200);
    const at = { client_id: northwind, service, delivery_key: 'a' };
    await call(stack, 'mark_receipt', { ...at, state: 'failed', error: 'answered 401', kind: 'credentials' });
    const told = async () => (await factsOf(stack, 'webhook')).failure_kind;
    assert.equal(await told(), 'credentials');
    await call(stack, 'claim_due', { limit: 0 });
    assert.equal(await told(), 'credentials', 'the tick keeps it');
  });

  await test('where no other follows, the tick ends what has been told for 30 days', async () => {
    const told = async () => (await factsOf(stack, 'webhook')).failure_kind;
    const tickAfter = async (hours) => {
      await aged(hours);
      await call(stack, 'claim_due', { limit: 0 });
      return told();
    };
    await record('a', { readable: false });
    assert.equal(await tickAfter(719), 'data');
    const others = [
      { workspace: 'harbor-yoga', service },
      { workspace: 'northwind-dental', service: 'sendgrid' },
    ];
    assert.equal(await tickAfter(721), null);
    await record('b', { readable: false });
    await aged(721);
    for (const of of others)
      await call(stack, 'record_receipt', {
        ...{ ...of, delivery_key: 'c', object_key: 'raw/c', event_type: 't', readable: false },
      });
    await call(stack, 'claim_due', { limit: 0 });
    assert.equal(await told(), null, 'what others lost is not told here');
    const left = await stack.query(
      `select count(*)::int as n from service_facts where stream = 'webhook' and failure_kind is not null`,
    );
    assert.deepEqual(left, [{ n: 2 }]);
  });

  await test('what failed at the provider is told by its kind, and ends like any other', async () => {
    await record('a');
    const kind = async () => (await factsOf(stack, 'webhook')).failure_kind;
    const failed = {
      client_id: northwind,
      service,
      delivery_key: 'a',
      state: 'failed',
      error: 'answered 401',
    };
    await call(stack, 'mark_receipt', { ...failed, kind: 'credentials' });
    assert.equal(await kind(), 'credentials');
    await call(stack, 'mark_receipt', { ...failed, delivery_key: 'nobody', kind: 'provider' });
    assert.equal(await kind(), 'credentials', 'of a delivery that is not there nothing is told');
    await record('a');
    await deliver('a', []);
    assert.equal(await kind(), null);
  });

  await test('a genuine delivery that was refused has failed until it is sent again', async () => {
    const lost = (workspace, more) =>
      call(stack, 'record_lost_delivery', { workspace, service, error: 'it has more than 5 MB', ...more });
    const told = async () => {
      const facts = await factsOf(stack, 'webhook');
      return [facts.failure_kind, facts.failure_message, facts.failure_final];
    };
    assert.deepEqual(await lost('nobody'), { unknown_workspace: true });
    assert.deepEqual(await lost('northwind-dental', { delivery_key: 'late' }), { recorded: true });
    assert.deepEqual(await told(), ['data', 'it has more than 5 MB', true]);
    assert.deepEqual(await lost('northwind-dental', { delivery_key: 'late' }), { recorded: false });
    await record('late', { object_key: 'raw/late' });
    assert.deepEqual(
      await stack.query(`select state, object_key from webhook_receipts where delivery_key = 'late'`),
      [{ state: 'received', object_key: 'raw/late' }],
    );
    await deliver('late', []);
    assert.equal((await told())[0], null);
    assert.deepEqual(await lost('northwind-dental', { delivery_key: 'late' }), { recorded: false });
    assert.equal((await told())[0], null, 'a copy of what was taken');
    assert.deepEqual(await lost('northwind-dental'), { recorded: true });
    assert.deepEqual(await lost('northwind-dental'), { recorded: true });
    assert.equal((await told())[1], '2 deliveries could not be taken, the last one: it has more than 5 MB');
  });
}
