// Detection, what is due and when, retries, and what outlives a lost message.

import assert from 'node:assert/strict';

import { charge, detect, factsOf, leasedRun, page } from '../runs.mjs';
import { call, northwind, onEmptyTables } from '../stack.mjs';
import { leaseTests } from './leases.mjs';

export async function scheduleSuite(t, stack) {
  const test = onEmptyTables(t, stack);
  const claim = async () => (await call(stack, 'claim_due', { limit: 50 })).jobs;
  const take = (run_id) => call(stack, 'take_lease', { run_id, lease_secs: 60 });
  const age = (table, where = 'true') =>
    stack.query(`do $$ begin set local session_replication_role = replica;
      update public.${table} set updated_at = now() - interval '3 minutes' where ${where}; end $$`);
  const nextDue = async (...args) =>
    (
      await stack.query(
        `select to_char(app.next_due($1, $2, $3, $4, $5::timestamptz) at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as due`,
        args,
      )
    )[0].due;
  const kit = { t, test, stack, claim, take, age, nextDue };
  await clockTests(kit);
  await dueTests(kit);
  await detectionTests(kit);
  await leaseTests(kit);
  await recoveryTests(kit);
}

async function clockTests({ t, stack, nextDue }) {
  await t.test('a daily sync stays at its local hour through both changes of the clock', async () => {
    const berlin = (after, hour = 5) => nextDue('daily', null, 'Europe/Berlin', hour, after);
    assert.equal(await berlin('2026-03-27T12:00Z'), '2026-03-28 04:00');
    assert.equal(await berlin('2026-03-28T12:00Z'), '2026-03-29 03:00'); // summer time begins
    assert.equal(await berlin('2026-10-24T12:00Z'), '2026-10-25 04:00'); // and ends
    assert.equal(await berlin('2026-10-25T04:00Z'), '2026-10-26 04:00');
    // 02:00 does not exist on one day and exists twice on another: once a day all the same
    assert.equal(await berlin('2026-03-28T12:00Z', 2), '2026-03-29 01:00');
    assert.equal(await berlin('2026-03-29T01:00Z', 2), '2026-03-30 00:00');
    const autumn = await berlin('2026-10-24T12:00Z', 2);
    assert.match(autumn, /^2026-10-25 0[01]:00$/);
    assert.equal(await berlin(`${autumn.replace(' ', 'T')}Z`, 2), '2026-10-26 01:00');
    assert.equal(
      await nextDue('daily', null, 'America/New_York', 5, '2026-11-01T12:00Z'),
      '2026-11-02 10:00',
    );
    assert.equal(await nextDue('daily', null, 'Asia/Kathmandu', 0, '2026-06-01T12:00Z'), '2026-06-01 18:15');
  });

  await t.test(
    'weekly is six to seven days on, an interval counts from now, less what ticks differ',
    async () => {
      assert.equal(
        await nextDue('weekly', null, 'Europe/Berlin', 5, '2026-11-23T04:00Z'),
        '2026-11-30 04:00',
      );
      // Over the end of summer time, and over its beginning: the same weekday.
      assert.equal(
        await nextDue('weekly', null, 'Europe/Berlin', 5, '2026-10-19T03:00:30Z'),
        '2026-10-26 04:00',
      );
      assert.equal(
        await nextDue('weekly', null, 'Europe/Berlin', 5, '2027-03-22T04:00:30Z'),
        '2027-03-29 03:00',
      );
      assert.equal(
        await nextDue('interval', 300, 'Europe/Berlin', 5, '2026-11-23T04:00Z'),
        '2026-11-23 04:04',
      );
    },
  );

  await t.test('a time zone is a place that is known, no offset and no abbreviation', async () => {
    for (const zone of ['Europe/Atlantis', '+02:00', 'UTC+2', 'CET', 'PST', 'Berlin+1'])
      await assert.rejects(stack.query('update public.workspaces set time_zone = $1', [zone]), /time.zone/);
    const [{ before }] = await stack.query(
      'select time_zone as before from public.workspaces where client_id = $1',
      [northwind],
    );
    // One that was there before: all else of it may change.
    await stack.query(`do $$ begin set local session_replication_role = replica;
      update public.workspaces set time_zone = 'CET' where client_id = '${northwind}'; end $$`);
    await stack.query('update public.workspaces set name = name, configuration_problem = null');
    for (const zone of ['America/Argentina/Buenos_Aires', 'America/Port-au-Prince', 'UTC', before])
      await stack.query('update public.workspaces set time_zone = $1 where client_id = $2', [
        zone,
        northwind,
      ]);
  });
}

