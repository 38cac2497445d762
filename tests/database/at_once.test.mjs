// Two sessions at once on a real Postgres: the first has done its work and not yet committed when the second comes.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { openPostgres } from '../../scripts/local/supabase/database.mjs';
import { applyMigrations, applyPrelude } from '../../scripts/local/supabase/migrations.mjs';
import { startCluster } from './cluster.mjs';
import { charge, page } from './runs.mjs';
import { harbor, northwind, postgresInstallations } from './stack.mjs';

const [installation] = postgresInstallations();
const options = { skip: !installation && 'no Postgres server here' };
const service = 'stripe';

let folder;
let cluster;
let database;
before(async () => {
  if (!installation) return;
  folder = mkdtempSync(join(tmpdir(), 'at-once-'));
  chmodSync(folder, 0o711);
  cluster = await startCluster({ bin: installation.bin, folder });
  database = await openPostgres(cluster.url);
  await database.transaction((query, run) =>
    run(`create schema auth; create table auth.users (id uuid primary key);
      create function auth.uid() returns uuid language sql stable as $$ select null::uuid $$;`),
  );
  await applyPrelude(database);
  await applyMigrations(database);
});
after(async () => {
  await database?.close();
  await cluster?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  if (!installation) return;
  await database.query(`do $$ begin set local session_replication_role = replica;
    delete from public.facts_history; delete from public.service_facts; delete from public.sync_cursors;
    delete from public.sync_runs; delete from public.webhook_receipts; delete from public.action_requests;
    delete from public.stripe_charges; delete from public.email_messages; delete from public.email_threads;
    delete from public.workspaces; end $$`);
  await database.query(`insert into public.workspaces (client_id, slug, name, time_zone)
    values ('${northwind}', 'northwind-dental', 'Northwind', 'Europe/Berlin')`);
});

const callIn = async (query, name, p) =>
  (await query(`select public.${name}($1::jsonb) as reply`, [p]))[0].reply;
const call = (name, p) => callIn(database.query, name, p);

/**
 * `first` in a transaction that stays open until `second` has ended or waits for it; what `first` returns is what it
 * does after that. -> {waited, reply of the second}
 */
async function atOnce(first, second) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  let reached;
  const isHeld = new Promise((resolve) => (reached = resolve));
  const holding = database.transaction(async (query) => {
    const rest = await first((name, p) => callIn(query, name, p), query);
    reached();
    await released;
    if (typeof rest === 'function') await rest();
  });
  await Promise.race([isHeld, holding]);
  let ended = false;
  const following = second().finally(() => (ended = true));
  let waited = false;
  while (!ended && !waited) {
    await sleep(10);
    const [{ waiting }] = await database.query(`select count(*)::int as waiting from pg_stat_activity
      where wait_event_type = 'Lock' and state = 'active'`);
    waited = waiting > 0;
  }
  release();
  const [reply] = await Promise.all([following, holding]);
  return { waited, reply };
}

const receiptOf = (key, workspace = 'northwind-dental') => ({
  workspace,
  service,
  delivery_key: key,
  object_key: `webhooks/${key}`,
  event_type: 'charge.succeeded',
  readable: true,
  key: 'stripe.webhook_secret',
});
const record = (...of) => call('record_receipt', receiptOf(...of));
const failed = (key, client_id = northwind) => ({
  client_id,
  service,
  delivery_key: key,
  state: 'failed',
  error: key,
});
const delivery = (key, rows = []) => ({
  receipt: { client_id: northwind, service, delivery_key: key },
  tables: [{ table: 'stripe_charges', rows }],
  facts: {},
});
const facts = async (of, stream) =>
  (
    await database.query(
      `select failures, failure_kind, failure_message,
       last_attempt_at = '2026-11-23T10:00:02Z' as is_later from public.service_facts
       where service = $1 and stream = $2`,
      [of, stream],
    )
  )[0];

