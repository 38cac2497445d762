// Where things begin and end: how long is waited, what is kept, who is told, and what a copy changes.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { dayBack, zone } from '../days.mjs';
import { detect, leasedRun, page } from '../runs.mjs';
import { call, harbor, northwind } from '../stack.mjs';
import { slugs, twoWorkspaces } from '../two_workspaces.mjs';

const service = 'stripe';
const at = '2026-11-23T12:00:00Z';

export async function boundsSuite(t, stack) {
  // Without the triggers, which would set the times anew.
  const silently = (sql) =>
    stack.query(`do $$ begin set local session_replication_role = replica; ${sql}; end $$`);
  const kit = { ...twoWorkspaces(t, stack), silently };
  await deliveryTests(kit);
  await keepingTests(kit);
  await useTests(kit);
}

async function deliveryTests({ test, stack, record, mark, receipts, factOf, silently }) {
  await test('what an earlier try failed of is not what fails a delivery at its end', async () => {
    await record(northwind, 'evt_1');
    await mark(northwind, 'evt_1', 'failed', { error: 'answered 401', kind: 'credentials' });
    await record(northwind, 'evt_1');
    await silently(
      `update public.webhook_receipts set received_at = now() - interval '7 hours', reopened_at = null,
         updated_at = now() - interval '7 hours', tries = 8`,
    );
    await call(stack, 'claim_due', { limit: 50 });
    assert.equal(await factOf(northwind, 'webhook', 'failure_kind'), 'ours');
    await record(northwind, 'evt_2');
    await mark(northwind, 'evt_2', 'received', { error: '429', kind: 'rate_limit', retry_secs: 60 });
    await stack.query(`update public.webhook_receipts set received_at = now() - interval '7 hours'`);
    await call(stack, 'record_dead_letter', {
      message: { job: 'delivery', client_id: northwind, service, delivery_key: 'evt_2' },
    });
    assert.equal(await factOf(northwind, 'webhook', 'failure_kind'), 'ours');
  });

  await test('what is sent again waits for nobody', async () => {
    await record(northwind, 'evt_1');
    await mark(northwind, 'evt_1', 'received', { error: '429', kind: 'rate_limit', retry_secs: 3600 });
    await mark(northwind, 'evt_1', 'failed', { error: 'x', retry_secs: 3600 });
    await record(northwind, 'evt_1');
    assert.deepEqual(await stack.query('select state, retry_at from public.webhook_receipts'), [
      { state: 'received', retry_at: null },
    ]);
  });

  await test('a day of wrong signatures is a dozen rows of history, and its last moment is known', async () => {
    const bad = () => call(stack, 'record_bad_signature', { workspace: slugs[northwind], service });
    for (let i = 0; i < 30; i += 1) {
      await bad();
      await silently(`update public.service_facts set last_bad_signature_at = now() - interval '2 minutes'`);
    }
    await bad();
    const [{ n }] = await stack.query('select count(*)::int as n from public.facts_history');
    assert.ok(n <= 11, `${n} rows`);
    assert.equal(await factOf(northwind, 'webhook', 'bad_signatures'), 31);
    const [{ now }] = await stack.query(`select last_bad_signature_at > now() - interval '1 minute' as now
      from public.service_facts where stream = 'webhook'`);
    assert.equal(now, true);
  });

  await test('what each delivery moves is in the history once an hour, anything else at once', async () => {
    const kept = async () =>
      (await stack.query(`select from public.facts_history where stream = 'webhook'`)).length;
    let minute = 10;
    const deliverNext = async () => {
      const time = `2026-11-23T10:${minute++}:00Z`;
      await record(northwind, time);
      await call(stack, 'apply_page', {
        receipt: { client_id: northwind, service, delivery_key: time },
        tables: [],
        facts: { last_event_at: time, last_success_at: time },
      });
    };
    await deliverNext();
    const before = await kept();
    for (let i = 0; i < 3; i++) await deliverNext();
    assert.equal(await kept(), before);
    await silently(`update public.facts_history set recorded_at = recorded_at - interval '61 minutes'`);
    for (let i = 0; i < 3; i++) await deliverNext();
    assert.equal(await kept(), before + 1);
    await call(stack, 'record_bad_signature', { workspace: slugs[northwind], service });
    assert.equal(await kept(), before + 2);
  });

  await test('a day of service_daily begins at midnight where the workspace is, also a quarter past the hour', async () => {
    const timeZone = 'Asia/Kathmandu'; // where it is midnight at 18:15 UTC
    const [day, next] = [3, 2].map((days) => dayBack(days, timeZone));
    await stack.query('update workspaces set time_zone = $1 where client_id = $2', [timeZone, northwind]);
    for (const [key, ms] of Object.entries({ a: -1, b: 0, c: 1 })) {
      await record(northwind, key);
      await mark(northwind, key, 'failed', { error: 'x' });
      await stack.query('update webhook_receipts set received_at = $1 where delivery_key = $2', [
        new Date(Date.parse(`${day}T18:15:00Z`) + ms).toISOString(),
        key,
      ]);
    }
    const days = await stack.query('select day::text, failed from service_daily($1) order by 1', [northwind]);
    await stack.query('update workspaces set time_zone = $1 where client_id = $2', [zone, northwind]);
    assert.deepEqual(days, [
      { day, failed: 1 },
      { day: next, failed: 2 },
    ]);
  });

  await test('what was refused a week ago is not in a row with what is refused today', async () => {
    const refuse = () =>
      call(stack, 'record_bad_signature', { workspace: slugs[northwind], service, key: 'k' });
    const refused = async () => (await factOf(northwind, 'webhook', 'refused')).k;
    for (let i = 0; i < 3; i += 1) await refuse();
    assert.equal(await refused(), 3);
    await stack.query(
      `update public.service_facts set last_bad_signature_at = now() - interval '8 days' where stream = 'webhook'`,
    );
    await refuse();
    assert.equal(await refused(), 1);
    await refuse();
    assert.equal(await refused(), 2);
  });

  await test('a delivery waits while its workspace’s settings cannot be read, and no other does', async () => {
    const long = `update public.webhook_receipts set received_at = now() - interval '9 hours', updated_at = now() - interval '7 hours'`;
    const open = async () => (await call(stack, 'claim_due', { limit: 50 })).deliveries;
    const settings = (problem) =>
      stack.query('update public.workspaces set configuration_problem = $2 where client_id = $1', [
        northwind,
        problem,
      ]);
    await record(northwind, 'evt_1');
    await record(harbor, 'evt_2');
    await silently(`${long}, tries = 8`);
    await settings('not a JSON object');
    assert.deepEqual(await open(), []);
    await call(stack, 'record_dead_letter', {
      message: { job: 'delivery', client_id: northwind, service, delivery_key: 'evt_1' },
    });
    const states = Object.fromEntries((await receipts()).map(({ client_id, state }) => [client_id, state]));
    assert.deepEqual(states, { [northwind]: 'received', [harbor]: 'failed' });
    await silently(`${long}, tries = 2`);
    assert.deepEqual(await open(), []);
    await settings(null);
    assert.deepEqual(
      (await open()).map(({ delivery_key }) => delivery_key),
      ['evt_1'],
    );
  });

  await test('a delivery is not given up before its eighth try, however old it is', async () => {
    await record(northwind, 'evt_1');
    await silently(
      `update public.webhook_receipts set updated_at = now() - interval '7 hours', received_at = now() - interval '7 hours', tries = 7`,
    );
    assert.equal((await call(stack, 'claim_due', { limit: 50 })).deliveries.length, 1);
    assert.equal((await receipts())[0].state, 'received');
  });

  await test('health: deliveries that wait, and when the last tick was', async () => {
    await stack.query('delete from app.heartbeat');
    const { ticked_secs_ago: never, first_workspace_secs_ago } = await call(stack, 'health', {});
    assert.deepEqual([never, Number.isInteger(first_workspace_secs_ago)], [null, true]);
    await record(northwind, 'evt_1');
    await record(northwind, 'evt_2');
    await mark(northwind, 'evt_2', 'ignored');
    assert.equal((await call(stack, 'health', {})).deliveries_waiting, 0);
    await silently(`update public.webhook_receipts set received_at = now() - interval '3 minutes'`);
    const waiting = async () => (await call(stack, 'health', {})).deliveries_waiting;
    assert.equal(await waiting(), 1);
    await silently(`update public.webhook_receipts set retry_at = now() + interval '1 hour'`);
    assert.equal(await waiting(), 0, 'it waits for its time');
    await silently(`update public.webhook_receipts set retry_at = null`);
    await detect(stack, { problem: 'not JSON' });
    assert.equal(await waiting(), 0, 'it waits for settings that can be read');
    await detect(stack);
    assert.equal(await waiting(), 1);
    await call(stack, 'claim_due', { limit: 0 });
    const { ticked_secs_ago } = await call(stack, 'health', {});
    assert.ok(ticked_secs_ago !== null && ticked_secs_ago < 60, `${ticked_secs_ago}`);
  });

  await test('a copy of what was applied or ignored changes nothing', async () => {
    for (const state of ['applied', 'ignored', 'unreadable']) {
      await record(northwind, state);
      await mark(northwind, state, state);
      const again = await record(northwind, state);
      assert.deepEqual([again.new, again.state], [false, state]);
      const [stored] = await stack.query(
        'select state from public.webhook_receipts where delivery_key = $1',
        [state],
      );
      assert.equal(stored.state, state);
    }
    const applied = await call(stack, 'apply_page', {
      receipt: { client_id: northwind, service, delivery_key: 'ignored' },
      tables: [],
      facts: {},
    });
    assert.equal(applied.applied, true);
  });
}

