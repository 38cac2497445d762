// Receipts: each delivery counts once, and none is forgotten.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { charge, charges, detect, factsOf } from '../runs.mjs';
import { call, harbor, northwind, onEmptyTables } from '../stack.mjs';
import { lostDeliveryTests } from './lost_deliveries.mjs';
import { renamedTests } from './renamed_deliveries.mjs';

const service = 'stripe';
const receipt = (delivery_key, more = {}) => ({
  workspace: 'northwind-dental',
  service,
  delivery_key,
  object_key: `webhooks/${delivery_key}`,
  event_type: 'charge.succeeded',
  readable: true,
  ...more,
});

export async function webhooksSuite(t, stack) {
  const test = onEmptyTables(t, stack);
  const record = (...args) => call(stack, 'record_receipt', receipt(...args));
  const deliver = (delivery_key, rows, facts = {}) =>
    call(stack, 'apply_page', {
      receipt: { client_id: northwind, service, delivery_key },
      tables: [{ table: 'stripe_charges', rows }],
      facts,
    });
  const state = async (key) =>
    (await stack.query('select state from public.webhook_receipts where delivery_key = $1', [key]))[0]?.state;
  const kit = { test, stack, record, deliver, state };
  await receiptTests(kit);
  await orderTests(kit);
  await factsTests(kit);
  await recoveryTests(kit);
  await lostDeliveryTests(kit);
  await renamedTests(kit);
}

async function receiptTests({ test, stack, record, deliver, state }) {
  await test('of fifty identical deliveries at once one is new', async () => {
    const replies = await Promise.all(Array.from({ length: 50 }, () => record('evt_1')));
    assert.equal(replies.filter((reply) => reply.new).length, 1);
    assert.ok(replies.every((reply) => reply.client_id === northwind && reply.state === 'received'));
    assert.equal((await stack.query('select 1 from public.webhook_receipts')).length, 1);
  });

  await test('the same key of another workspace is another delivery', async () => {
    await record('evt_1');
    const other = await record('evt_1', { workspace: 'harbor-yoga' });
    assert.deepEqual([other.new, other.client_id], [true, harbor]);
    assert.deepEqual(await record('evt_1', { workspace: 'nobody' }), { unknown_workspace: true });
  });

  await test('fifty applications at once write once', async () => {
    await record('evt_1');
    const rows = [charge('ch_1', 100, '2026-11-23T10:00:00Z')];
    const replies = await Promise.all(Array.from({ length: 50 }, () => deliver('evt_1', rows)));
    assert.equal(replies.filter(({ applied }) => applied).length, 1);
    assert.ok(replies.every(({ applied, why }) => applied || why === 'repeated'));
    assert.deepEqual(await charges(stack), { ch_1: 100 });
    assert.equal(await state('evt_1'), 'applied');
  });
}