for (const before of [0, 1])
  test(
    `of two deliveries that fail at once both are counted, with ${before} counted before`,
    options,
    async () => {
      await Promise.all(['a', 'b', 'c'].map((key) => record(key)));
      if (before) await call('mark_receipt', failed('c'));
      await atOnce(
        (inFirst) => inFirst('mark_receipt', failed('a')),
        () => call('mark_receipt', failed('b')),
      );
      assert.equal((await facts(service, 'webhook')).failures, before + 2);
    },
  );

test('a delivery that is taken at last does not hide one that fails at once with it', options, async () => {
  await Promise.all(['a', 'b'].map((key) => record(key)));
  await call('mark_receipt', failed('a'));
  await record('a');
  await atOnce(
    (inFirst) => inFirst('mark_receipt', failed('b')),
    () => call('apply_page', delivery('a')),
  );
  const { failures, failure_message: message } = await facts(service, 'webhook');
  assert.deepEqual([failures, message], [1, 'b']);
});

test('a tick that forgets an old loss leaves one that is told at once with it', options, async () => {
  await Promise.all(['a', 'b'].map((key) => record(key)));
  await call('mark_receipt', failed('a'));
  await database.query(`do $$ begin set local session_replication_role = replica;
    update public.webhook_receipts set updated_at = now() - interval '31 days' where delivery_key = 'a'; end $$`);
  await atOnce(
    (inFirst) => inFirst('mark_receipt', failed('b')),
    () => call('claim_due', {}),
  );
  const { failures, failure_message: message } = await facts(service, 'webhook');
  assert.deepEqual([failures, message], [1, 'b']);
});

for (const earlier of [false, true])
  test(
    `of two uses that end at once${earlier ? ', after another,' : ''} the later one is what the card knows`,
    options,
    async () => {
      const ids = [0, 1, 2].map((n) => `00000000-0000-4000-8000-00000000000${n}`);
      const user = '99999999-9999-4999-8999-999999999999';
      for (const id of ids)
        await call('begin_action', {
          client_id: northwind,
          id,
          begun_by: user,
          service: 'openai',
          action: 'insights',
          user_id: user,
          tables: [],
        });
      const ended = (id, second, state, more) => ({
        client_id: northwind,
        id,
        service: 'openai',
        state,
        tables: [],
        stream: 'requests',
        facts: { last_attempt_at: `2026-11-23T10:00:0${second}Z`, ...more },
      });
      const refused = {
        failure_kind: 'credentials',
        failure_message: 'refused',
        failures: 1,
        failure_final: true,
      };
      if (earlier) await call('end_action', ended(ids[0], 0, 'succeeded', {}));
      const { waited } = await atOnce(
        (inFirst) =>
          inFirst('end_action', ended(ids[2], 2, 'succeeded', { failure_kind: null, failures: 0 })),
        () => call('end_action', ended(ids[1], 1, 'failed', refused)),
      );
      const { failure_kind: kind, is_later } = await facts('openai', 'requests');
      assert.deepEqual([waited, kind, is_later], [true, null, true]);
    },
  );

const found = {
  workspaces: [
    {
      client_id: northwind,
      problem: null,
      services: [
        {
          service,
          present: ['stripe.secret_key'],
          missing: [],
          schedules: [{ stream: 'events', partition: '', cadence: 'daily', every_secs: 86400 }],
        },
      ],
    },
  ],
};

async function heldRun() {
  await call('record_detection', found);
  const { jobs } = await call('claim_due', {});
  const { lease } = await call('take_lease', { run_id: jobs[0].run_id, lease_secs: 60 });
  return { run_id: jobs[0].run_id, lease };
}

test(
  'a detection that finds nothing new does not wait for a page that is being written',
  options,
  async () => {
    const run = await heldRun();
    const facts = { last_attempt_at: '2026-11-23T10:00:00Z' };
    const { waited } = await atOnce(
      (inFirst) => inFirst('apply_page', page(run, 1, [], { facts })),
      () => call('record_detection', found),
    );
    assert.equal(waited, false);
  },
);