async function keepingTests({ test, stack, silently }) {
  await test('a tick leaves what may still be asked for', async () => {
    const run = await leasedRun(stack);
    await call(stack, 'apply_page', page(run, 1, [], { last: true }));
    const kept = (table) =>
      stack.query(`select count(*)::int as n from public.${table}`).then(([{ n }]) => n);
    await silently(`update public.facts_history set recorded_at = now() - interval '89 days';
      update public.sync_runs set updated_at = now() - interval '401 days'`);
    await stack.query(
      `insert into public.probe_results (client_id, probe, subject, probed_at, ok, source_at)
      values ($1, 'rest', '', now() - interval '89 days', true, now())`,
      [northwind],
    );
    const before = await Promise.all(['facts_history', 'probe_results', 'sync_runs'].map(kept));
    await call(stack, 'claim_due', { limit: 0 });
    assert.deepEqual(await Promise.all(['facts_history', 'probe_results', 'sync_runs'].map(kept)), before);
  });

  await test('an old run that is not finished stays, and so does what a cursor names', async () => {
    await leasedRun(stack);
    await stack.query(
      `insert into public.sync_runs (client_id, service, stream, state) values ($1, 'x', 'y', 'waiting')`,
      [northwind],
    );
    await silently(
      `update public.sync_runs set updated_at = now() - interval '403 days', state = case when stream = 'y' then 'waiting' else 'succeeded' end`,
    );
    await call(stack, 'claim_due', { limit: 0 });
    assert.equal((await stack.query('select 1 from public.sync_runs')).length, 2);
  });

  await test('of what is asked every few minutes runs are kept as long as its probes', async () => {
    await detect(stack);
    const schedules = [{ stream: 'probe', partition: '', cadence: 'interval', every_secs: 300 }];
    await detect(stack, {
      services: [{ service: 'supabase', present: ['supabase.url'], missing: [], schedules }],
    });
    await silently(
      `insert into public.sync_runs (client_id, service, stream, state, updated_at)
       select v.client::uuid, v.service, '', v.state, now() - v.days * interval '1 day'
       from (values ('${northwind}', 'supabase', 91, 'succeeded'), ('${northwind}', 'supabase', 93, 'succeeded'),
         ('${northwind}', 'supabase', 94, 'waiting'), ('${northwind}', 'supabase', 95, 'failed'),
         ('${northwind}', 'stripe', 93, 'succeeded'), ('${harbor}', 'supabase', 96, 'succeeded')) v (client, service, days, state);
       update public.sync_cursors c set run_id = r.run_id from public.sync_runs r
       where r.state = 'failed' and c.service = 'supabase' and c.client_id = r.client_id`,
    );
    await call(stack, 'claim_due', { limit: 0 });
    const left = await stack.query(
      `select service, extract(day from now() - updated_at)::int as days from public.sync_runs order by 1, 2`,
    );
    assert.deepEqual(
      left.map(({ service, days }) => `${service} ${days}`),
      // One waits, one is named by a cursor, one is a workspace's that asks for it less often.
      ['stripe 93', 'supabase 91', 'supabase 94', 'supabase 95', 'supabase 96'],
    );
  });

  await test('history of 89 days cannot be removed, of 91 it can', async () => {
    await leasedRun(stack);
    await silently(`update public.facts_history set recorded_at = now() - interval '89 days'`);
    await assert.rejects(stack.query('delete from public.facts_history'), /append-only/);
    await silently(`update public.facts_history set recorded_at = now() - interval '91 days'`);
    await stack.query('delete from public.facts_history');
  });
}