async function orderTests({ test, stack, record, deliver, state }) {
  await test('deliveries in the wrong order end in the newest state', async () => {
    await Promise.all(['a', 'b', 'c'].map((key) => record(key)));
    await deliver('c', [charge('ch_1', 3, '2026-11-23T10:00:03Z')]);
    await deliver('a', [charge('ch_1', 1, '2026-11-23T10:00:01Z')]);
    const last = await deliver('b', [charge('ch_1', 2, '2026-11-23T10:00:02Z')]);
    assert.equal(last.refused, 1);
    assert.deepEqual(await charges(stack), { ch_1: 3 });
  });

  await test('deliveries about the same objects, all at once and in any order, do not deadlock', async () => {
    const keys = Array.from({ length: 24 }, (_, i) => `evt_${i}`);
    await Promise.all(keys.map((key) => record(key)));
    const rowsOf = (second) => {
      const at = `2026-11-23T10:00:${String(second).padStart(2, '0')}Z`;
      const rows = ['ch_1', 'ch_2', 'ch_3', 'ch_4'].map((id) => charge(id, second, at));
      return second % 2 ? rows : rows.reverse();
    };
    const applied = await Promise.all(
      keys.map((delivery_key, second) =>
        call(stack, 'apply_page', {
          receipt: { client_id: northwind, service, delivery_key },
          tables: twoTables(rowsOf(second), second),
          facts: { last_event_at: '2026-11-23T10:00:00Z' },
        }),
      ),
    );
    assert.ok(applied.every((reply) => reply.applied));
    assert.deepEqual(await charges(stack), { ch_1: 23, ch_2: 23, ch_3: 23, ch_4: 23 });
  });

  await test('a tie keeps the receipt open until the object was fetched', async () => {
    await Promise.all(['a', 'b'].map((key) => record(key)));
    await deliver('a', [charge('ch_1', 1, '2026-11-23T10:00:00Z')]);
    const tied = await deliver('b', [
      charge('ch_1', 2, '2026-11-23T10:00:00Z'),
      charge('ch_2', 2, '2026-11-23T10:00:00Z'),
    ]);
    assert.deepEqual(tied.ties, [{ table: 'stripe_charges', id: 'ch_1' }]);
    assert.equal(await state('b'), 'received');
    const settled = await deliver('b', [charge('ch_1', 2, '2026-11-23T10:00:09Z')]);
    assert.deepEqual([settled.applied, settled.ties], [true, []]);
    const [{ rows_written }] = await stack.query(
      `select rows_written::int from webhook_receipts where delivery_key = 'b'`,
    );
    assert.equal(rows_written, 2, 'of both readings');
    assert.equal(await state('b'), 'applied');
    assert.deepEqual(await charges(stack), { ch_1: 2, ch_2: 2 });
  });

  await test('an unknown receipt writes nothing', async () => {
    assert.deepEqual(await deliver('evt_x', [charge('ch_1', 1, '2026-11-23T10:00:00Z')]), {
      applied: false,
      why: 'unknown',
    });
    assert.deepEqual(await charges(stack), {});
  });
}