// What a replay holds when it comes to the rows.
const held = {
  failed: `select from public.webhook_receipts where delivery_key = 'a' for update`,
  ignored: `update public.webhook_receipts set state = 'applied' where delivery_key = 'a'`,
};
for (const [state, hold] of Object.entries(held))
  test(
    `a page of a reconciliation and a replay of the ${state} delivery do not deadlock`,
    options,
    async () => {
      const run = await heldRun();
      await record('a');
      await call('mark_receipt', { ...failed('a'), state });
      const at = '2026-11-23T10:00:00Z';
      const pageOf = page(run, 1, [charge('ch_1', 1, at)], {
        deliveries: [{ key: 'a', event_type: 'charge.succeeded', object_key: 'webhooks/a' }],
      });
      const replayed = { client_id: northwind, service, delivery_key: 'a', state: 'applied', facts: {} };
      const tables = [{ table: 'stripe_charges', rows: [charge('ch_1', 2, at)] }];
      const { reply } = await atOnce(
        async (inFirst, query) => {
          await query(hold);
          return () => inFirst('apply_replay', { ...replayed, tables });
        },
        () => call('apply_page', pageOf),
      );
      assert.equal(reply.applied, true);
    },
  );

test('a tick that gives a run up and a sync that is asked for do not deadlock', options, async () => {
  const schedules = ['balance', 'charges'].map((stream) => ({
    ...{ stream, partition: '', cadence: 'daily', every_secs: 86400 },
  }));
  const [workspace] = found.workspaces;
  const [stripe] = workspace.services;
  const both = { ...workspace, services: [{ ...stripe, schedules }] };
  await call('record_detection', { workspaces: [both] });
  const { jobs } = await call('claim_due', {});
  const run = (stream) => jobs.find((job) => job.stream === stream).run_id;
  const { lease } = await call('take_lease', { run_id: run('charges'), lease_secs: 60 });
  await call('apply_page', page({ run_id: run('charges'), lease }, 1, [], { last: true }));
  await call('take_lease', { run_id: run('balance'), lease_secs: 60 });
  // One is due again; the other was stopped eleven times, and now again.
  await database.query(`do $$ begin set local session_replication_role = replica;
    update public.sync_runs set stops = 11, stops_page = 0, updated_at = now() - interval '5 minutes'
      where run_id = '${run('balance')}';
    update public.sync_cursors set lease_until = now() - interval '1 minute' where stream = 'balance';
    update public.sync_cursors set next_due_at = now() - interval '1 hour' where stream = 'charges'; end $$`);
  // As start_run takes them: in the order of their names.
  const take = (stream) => `select from public.sync_cursors where stream = '${stream}' for update`;
  const { reply } = await atOnce(
    async (inFirst, query) => {
      await query(take('balance'));
      return () => query(take('charges'));
    },
    () => call('claim_due', {}),
  );
  assert.deepEqual(
    reply.jobs.map((job) => job.stream),
    ['charges'],
  );
});

const mailIds = [6, 5, 4, 3, 2, 1].map((n) => `00000000-0000-4000-8000-00000000000${n}`);
// As settle_email_messages takes mails, in the order of their ids; their threads after them.
const takeMails = (more) => `select from public.email_messages where ${more} order by id for update`;
for (const [what, held, then] of [
  ['mails', mailIds.at(-1), takeMails('true')],
  ['their thread', mailIds[0], `update public.email_threads set last_direction = 'received'`],
])
  test(`a tick that settles mails and an event that wants ${what} do not deadlock`, options, async () => {
    const user = '99999999-9999-4999-8999-999999999999';
    const at = '2026-11-23T10:00:00Z';
    const thread = { id: 't', subject: 's', contact_email: 'x@x.example', state: 'open', source_at: at };
    const begun = { last_message_at: at, last_direction: 'sent', started_at: at };
    for (const id of mailIds) {
      const mail = { id, thread_id: 't', direction: 'sent', state: 'queued', sent_at: at, source_at: at };
      await call('begin_action', {
        ...{ client_id: northwind, id, begun_by: user, service: 'sendgrid', action: 'email', user_id: user },
        tables: [
          { table: 'email_threads', rows: [{ ...thread, ...begun }] },
          { table: 'email_messages', rows: [{ ...mail, from_email: 'us@x.example', to_emails: [] }] },
        ],
      });
    }
    await database.query(`do $$ begin set local session_replication_role = replica;
      update public.action_requests set requested_at = now() - interval '20 minutes';
      update public.email_threads set last_message_at = '2026-11-23T09:00:00Z'; end $$`);
    const { waited } = await atOnce(
      async (inFirst, query) => {
        await query(takeMails(`id = '${held}'`));
        return () => query(then);
      },
      () => call('claim_due', {}),
    );
    assert.equal(waited, true);
    for (const table of ['action_requests', 'email_messages'])
      assert.deepEqual(await database.query(`select distinct state from public.${table}`), [
        { state: 'unknown' },
      ]);
  });