async function dueTests({ test, stack, claim }) {
  await test('a detected stream is due at once, then at its next hour', async () => {
    await detect(stack, { streams: ['charges', 'payment_links'] });
    const jobs = await claim();
    assert.deepEqual(jobs.map(({ stream }) => stream).sort(), ['charges', 'payment_links']);
    const [{ run_id, ...job }] = jobs.filter(({ stream }) => stream === 'charges');
    assert.ok(run_id);
    assert.deepEqual(job, {
      job: 'sync',
      workspace: 'northwind-dental',
      client_id: northwind,
      service: 'stripe',
      stream: 'charges',
      partition: '',
    });
    assert.deepEqual(await claim(), []);
    const [{ ahead }] = await stack.query(
      `select bool_and(next_due_at > now() and next_due_at <= now() + interval '25 hours') as ahead from public.sync_cursors`,
    );
    assert.equal(ahead, true);
  });

  await test('two ticks at once start each run once', async () => {
    await detect(stack, { streams: ['charges', 'payment_links', 'payment_intents'] });
    const jobs = (await Promise.all([claim(), claim(), claim(), claim()])).flat();
    assert.equal(jobs.length, 3);
    assert.equal(new Set(jobs.map(({ run_id }) => run_id)).size, 3);
  });

  await test('nothing is due with a missing key, no key, a broken bundle or a switched-off service', async () => {
    const idle = async (why) => assert.deepEqual(await claim(), [], why);
    await detect(stack, { missing: ['stripe.webhook_secret'] });
    await idle('missing key');
    await detect(stack, { services: [] });
    await idle('unlisted');
    await detect(stack, { problem: 'WORKSPACE_NORTHWIND_DENTAL is not a JSON object' });
    await idle('problem');
    await detect(stack, {});
    await stack.query(`update public.service_facts set enabled = false where stream = ''`);
    await idle('disabled');
    await stack.query(`update public.service_facts set detected_at = now() - interval '9 days'`);
    const since = async () => (await factsOf(stack, '')).detected_at;
    const before = await since();
    await stack.query(`update public.service_facts set enabled = true`);
    assert.equal((await claim()).length, 1);
    const again = await since();
    assert.ok(before < again, 'it begins again');
    await stack.query(`update public.service_facts set enabled = true`);
    assert.equal(await since(), again, 'what is on is not switched on');
  });
}