async function factsTests({ test, stack, record, deliver }) {
  await test('the clocks of the webhook only move forward, and its usual gap is learned', async () => {
    const facts = () => factsOf(stack, 'webhook');
    const at = (time) => ({
      last_event_at: `2026-11-23T${time}Z`,
      last_success_at: `2026-11-23T${time}Z`,
      failures: 0,
    });
    for (const [key, time] of [
      ['a', '10:00:00'],
      ['b', '10:10:00'],
      ['c', '10:05:00'],
      ['d', '10:20:00'],
    ]) {
      await record(key);
      await deliver(key, [], at(time));
    }
    const { last_event_at, last_success_at, usual_gap_secs } = await facts();
    assert.equal(Date.parse(last_event_at), Date.parse('2026-11-23T10:20:00Z'));
    assert.equal(Date.parse(last_success_at), Date.parse('2026-11-23T10:20:00Z'));
    assert.equal(usual_gap_secs, 600);
    await record('e');
    await deliver('e', [], at('11:00:00'));
    assert.equal((await facts()).usual_gap_secs, 960); // 4/5 of 600 and 1/5 of 2,400
    for (const [key, time] of [
      ['f', '11:00:02'],
      ['g', '11:01:02'],
    ]) {
      await record(key);
      await deliver(key, [], at(time));
    }
    assert.equal((await facts()).usual_gap_secs, 960, 'what comes within a minute is one happening');
  });

  await test('what a clock that ran ahead wrote gives way to the next delivery', async () => {
    const facts = (at) => ({ last_event_at: at, last_success_at: at, last_attempt_at: at, failures: 0 });
    const last = async () => {
      const { last_event_at, last_success_at, last_attempt_at } = await factsOf(stack, 'webhook');
      return [last_event_at, last_success_at, last_attempt_at].map((at) => Date.parse(at));
    };
    const ahead = new Date(Date.now() + 26 * 3_600_000).toISOString();
    await record('a');
    await deliver('a', [], facts(ahead));
    assert.deepEqual(await last(), Array(3).fill(Date.parse(ahead)), 'the card says that a clock is wrong');
    const now = new Date().toISOString();
    await record('b');
    await deliver('b', [], facts(now));
    assert.deepEqual(await last(), Array(3).fill(Date.parse(now)));
  });

  await test('bad signatures are counted in a row; a good delivery ends the row', async () => {
    const bad = (workspace = 'northwind-dental') =>
      call(stack, 'record_bad_signature', { workspace, service });
    await Promise.all([bad(), bad(), bad()]);
    assert.equal((await factsOf(stack, 'webhook')).bad_signatures, 3);
    assert.deepEqual(await bad('nobody'), { unknown_workspace: true });
    await record('evt_1');
    assert.equal((await factsOf(stack, 'webhook')).bad_signatures, 0);
  });

  await test('of the keys that refused, one that was taken out is not the one to be put right', async () => {
    const [events, mail] = ['sendgrid.webhook_public_key', 'sendgrid.inbound_password'];
    const bad = (key) => call(stack, 'record_bad_signature', { workspace: 'northwind-dental', service, key });
    await detect(stack, { services: [{ service, present: [events], missing: [], schedules: [] }] });
    for (let i = 0; i < 5; i += 1) await bad(mail);
    assert.equal((await factsOf(stack, 'webhook')).refused_key, mail, 'no other has refused anything');
    await bad(events);
    const { refused_key, bad_signatures } = await factsOf(stack, 'webhook');
    assert.deepEqual([refused_key, bad_signatures], [events, 1]);
  });

  await test('of two proofs, each is counted by itself: what one lets in says nothing about the other', async () => {
    const [events, mail] = ['sendgrid.webhook_public_key', 'sendgrid.inbound_password'];
    const workspace = 'northwind-dental';
    const bad = (key) => call(stack, 'record_bad_signature', { workspace, service, key });
    const good = (key, delivery_key) =>
      call(stack, 'record_receipt', { workspace, service, delivery_key, object_key: 'o', key });
    const told = async () => {
      const { bad_signatures, refused_key, refused } = await factsOf(stack, 'webhook');
      return [bad_signatures, refused_key, refused];
    };
    for (let i = 0; i < 3; i += 1) {
      await bad(mail);
      await good(events, `evt_${i}`);
    }
    assert.deepEqual(await told(), [3, mail, { [mail]: 3 }]);
    for (let i = 0; i < 4; i += 1) await bad(events);
    assert.deepEqual(await told(), [4, events, { [mail]: 3, [events]: 4 }]);
    await good(events, 'evt_9');
    assert.deepEqual(await told(), [3, mail, { [mail]: 3 }]);
    await good(mail, 'mail_1');
    assert.deepEqual(await told(), [0, null, {}]);
  });

  await test('what a key refused is forgotten once it is taken away', async () => {
    const sendgrid = 'sendgrid';
    const [events, mail] = ['sendgrid.webhook_public_key', 'sendgrid.inbound_password'];
    const bad = (key) =>
      call(stack, 'record_bad_signature', { workspace: 'northwind-dental', service: sendgrid, key });
    const detected = (name, present) => ({ service: name, present, missing: [], schedules: [] });
    const found = (...present) =>
      detect(stack, { services: [detected(sendgrid, present), detected(service, [events])] });
    const told = async () => (await factsOf(stack, 'webhook', sendgrid)).refused;
    await found(events, mail);
    for (const key of [events, events, events, mail]) await bad(key);
    await found(events, mail);
    assert.deepEqual(await told(), { [events]: 3, [mail]: 1 });
    await call(stack, 'record_bad_signature', { workspace: 'harbor-yoga', service: sendgrid, key: events });
    await call(stack, 'record_bad_signature', { workspace: 'northwind-dental', service, key: events });
    await found(mail);
    assert.deepEqual(await told(), { [mail]: 1 });
    assert.equal((await factsOf(stack, 'webhook', sendgrid)).bad_signatures, 1);
    await detect(stack, { services: [], problem: 'unreadable' });
    assert.deepEqual(await told(), { [mail]: 1 }, 'nobody knows');
    await detect(stack, { services: [detected(service, [events])] });
    assert.deepEqual(await told(), {}, 'the service is gone');
    const others = await stack.query(
      `select service, refused from public.service_facts where stream = 'webhook' and refused <> '{}' order by 1`,
    );
    assert.deepEqual(
      others,
      [sendgrid, service].sort().map((name) => ({ service: name, refused: { [events]: 1 } })),
      'of another workspace and another service',
    );
  });

  await test('a flood of bad signatures does not fill the history', async () => {
    for (let i = 0; i < 30; i += 1) {
      await call(stack, 'record_bad_signature', { workspace: 'northwind-dental', service });
    }
    assert.equal((await factsOf(stack, 'webhook')).bad_signatures, 10);
    const [{ n }] = await stack.query('select count(*)::int as n from public.facts_history');
    assert.ok(n <= 11, `${n} rows`);
  });
}