test('a tick waits for no request that is being ended', options, async () => {
  const id = mailIds[0];
  const request = { client_id: northwind, id, service: 'sendgrid' };
  await call('begin_action', { ...request, begun_by: id, action: 'email', user_id: id, tables: [] });
  await database.query(`do $$ begin set local session_replication_role = replica;
    update public.action_requests set requested_at = now() - interval '20 minutes'; end $$`);
  const { waited } = await atOnce(
    (inFirst) => inFirst('end_action', { ...request, state: 'succeeded', tables: [] }),
    () => call('claim_due', {}),
  );
  assert.equal(waited, false);
  assert.deepEqual(await database.query('select state from public.action_requests'), [
    { state: 'succeeded' },
  ]);
});

// Each goes through all clients, or through what a sync that is asked for starts.
for (const [first, second] of [
  ['claim_due', 'record_detection'],
  ['record_detection', 'claim_due'],
  ['start_run', 'record_detection'],
])
  test(`${second} waits for ${first}`, options, async () => {
    await call('record_detection', found);
    const given = { record_detection: found, start_run: { client_id: northwind, service } };
    const { waited } = await atOnce(
      (inFirst) => inFirst(first, given[first] ?? {}),
      () => call(second, given[second] ?? {}),
    );
    assert.equal(waited, true);
  });

test('a client that is removed stops no other', options, async () => {
  await database.query(`insert into public.workspaces (client_id, slug, name, time_zone)
    values ('${harbor}', 'harbor-yoga', 'Harbor', 'Europe/Berlin')`);
  await heldRun();
  await record('a', 'harbor-yoga');
  const { waited } = await atOnce(
    (inFirst, query) => query(`select app.remove_workspace('northwind-dental')`),
    () => call('mark_receipt', failed('a', harbor)),
  );
  const kept = await database.query('select distinct client_id from public.facts_history');
  assert.deepEqual([waited, kept.map((row) => row.client_id)], [false, [harbor]]);
});

// What is under way when the removal comes, and what it wants next.
const recorded = (query) => callIn(query, 'record_receipt', receiptOf('a'));
const heldRuns = (query) => query('select from public.sync_runs for update');
const counted = (query) => query('update public.service_facts set failures = failures + 1');
for (const [what, first, then] of [
  ['a delivery', recorded, () => {}],
  ['a delivery with its facts', recorded, counted],
  ['a page of a run', heldRuns, recorded],
])
  test(`a client of whom ${what} comes in meanwhile is removed`, options, async () => {
    await heldRun();
    const { waited } = await atOnce(
      async (inFirst, query) => {
        await first(query);
        return async () => {
          await sleep(1500); // longer than Postgres waits before it looks for a deadlock
          await then(query);
        };
      },
      () => database.query(`select app.remove_workspace('northwind-dental')`),
    );
    assert.equal(waited, true);
    for (const table of ['workspaces', 'webhook_receipts', 'sync_runs', 'service_facts', 'facts_history'])
      assert.deepEqual(await database.query(`select from public.${table}`), [], table);
  });

test('nobody else takes history away, whatever is set', options, async () => {
  await heldRun();
  const taken = database.transaction(async (query) => {
    await query(
      `select set_config('app.removed', '${northwind}', true), set_config('role', 'service_role', true)`,
    );
    await query('delete from public.facts_history');
  });
  await assert.rejects(taken, { code: '42501' });
});