async function detectionTests({ test, stack, claim, take }) {
  await test('detection is the whole truth of a workspace', async () => {
    await detect(stack, {});
    assert.deepEqual((await factsOf(stack, '')).present_keys, ['stripe.secret_key']);
    await detect(stack, { services: [] });
    assert.deepEqual((await factsOf(stack, '')).present_keys, []);
    await detect(stack, {});
    await detect(stack, { problem: 'unreadable' });
    const facts = await factsOf(stack, '');
    assert.deepEqual([facts.present_keys, facts.detection_problem], [['stripe.secret_key'], 'unreadable']);
    const problem = async () =>
      (
        await stack.query('select configuration_problem as p from public.workspaces where client_id = $1', [
          northwind,
        ])
      )[0].p;
    assert.equal(await problem(), 'unreadable');
    await detect(stack, {});
    assert.equal(await problem(), null);
    assert.equal((await factsOf(stack, '')).detection_problem, null);
  });

  await test('of a service that is named no more the keys of the agency are there, if it ever ran', async () => {
    const token = { service: 'stripe', present: ['stripe.shared'], missing: ['stripe.secret_key'] };
    const listing = (services) =>
      call(stack, 'record_detection', {
        workspaces: [{ client_id: northwind, problem: null, services }],
        agency: [token],
      });
    const keys = async () => {
      const facts = await factsOf(stack, '');
      return facts && [facts.present_keys, facts.missing_keys];
    };
    await listing([]);
    assert.equal(await keys(), undefined, 'never seen');
    await detect(stack, {});
    await listing([]);
    assert.deepEqual((await keys())[0], [], 'it never ran: no card');
    const run = await leasedRun(stack);
    await call(
      stack,
      'apply_page',
      page(run, 1, [], { last: true, facts: { last_attempt_at: '2026-11-23T10:00:00Z' } }),
    );
    await listing([]);
    assert.deepEqual(await keys(), [token.present, token.missing]);
    assert.equal(
      (await call(stack, 'start_run', { client_id: northwind, service: 'stripe' })).why,
      'missing',
    );
    await detect(stack, { services: [] });
    assert.deepEqual(await keys(), [[], token.missing], 'the agency took it away');
  });

  await test('a sync by hand that cannot begin says why', async () => {
    const start = (more) => call(stack, 'start_run', { client_id: northwind, service: 'stripe', ...more });
    assert.deepEqual(await start(), { jobs: [], why: 'not_set_up' });
    await detect(stack, {});
    assert.deepEqual(await start({ partition: 'x' }), { jobs: [], why: 'no_part' });
    await stack.query(`update public.service_facts set enabled = false where stream = 'charges'`);
    assert.deepEqual(await start(), { jobs: [], why: 'disabled' });
    await stack.query(`update public.service_facts set enabled = stream <> ''`);
    assert.deepEqual(await start({ partition: 'x' }), { jobs: [], why: 'disabled' });
    await stack.query(`update public.service_facts set enabled = true`);
    await detect(stack, { missing: ['stripe.webhook_secret'] });
    assert.deepEqual(await start(), { jobs: [], why: 'missing', missing: ['stripe.webhook_secret'] });
    await detect(stack, { problem: 'unreadable' });
    assert.deepEqual(await start(), { jobs: [], why: 'unreadable' });
    await detect(stack, {});
    assert.equal((await start()).jobs.length, 1);
  });

  await test('while settings cannot be read, what the agency alone sets up goes on', async () => {
    const probe = {
      ...{ service: 'supabase', present: ['supabase.secret_key'], missing: [] },
      schedules: [{ stream: 'probe', partition: '', cadence: 'interval', every_secs: 300 }],
    };
    await detect(stack, {});
    await claim();
    await stack.query(`update public.sync_cursors set next_due_at = now(), run_id = null`);
    await detect(stack, { problem: 'unreadable', services: [probe] });
    assert.deepEqual(
      (await claim()).map((job) => job.service),
      ['supabase'],
    );
    assert.equal((await factsOf(stack, '', 'supabase')).detection_problem, null);
    assert.equal((await factsOf(stack, '')).detection_problem, 'unreadable');
  });

  await test('detecting the same again touches nothing, and locks nothing', async () => {
    await detect(stack, {});
    const all = () =>
      stack.query(
        `select to_jsonb(f) as row, f.xmax::text as locked from public.service_facts f
         union all select to_jsonb(c), c.xmax::text from public.sync_cursors c
         union all select to_jsonb(w), w.xmax::text from public.workspaces w
         union all select to_jsonb(h), h.xmax::text from public.facts_history h`,
      );
    const before = await all();
    await detect(stack, {});
    assert.deepEqual(await all(), before);
  });

  await test('what a run wrote before it failed was written', async () => {
    const run = await leasedRun(stack);
    await call(stack, 'apply_page', page(run, 1, [charge('ch_1', 1, '2026-11-23T10:00:00Z')]));
    await call(stack, 'fail_run', { ...run, kind: 'provider', message: 'x', final: true, facts: {} });
    assert.deepEqual(
      await stack.query('select rows::int, succeeded, failed from public.service_daily($1)', [northwind]),
      [{ rows: 1, succeeded: 0, failed: 1 }],
    );
  });

  await test('a stream that is no longer listed goes: cursor, unfinished run and facts', async () => {
    const run = await leasedRun(stack);
    await call(stack, 'apply_page', page(run, 1, []));
    await detect(stack, { streams: ['payment_links'], missing: ['stripe.webhook_secret'] });
    assert.ok(await factsOf(stack, 'charges'), 'kept while a key is missing');
    await detect(stack, { streams: ['payment_links'] });
    assert.equal(await factsOf(stack, 'charges'), undefined);
    const late = await call(stack, 'apply_page', page(run, 2, [charge('ch_1', 1, '2026-11-23T10:00:00Z')]));
    assert.deepEqual(late, { applied: false, why: 'finished' });
    const days = () => stack.query('select failed, rows::int from public.service_daily($1)', [northwind]);
    assert.deepEqual(await days(), [], 'what was taken away did not fail');
    const ended = await stack.query('select state, error_kind, error_message from public.sync_runs');
    assert.deepEqual(ended, [
      { state: 'failed', error_kind: 'configuration', error_message: 'no longer configured' },
    ]);
    const [{ facts }] = await stack.query('select facts from public.facts_history order by id desc limit 1');
    assert.deepEqual(facts, {});
    assert.equal(await factsOf(stack, 'charges'), undefined, 'and do not come back');
    await detect(stack, { streams: ['charges'] });
    const grant = await take((await claim()).find(({ stream }) => stream === 'charges').run_id);
    assert.deepEqual([grant.granted, grant.cursor], [true, null]);
  });
}