async function useTests({ test, stack, begin, actions }) {
  await test('what has ended is not settled', async () => {
    const id = randomUUID();
    await begin(northwind, id);
    await call(stack, 'end_action', {
      client_id: northwind,
      id,
      service: 'openai',
      state: 'succeeded',
      tables: [],
    });
    await stack.query(`update public.action_requests set requested_at = now() - interval '20 minutes'`);
    await call(stack, 'claim_due', { limit: 1 });
    assert.deepEqual(await actions(), ['succeeded']);
  });

  await test('what is stored as not known is offered its end for a while, however often that is not known either', async () => {
    const id = randomUUID();
    await begin(northwind, id);
    await stack.query(`update public.action_requests set requested_at = now() - interval '40 minutes'`);
    const offered = async () => {
      const { ends } = await call(stack, 'claim_due', { limit: 1 });
      const end = { client_id: northwind, id, service: 'openai', state: 'unknown', tables: [] };
      for (const { object_key } of ends) {
        assert.match(object_key, new RegExp(`${id}-end`));
        await call(stack, 'end_action', end);
      }
      return ends.length;
    };
    assert.equal(await offered(), 1);
    await stack.query(`update public.action_requests set finished_at = now() - interval '19 minutes'`);
    assert.equal(await offered(), 1);
    await stack.query(`update public.action_requests set finished_at = finished_at - interval '2 minutes'`);
    assert.equal(await offered(), 0);
    assert.deepEqual(await actions(), ['unknown']);
  });

  await test('who used it in thirty days shares the limit', async () => {
    await stack.query(
      `insert into public.ai_requests (client_id, id, purpose, state, requested_at, cost_micros, source_at)
      values ($1, 'r', 'insights', 'succeeded', now() - interval '29 days', 5, now())`,
      [harbor],
    );
    const told = await call(stack, 'ai_facts', { client_id: northwind, input: { purpose: 'insights' } });
    assert.deepEqual(told.others_spent_micros_today, [0]);
  });

  await test('an agency user is who they are, whoever else is a member', async () => {
    for (const [name, role] of [
      ['viewer', 'viewer'],
      ['manager', 'manager'],
      ['agency', 'agency'],
    ]) {
      const client = await stack.signIn(name);
      const { data } = await client.rpc('session_workspace', { p: { slug: 'northwind-dental' } });
      const { data: me } = await client.auth.getUser();
      assert.deepEqual(data, { client_id: northwind, role, user_id: me.user.id });
    }
    const outsider = await stack.signIn('outsider');
    assert.equal((await outsider.rpc('session_workspace', { p: { slug: 'northwind-dental' } })).data, null);
  });

  await test('a manager sees only their own membership', async () => {
    const { data } = await (await stack.signIn('manager')).from('workspace_members').select();
    assert.deepEqual(
      data.map(({ role }) => role),
      ['manager'],
    );
  });

  await test('an action may take fourteen minutes', async () => {
    await begin(northwind, randomUUID());
    await stack.query(`update public.action_requests set requested_at = now() - interval '14 minutes'`);
    await call(stack, 'claim_due', { limit: 1 });
    assert.deepEqual(await actions(), ['running']);
  });
}