async function recoveryTests({ test, stack, record, deliver, state }) {
  await test('what is not applied after two minutes is queued again', async () => {
    await Promise.all([record('a'), record('b'), record('c', { readable: false })]);
    await deliver('b', []);
    const open = async () =>
      (await call(stack, 'claim_due', { limit: 50 })).deliveries.map(({ received_at, ...delivery }) => {
        assert.ok(Date.now() - Date.parse(received_at) < 60_000, 'when it came');
        return delivery;
      });
    assert.deepEqual(await open(), []);
    await stack.query(`do $$ begin set local session_replication_role = replica;
      update public.webhook_receipts set updated_at = now() - interval '3 minutes'; end $$`);
    assert.deepEqual(await open(), [
      {
        job: 'delivery',
        workspace: 'northwind-dental',
        client_id: northwind,
        service,
        delivery_key: 'a',
        object_key: 'webhooks/a',
      },
    ]);
    assert.deepEqual(await open(), []);
    assert.equal(await state('c'), 'unreadable');
  });

  await test('what is not applied comes again ever later, and fails when nobody gets to its end', async () => {
    await record('a');
    const open = async () => (await call(stack, 'claim_due', { limit: 50 })).deliveries.length;
    const age = (minutes, more = '') =>
      stack.query(`do $$ begin set local session_replication_role = replica;
        update public.webhook_receipts set updated_at = now() - interval '${minutes} minutes' ${more}; end $$`);
    for (const minutes of [2, 4, 8, 16, 32, 64, 120, 120]) {
      await age(minutes - 1);
      assert.equal(await open(), 0, `after ${minutes - 1} minutes`);
      await age(minutes + 1);
      assert.equal(await open(), 1, `after ${minutes + 1} minutes`);
    }
    await age(121);
    assert.equal(await open(), 1, 'not for six hours yet');
    await age(121, `, received_at = now() - interval '7 hours'`);
    assert.equal(await open(), 0);
    assert.equal(await state('a'), 'failed');
    const facts = await factsOf(stack, 'webhook');
    assert.deepEqual(
      [facts.failure_kind, facts.failure_message],
      ['ours', 'no Worker came to its end with this delivery in six hours'],
    );
    await record('a');
    assert.deepEqual(await stack.query('select state, tries from public.webhook_receipts'), [
      { state: 'received', tries: 0 },
    ]);
  });

  await test('what waits for its provider is not queued before, and fails as what it waited for', async () => {
    await record('a');
    const later = { client_id: northwind, service, delivery_key: 'a', state: 'received' };
    await call(stack, 'mark_receipt', { ...later, error: '429', kind: 'rate_limit', retry_secs: 900 });
    const open = async () => (await call(stack, 'claim_due', { limit: 50 })).deliveries.length;
    const set = (what) =>
      stack.query(`do $$ begin set local session_replication_role = replica;
        update public.webhook_receipts set ${what}; end $$`);
    await set(`updated_at = now() - interval '10 minutes'`);
    assert.equal(await open(), 0);
    await set(`updated_at = now() - interval '10 minutes', retry_at = now()`);
    assert.equal(await open(), 1);
    await set(`received_at = now() - interval '7 hours', tries = 8`);
    assert.equal(await open(), 0);
    const facts = await factsOf(stack, 'webhook');
    assert.deepEqual([facts.failure_kind, facts.failure_message], ['rate_limit', '429']);
  });

  await test('a receipt can be marked, and replayed after a fix', async () => {
    await record('a');
    const mark = (to, error = null) =>
      call(stack, 'mark_receipt', { client_id: northwind, service, delivery_key: 'a', state: to, error });
    assert.deepEqual(await mark('unreadable', 'not JSON'), { marked: true });
    assert.equal(await state('a'), 'unreadable');
    await assert.rejects(mark('no such state'), { code: '23514' });
    await mark('received');
    assert.equal((await deliver('a', [])).applied, true);
    assert.deepEqual(await mark('failed', 'a second message came too late'), { marked: false });
    assert.equal(await state('a'), 'applied');
    assert.deepEqual(await mark('ignored'), { marked: true });
  });

  await test('a failed delivery that is sent again is received again, and found by the tick', async () => {
    await record('a');
    const failed = { client_id: northwind, service, delivery_key: 'a', state: 'failed', error: 'x' };
    await call(stack, 'mark_receipt', failed);
    await record('a', { readable: false });
    assert.equal(await state('a'), 'failed', 'not by what cannot be read');
    const again = await record('a');
    assert.deepEqual([again.new, again.state], [false, 'failed']);
    assert.equal(await state('a'), 'received');
    assert.equal((await deliver('a', [])).applied, true);
  });

  await test('one that is sent again days later has its six hours anew', async () => {
    await record('a');
    await stack.query(
      `update public.webhook_receipts set received_at = now() - interval '2 days', state = 'failed'`,
    );
    await record('a');
    const message = { job: 'delivery', client_id: northwind, service, delivery_key: 'a' };
    assert.deepEqual(await call(stack, 'record_dead_letter', { message }), { recorded: false });
    await stack.query(`update public.webhook_receipts set tries = 8`);
    await call(stack, 'claim_due', { limit: 1 });
    assert.equal(await state('a'), 'received');
    await stack.query(`update public.webhook_receipts set reopened_at = now() - interval '7 hours'`);
    assert.deepEqual(await call(stack, 'record_dead_letter', { message }), { recorded: true });
    assert.equal(await state('a'), 'failed');
  });

  await test('a dead letter leaves a receipt of the last hours to the tick, and fails an older one', async () => {
    await record('a');
    const message = { job: 'delivery', client_id: northwind, service, delivery_key: 'a' };
    assert.deepEqual(await call(stack, 'record_dead_letter', { message }), { recorded: false });
    assert.equal(await state('a'), 'received');
    await stack.query(`update public.webhook_receipts set received_at = now() - interval '7 hours'`);
    assert.deepEqual(await call(stack, 'record_dead_letter', { message }), { recorded: true });
    assert.equal(await state('a'), 'failed');
    assert.deepEqual(await call(stack, 'record_dead_letter', { message }), { recorded: false });
  });

  await test('service_daily tells a member what happened each day, and others nothing', async () => {
    await detect(stack, {});
    await record('a');
    await deliver(
      'a',
      [1, 2, 3].map((n) => charge(`ch_${n}`, 100, '2026-11-23T10:00:00Z')),
    );
    await record('b', { readable: false });
    for (const state of ['succeeded', 'failed', 'running']) {
      const action = { client_id: northwind, id: randomUUID(), service: 'openai', tables: [] };
      await call(stack, 'begin_action', { ...action, begun_by: randomUUID(), action: 'insights' });
      if (state !== 'running') await call(stack, 'end_action', { ...action, state });
    }
    const read = async (name) =>
      (await (await stack.signIn(name)).rpc('service_daily', { p_client_id: northwind })).data.map((day) => [
        ...[day.service, Number(day.rows), day.succeeded, day.failed],
      ]);
    assert.deepEqual(await read('viewer'), [
      ['openai', 1, 1, 1],
      ['stripe', 3, 1, 1],
    ]);
    assert.deepEqual(await read('outsider'), []);
  });
}

// The same rows as charges and as payment intents, either table first.
function twoTables(rows, turn) {
  const intents = rows.map(({ id, ...row }) => ({ ...row, id: id.replace('ch', 'pi') }));
  const tables = [
    { table: 'stripe_charges', rows },
    { table: 'stripe_payment_intents', rows: intents },
  ];
  return turn % 3 ? tables : tables.reverse();
}