async function recoveryTests({ test, stack, claim, take, age }) {
  await test('a killed worker costs its lease time: the run comes again and goes on at its cursor', async () => {
    const run = await leasedRun(stack);
    await call(stack, 'apply_page', page(run, 1, [charge('ch_1', 1, '2026-11-23T10:00:00Z')]));
    assert.deepEqual(await claim(), []);
    await stack.query(`update public.sync_cursors set lease_until = now() - interval '1 second'`);
    assert.deepEqual(
      (await claim()).map(({ run_id }) => run_id),
      [run.run_id],
    );
    const grant = await take(run.run_id);
    assert.deepEqual([grant.granted, grant.pages, grant.cursor], [true, 1, { at: 1 }]);
  });

  await test('a page that stops every worker ends its run, unless another page came between', async () => {
    const run = await leasedRun(stack);
    const stop = async () => {
      await stack.query(`update public.sync_cursors set lease_until = now() - interval '1 second'`);
      const jobs = await claim();
      if (jobs.length > 0) Object.assign(run, { lease: (await take(run.run_id)).lease });
      return jobs.length;
    };
    for (let i = 0; i < 11; i++) assert.equal(await stop(), 1);
    await call(stack, 'apply_page', page(run, 1, []));
    for (let i = 0; i < 11; i++) assert.equal(await stop(), 1);
    assert.equal((await factsOf(stack, 'charges')).failure_kind, null);
    await stack.query(`update public.sync_cursors set next_due_at = now() + interval '5 days'`);
    assert.equal(await stop(), 0);
    const [{ hours }] = await stack.query(
      'select round(extract(epoch from next_due_at - now()) / 3600)::int as hours from public.sync_cursors',
    );
    assert.equal(hours, 6);
    const facts = await factsOf(stack, 'charges');
    assert.deepEqual([facts.failure_kind, facts.failures, facts.running_since], ['ours', 1, null]);
    assert.match(facts.failure_message, /stopped 12 times/);
    assert.deepEqual(await take(run.run_id), { granted: false, why: 'finished' });
  });

  await test('stops at a page that was got over do not count against a later one', async () => {
    const run = await leasedRun(stack);
    await stack.query('update public.sync_runs set stops = 11, stops_page = 0');
    await call(stack, 'apply_page', page(run, 1, []));
    await call(stack, 'yield_run', run);
    await age('sync_runs');
    assert.equal((await claim()).length, 1);
    assert.deepEqual(await stack.query('select stops, stops_page from public.sync_runs'), [
      { stops: 0, stops_page: 1 },
    ]);
  });

  await test('a lost message costs two minutes', async () => {
    await detect(stack, {});
    const [{ run_id }] = await claim();
    assert.deepEqual(await claim(), []);
    await age('sync_runs');
    assert.deepEqual(
      (await claim()).map((job) => job.run_id),
      [run_id],
    );
    assert.deepEqual(await claim(), [], 'and is not named at every tick');
  });

  await test('a queue that nobody empties is not filled with every tick; a run that was taken is named at once again', async () => {
    await detect(stack, {});
    const [{ run_id }] = await claim();
    const longAgo = (mins) =>
      stack.query(`do $$ begin set local session_replication_role = replica;
        update public.sync_runs set updated_at = now() - interval '${mins} minutes'; end $$`);
    const namedAfter = async (mins) => {
      await longAgo(mins);
      return (await claim()).length;
    };
    assert.deepEqual(
      [
        await namedAfter(3),
        await namedAfter(3),
        await namedAfter(5),
        await namedAfter(5),
        await namedAfter(9),
      ],
      [1, 0, 1, 0, 1],
    );
    for (let i = 0; i < 9; i++) assert.equal(await namedAfter(16), 1);
    assert.equal(await namedAfter(14), 0);
    const { lease } = await take(run_id);
    await call(stack, 'yield_run', { run_id, lease });
    assert.equal(await namedAfter(3), 1);
  });

  await test('a failure waits for its time, keeps the cursor and comes again', async () => {
    const run = await leasedRun(stack);
    await call(stack, 'apply_page', page(run, 1, []));
    const fail = (more) =>
      call(stack, 'fail_run', {
        ...run,
        kind: 'rate_limit',
        message: '429',
        facts: { failures: 1 },
        ...more,
      });
    const inAnHour = new Date(Date.now() + 3600_000).toISOString();
    assert.deepEqual(await fail({ final: false, retry_at: inAnHour }), {
      applied: true,
      state: 'waiting',
      attempt: 1,
    });
    assert.deepEqual(await take(run.run_id), { granted: false, why: 'busy' });
    assert.deepEqual(await claim(), []);
    await stack.query(`update public.sync_runs set retry_at = now() - interval '1 second'`);
    assert.equal((await claim()).length, 1);
    const grant = await take(run.run_id);
    assert.deepEqual([grant.attempt, grant.cursor, grant.facts.failures], [1, { at: 1 }, 1]);
    assert.deepEqual(await fail({ final: true }), { applied: false, why: 'lease_lost' });
    await call(stack, 'apply_page', page({ ...run, lease: grant.lease }, 2, []));
    const [{ attempt }] = await stack.query('select attempt from public.sync_runs');
    assert.equal(attempt, 0, 'failures in a row since the last page');
  });
}
