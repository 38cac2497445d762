// How a run ends, what a dead letter may end, what health counts, and what a tick takes away.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { detect, factsOf, leasedRun, page } from '../runs.mjs';
import { call, harbor, northwind, onEmptyTables } from '../stack.mjs';
import { otherKeysTests } from './other_keys.mjs';
import { stuckTests } from './stuck.mjs';

export async function endsSuite(t, stack) {
  const test = onEmptyTables(t, stack);
  const claim = async () => (await call(stack, 'claim_due', { limit: 50 })).jobs;
  const take = (run_id) => call(stack, 'take_lease', { run_id, lease_secs: 60 });

  await test('a final failure ends the run; the next one is due at its hour', async () => {
    const run = await leasedRun(stack);
    const result = await call(stack, 'fail_run', {
      ...run,
      kind: 'credentials',
      message: 'refused'.repeat(100),
      final: true,
      retry_at: null,
      facts: { failure_kind: 'credentials', failure_final: true },
    });
    assert.equal(result.state, 'failed');
    const [{ length }] = await stack.query(
      'select length(error_message)::int from public.sync_runs where run_id = $1',
      [run.run_id],
    );
    assert.equal(length, 500);
    assert.deepEqual(await claim(), []);
    await stack.query('update public.sync_cursors set next_due_at = now()');
    const [again] = await claim();
    assert.notEqual(again.run_id, run.run_id);
    assert.equal((await factsOf(stack, 'charges')).failure_kind, 'credentials');
  });

  await test('what failed by the provider or by us is asked again before its time, a key within a day', async () => {
    const fail = async (kind, everySecs = 86_400) => {
      const run = await leasedRun(stack);
      await stack.query(
        `update public.sync_cursors set next_due_at = now() + interval '5 days', every_secs = $1`,
        [everySecs],
      );
      await call(stack, 'fail_run', { ...run, kind, message: 'x', final: true, retry_at: null, facts: {} });
      const [{ hours }] = await stack.query(
        `select round(extract(epoch from next_due_at - now()) / 3600)::int as hours
         from public.sync_cursors where client_id = $1 and stream = 'charges'`,
        [northwind],
      );
      return hours;
    };
    assert.equal(await fail('data'), 120);
    const week = 7 * 86_400;
    for (const [kind, hours, everySecs] of [
      ['provider', 1],
      ['rate_limit', 1],
      ['ours', 1],
      ['provider', 7, week],
      ['ours', 7, week],
      ['credentials', 24],
      ['configuration', 24, week],
    ]) {
      await stack.query('update public.sync_cursors set next_due_at = now()');
      assert.equal(await fail(kind, everySecs), hours, kind);
    }
  });

  await test('a failure says when it is tried again: the run that waits at its own time, else the schedule', async () => {
    const told = async () => {
      const [row] = await stack.query(
        `select f.next_try_at as told, c.next_due_at as schedule, r.retry_at as own
         from public.service_facts f join public.sync_cursors c using (client_id, service, stream, partition)
         left join public.sync_runs r using (run_id)`,
      );
      return row;
    };
    const fail = async (failed_at, more) => {
      const { run_id, lease } = await leasedRun(stack);
      const facts = { failure_kind: 'provider', failed_at };
      await call(stack, 'fail_run', { run_id, lease, kind: 'provider', message: 'x', facts, ...more });
      return told();
    };
    const waits = await fail('2026-11-23T10:00:00Z', { final: false, retry_at: '2026-11-23T10:00:30Z' });
    assert.deepEqual([waits.told, waits.told === waits.schedule], [waits.own, false]);
    const over = await fail('2026-11-23T10:01:00Z', { final: true });
    assert.deepEqual([over.told, over.own], [over.schedule, null]);
    await stack.query('update public.sync_cursors set next_due_at = now()');
    const run = await leasedRun(stack);
    await call(stack, 'apply_page', page(run, 1, [], { last: true, facts: { failed_at: null } }));
    assert.equal((await told()).told, null);
  });

  await test('with other settings, what was refused for them is due at once; with the same it is not', async () => {
    const tick = async (settings) => (await call(stack, 'claim_due', { limit: 50, settings })).jobs;
    const facts = (kind) => ({ failure_kind: kind, failure_final: true });
    for (const kind of ['credentials', 'configuration', 'data']) {
      await stack.reset();
      const run = await leasedRun(stack);
      await tick('before');
      const ended = { ...run, kind, message: 'x', final: true, retry_at: null, facts: facts(kind) };
      await call(stack, 'fail_run', ended);
      assert.deepEqual(await tick('before'), [], kind);
      assert.deepEqual(await tick(undefined), [], `${kind}, of a Worker that says nothing`);
      assert.equal((await tick('after')).length, kind === 'data' ? 0 : 1, kind);
    }
  });

  await test('with new settings a sign-in that ends within ten days is looked at again, any other at its time', async () => {
    const tick = async (settings) => (await call(stack, 'claim_due', { limit: 50, settings })).jobs;
    const asked = async (days) => {
      await stack.reset();
      const run = await leasedRun(stack);
      await tick('before');
      const facts = { credentials_expire_at: new Date(Date.now() + days * 86_400_000).toISOString() };
      await call(stack, 'apply_page', page(run, 1, [], { last: true, facts }));
      assert.deepEqual(await tick('before'), []);
      return (await tick('after')).length;
    };
    assert.deepEqual([await asked(-1), await asked(9), await asked(11)], [1, 1, 0]);
  });

  await test('a run that began with an earlier key and is refused after the tick of the new one is asked again', async () => {
    const dueIn = async (run) => {
      await stack.query(`update sync_cursors set next_due_at = now() + interval '5 days'`);
      const ended = { ...run, kind: 'credentials', message: 'x', final: true, retry_at: null, facts: {} };
      await call(stack, 'fail_run', ended);
      const [{ mins }] = await stack.query(
        `select extract(epoch from c.next_due_at - now()) / 60 as mins from sync_cursors c
         join sync_runs r using (client_id, service, stream, partition) where r.run_id = $1`,
        [run.run_id],
      );
      return Number(mins);
    };
    const tick = (settings) => call(stack, 'claim_due', { limit: 50, settings });
    await tick('before');
    const run = await leasedRun(stack);
    await tick('after');
    assert.ok((await dueIn(run)) <= 5);
    await stack.query(`update app.heartbeat set settings_changed_at = now() - interval '1 hour'`);
    await stack.query('update sync_cursors set next_due_at = now()');
    assert.ok((await dueIn(await leasedRun(stack))) > 23 * 60, 'of the new key it is known');
  });

  await test('what was refused to a service’s earlier keys is of another set-up; of other keys it is not', async () => {
    const openai = { service: 'openai', present: ['openai.api_key'], missing: [], schedules: [] };
    const set = [northwind, harbor].map((client_id) => ({ client_id, problem: null, services: [openai] }));
    const now = async () => (await stack.query('select clock_timestamp() as at'))[0].at;
    const tick = (service_settings) => call(stack, 'claim_due', { limit: 50, service_settings });
    const outlived = async () => {
      const rows = await stack.query(
        `select u.client_id from public.service_facts u join public.service_facts f using (client_id, service)
         where u.stream = 'requests' and f.stream = '' and f.keys_since > u.failed_at order by 1`,
      );
      return rows.map((row) => row.client_id);
    };
    const refused = async (failure_kind) => {
      await stack.reset();
      await call(stack, 'record_detection', { workspaces: set });
      await tick(before);
      for (const client_id of [northwind, harbor])
        await call(stack, 'end_action', {
          client_id,
          id: randomUUID(),
          service: 'openai',
          state: 'failed',
          tables: [],
          stream: 'requests',
          facts: { failure_kind, failure_final: true, failed_at: await now() },
        });
    };
    const before = { ' openai': 'a', ' meta': 'a', 'northwind-dental openai': 'a' };
    const [own, others] = [{ 'northwind-dental openai': 'b' }, { ' openai': 'b' }];
    for (const [kind, change, expected] of [
      ['credentials', others, [northwind, harbor]],
      ['configuration', own, [northwind]],
      ['credentials', { ' meta': 'b', ' stripe': 'b', 'elsewhere openai': 'b' }, []],
      ['provider', others, []],
    ]) {
      await refused(kind);
      await tick(before);
      assert.deepEqual(await outlived(), []);
      await tick({ ...before, ...change });
      assert.deepEqual(await outlived(), expected, `${kind} ${JSON.stringify(change)}`);
    }
    // It may have been refused to the new key.
    await refused('credentials');
    await tick({ ...before, ...others });
    assert.deepEqual(await outlived(), []);
    // Settings that could not be read for a while are the same as before.
    await refused('credentials');
    for (const settings of [{ ' meta': 'a' }, before, before]) await tick(settings);
    for (const problem of ['not a JSON object', null]) {
      const services = problem ? [] : [openai];
      const found = set.map(({ client_id }) => ({ client_id, problem, services }));
      await call(stack, 'record_detection', { workspaces: found });
    }
    assert.deepEqual(await outlived(), []);
    const readable = (problem) =>
      stack.query('update public.workspaces set configuration_problem = $1', [problem]);
    await readable('not a JSON object');
    await tick({ ' openai': 'a' });
    await readable(null);
    await tick({ ...before, ...own });
    assert.deepEqual(await outlived(), [northwind], 'and those that are others then are noticed');
    await tick({ ' openai': 'a' });
    const { service_settings: runsWith } = await call(stack, 'deployment', {});
    assert.deepEqual(runsWith, { ' openai': 'a' }, 'what is named no more is forgotten');
  });

  await test('a key that is not needed is another set-up, and yet no new beginning', async () => {
    const since = async () => {
      const [row] = await stack.query(
        `select detected_at, keys_since from public.service_facts where service = 'stripe' and stream = ''`,
      );
      await stack.query(
        `update public.service_facts set detected_at = '2026-11-23', keys_since = '2026-11-23'`,
      );
      return Object.values(row).map((at) => new Date(at) > new Date('2026-11-23'));
    };
    const key = 'stripe.secret_key';
    const both = [key, 'stripe.webhook_secret'];
    for (const [settings, expected] of [
      [{ present: [key] }, [true, true]],
      [{ present: [key] }, [false, false]],
      [{ present: both }, [false, true]],
      [{ present: [key] }, [false, true]],
      [{ problem: 'not a JSON object' }, [true, false]],
      [{ present: [key] }, [true, false]],
      [{ present: [], missing: [key] }, [true, true]],
      [{ present: [key] }, [true, true]],
    ]) {
      await detect(stack, settings);
      assert.deepEqual(await since(), expected, JSON.stringify(settings));
    }
  });

  await test('a tick goes on while the only keys there are belong to no workspace yet, or any more', async () => {
    await stack.query('delete from app.heartbeat');
    for (const digest of ['a', 'a', 'b'])
      await call(stack, 'claim_due', { limit: 50, service_settings: { 'elsewhere stripe': digest } });
    const [{ service_settings }] = await stack.query('select service_settings from app.heartbeat');
    assert.deepEqual(service_settings, {});
  });

  await stuckTests(test, stack);
  await otherKeysTests(test, stack);

  await test('a run whose budget is used up goes on from the queue', async () => {
    const run = await leasedRun(stack);
    assert.deepEqual(await call(stack, 'yield_run', run), { applied: true, state: 'queued' });
    assert.deepEqual(await call(stack, 'yield_run', run), { applied: false, why: 'lease_lost' });
    assert.equal((await take(run.run_id)).granted, true);
  });

  await test('a dead letter leaves a run of the last hours to the tick; it fails an older one that nobody works on', async () => {
    const run = await leasedRun(stack);
    const message = {
      job: 'sync',
      client_id: northwind,
      service: 'stripe',
      stream: 'charges',
      run_id: run.run_id,
    };
    assert.deepEqual(await call(stack, 'record_dead_letter', { message }), { recorded: false });
    await call(stack, 'yield_run', run);
    assert.deepEqual(await call(stack, 'record_dead_letter', { message }), { recorded: false });
    await stack.query(`update public.sync_runs set created_at = now() - interval '7 hours'`);
    await stack.query(`update public.sync_cursors set leased_at = now() - interval '7 hours'`);
    const { lease } = await take(run.run_id);
    assert.deepEqual(await call(stack, 'record_dead_letter', { message }), { recorded: false });
    await call(stack, 'yield_run', { ...run, lease });
    assert.deepEqual(await call(stack, 'record_dead_letter', { message }), { recorded: false });
    await stack.query(`update public.sync_cursors set leased_at = now() - interval '7 hours'`);
    assert.deepEqual(await call(stack, 'record_dead_letter', { message }), { recorded: true });
    const facts = await factsOf(stack, 'charges');
    assert.deepEqual([facts.failure_kind, facts.failure_final, facts.failures], ['ours', true, 1]);
    assert.deepEqual(await take(run.run_id), { granted: false, why: 'finished' });
  });

  await test('a dead letter leaves a run whose rest has just ended to the tick', async () => {
    const run = await leasedRun(stack);
    const message = { job: 'sync', run_id: run.run_id };
    const rest = (until) =>
      stack.query(`update public.sync_runs set state = 'waiting', created_at = now() - interval '1 day',
        retry_at = now() - interval '${until}'`);
    await stack.query(`update public.sync_cursors set leased_at = now() - interval '12 hours'`);
    await rest('1 minute');
    assert.deepEqual(await call(stack, 'record_dead_letter', { message }), { recorded: false });
    await rest('7 hours');
    assert.deepEqual(await call(stack, 'record_dead_letter', { message }), { recorded: true });
  });

  await test('health counts runs that nobody works on, but none that nobody may work on', async () => {
    await leasedRun(stack);
    const leftBehind = async () => (await call(stack, 'health', {})).runs_left_behind;
    assert.equal(await leftBehind(), 0);
    await stack.query(`update public.sync_cursors set lease_until = now() - interval '1 minute'`);
    assert.equal(await leftBehind(), 1);
    await stack.query(`update public.service_facts set enabled = false where stream = ''`);
    assert.equal(await leftBehind(), 0);
  });

  await test('health counts what failed for good until it succeeds, and when the tick could last detect', async () => {
    const failing = async () => (await call(stack, 'health', {})).schedules_failing;
    const run = await leasedRun(stack);
    await call(stack, 'fail_run', {
      ...run,
      kind: 'provider',
      message: 'x',
      facts: { failure_kind: 'provider' },
    });
    assert.equal(await failing(), 0, 'it is tried again');
    await stack.query('update public.sync_runs set retry_at = now()');
    const again = { run_id: run.run_id, ...(await take(run.run_id)) };
    const facts = { failure_kind: 'provider', failure_final: true };
    await call(stack, 'fail_run', { ...again, kind: 'provider', message: 'x', final: true, facts });
    assert.equal(await failing(), 1);
    // README's query names them.
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
    const [, query] = /```sql\n( *select w\.slug.+?)```/s.exec(readme);
    const named = async () => (await stack.query(query)).map(({ slug, stream }) => `${slug} ${stream}`);
    assert.deepEqual(await named(), ['northwind-dental charges']);
    await stack.query(`update public.service_facts set enabled = false where stream = ''`);
    assert.equal(await failing(), 0);
    assert.deepEqual(await named(), []);
    await stack.query('update app.heartbeat set detected_at = $1', ['2026-11-23T10:00:00Z']);
    const detected = async () => (await call(stack, 'health', {})).detected_secs_ago;
    assert.ok((await detected()) > 3600);
    await call(stack, 'claim_due', { limit: 0 });
    assert.ok((await detected()) > 3600, 'a tick that claims has not detected');
    await call(stack, 'record_detection', { workspaces: [] });
    assert.ok((await detected()) < 60);
  });

  await test('a tick takes away what is older than anybody may ask for, and nothing else', async () => {
    const run = await leasedRun(stack);
    await call(stack, 'apply_page', page(run, 1, [], { facts: { last_rows: 1 } }));
    await call(stack, 'apply_page', page(run, 2, [], { facts: { last_rows: 2 }, last: true }));
    await stack.query('alter table public.facts_history disable trigger append_only');
    await stack.query('alter table public.sync_runs disable trigger b_touch');
    const kept = (table) =>
      stack.query(`select count(*)::int as n from public.${table}`).then(([{ n }]) => n);
    const of = await stack.query(
      `select array_agg(id order by id) as ids from public.facts_history where stream = 'charges'`,
    );
    const [oldest, older, ...newer] = of[0].ids;
    assert.ok(newer.length > 0);
    // Of a neighbour and of another stream, older still: they say nothing about this one.
    await stack.query(
      `insert into public.facts_history (client_id, service, stream, partition, facts, recorded_at)
       select v.client_id, h.service, v.stream, h.partition, h.facts, now() - interval '95 days'
       from public.facts_history h, lateral
         (values ($1::uuid, h.stream), (h.client_id, 'payouts')) v (client_id, stream) where h.id = $2`,
      ['22222222-2222-4222-8222-222222222222', oldest],
    );
    await stack.query(
      `update public.facts_history set recorded_at = now() - interval '93 days' where id = $1`,
      [oldest],
    );
    await stack.query(
      `update public.facts_history set recorded_at = now() - interval '92 days' where id = $1`,
      [older],
    );
    const histories = await kept('facts_history');
    const probe = `insert into public.probe_results (client_id, probe, subject, probed_at, ok, source_at)
      select $1, 'rest', '', t, true, t from (values (now() - interval '91 days'), (now())) v (t)`;
    await stack.query(probe, [northwind]);
    await stack.query(`update public.sync_runs set updated_at = now() - interval '403 days'`);
    await claim();
    await stack.query('alter table public.facts_history enable trigger append_only');
    await stack.query('alter table public.sync_runs enable trigger b_touch');
    assert.deepEqual(
      [await kept('facts_history'), await kept('probe_results'), await kept('sync_runs')],
      [histories - 1, 1, 0],
    );
    const gone = await stack.query('select id from public.facts_history where id = any ($1)', [
      [oldest, older],
    ]);
    assert.deepEqual(gone, [{ id: older }], 'the state that was in force 90 days ago stays');
  });

  await test('history keeps each state of the facts, but not progress', async () => {
    const run = await leasedRun(stack);
    const count = async () =>
      (await stack.query(`select count(*)::int as n from public.facts_history where stream = 'charges'`))[0]
        .n;
    const before = await count();
    await call(
      stack,
      'apply_page',
      page(run, 1, [], {
        facts: { progress_done: 1, progress_total: 9, run_rows: 5, newest_row_at: '2026-11-23T10:00:00Z' },
      }),
    );
    assert.equal(await count(), before);
    await call(stack, 'apply_page', page(run, 2, [], { facts: { last_rows: 5 } }));
    assert.equal(await count(), before + 1);
    const [{ facts }] = await stack.query(`select facts from public.facts_history order by id desc limit 1`);
    assert.deepEqual([facts.last_rows, facts.progress_done], [5, 1]);
    assert.ok(!Object.values(facts).includes(null), 'what is not known takes no place');
  });
}
