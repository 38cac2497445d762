// One stream in many parts: each with its own facts, the parts of many workspaces taking
// turns at one provider's budget, and a run that somebody asks for.

import assert from 'node:assert/strict';

import { detect, factsOf } from '../runs.mjs';
import { call, harbor, northwind, onEmptyTables } from '../stack.mjs';

const service = 'pagespeed';

export async function partitionsSuite(t, stack) {
  const test = onEmptyTables(t, stack);
  const claim = async (per_service, limit = 50) =>
    (await call(stack, 'claim_due', { limit, per_service })).jobs;
  const urls = (partitions, clientId = northwind, more = {}) =>
    detect(stack, {
      clientId,
      services: [
        {
          service,
          present: ['pagespeed.urls'],
          missing: [],
          schedules: partitions.map((partition) => ({
            ...{ stream: 'runs', partition, cadence: 'weekly', every_secs: 604800 },
            ...more,
          })),
        },
      ],
    });
  const facts = (partition) => factsOf(stack, 'runs', service, partition);
  const take = ({ run_id }) => call(stack, 'take_lease', { run_id, lease_secs: 60 });
  const kit = { test, stack, claim, urls, facts, take };
  await factsTests(kit);
  await removalTests(kit);
  await budgetTests(kit);
  await turnTests(kit);
  await manualTests(kit);
}

async function factsTests({ test, claim, urls, facts, take, stack }) {
  await test('one failing partition leaves the other, and each has its own facts and history', async () => {
    await urls(['mobile https://a.example', 'desktop https://a.example']);
    const [good, bad] = await claim();
    const grants = [await take(good), await take(bad)];
    assert.deepEqual(
      grants.map(({ partition, facts: of }) => [partition, of.partition]),
      [good, bad].map(({ partition }) => [partition, partition]),
    );
    await call(stack, 'fail_run', {
      ...{ run_id: bad.run_id, lease: grants[1].lease, kind: 'provider', message: 'no page', final: true },
      facts: { failure_kind: 'provider', failure_final: true, failures: 1 },
    });
    await call(stack, 'apply_page', {
      ...{ run_id: good.run_id, lease: grants[0].lease, page: 1, tables: [], cursor: {}, last: true },
      facts: { last_rows: 1, failures: 0 },
    });
    const [one, other] = [await facts(good.partition), await facts(bad.partition)];
    assert.deepEqual([one.last_rows, one.failure_kind, one.running_since], [1, null, null]);
    assert.deepEqual([other.last_rows, other.failure_kind, other.running_since], [null, 'provider', null]);
    const history = await stack.query(
      `select distinct partition from public.facts_history where stream = 'runs' order by 1`,
    );
    assert.deepEqual(
      history.map(({ partition }) => partition),
      [good.partition, bad.partition].sort(),
    );
  });

  await test('a dead letter is noted with its own partition', async () => {
    await urls(['a', 'b']);
    const [job] = await claim();
    await stack.query(`update public.sync_runs set created_at = now() - interval '7 hours'`);
    assert.deepEqual(await call(stack, 'record_dead_letter', { message: job }), { recorded: true });
    assert.equal((await facts(job.partition)).failure_kind, 'ours');
    assert.equal((await facts(job.partition === 'a' ? 'b' : 'a')).failure_kind, null);
  });

  await test('a partition that is new has facts at once, from when on it is waited for', async () => {
    await urls(['a']);
    const first = await facts('a');
    assert.deepEqual([first.last_attempt_at, typeof first.detected_at], [null, 'string']);
    await urls(['a', 'b']);
    assert.deepEqual(await facts('a'), first);
    assert.ok((await facts('b')).detected_at > first.detected_at);
  });

  await test('a partition that is switched off is left out', async () => {
    await urls(['a', 'b']);
    for (const job of await claim()) await take(job);
    await stack.query(`update public.service_facts set enabled = false where partition = 'a'`);
    await stack.query(`update public.sync_cursors set lease_until = now() - interval '1 second'`);
    assert.deepEqual(
      (await claim()).map(({ partition }) => partition),
      ['b'],
    );
  });
}

async function removalTests({ test, stack, claim, urls, facts, take }) {
  await test('a URL that is taken off the list goes, the others stay as they were', async () => {
    await urls(['a', 'b']);
    const jobs = await claim();
    for (const job of jobs) await take(job);
    const kept = await facts('a');
    await urls(['a']);
    assert.equal(await facts('b'), undefined);
    assert.deepEqual(await facts('a'), kept);
    const states = await stack.query('select partition, state from public.sync_runs order by 1');
    assert.deepEqual(states, [
      { partition: 'a', state: 'running' },
      { partition: 'b', state: 'failed' },
    ]);
    const { why } = await take(jobs.find(({ partition }) => partition === 'b'));
    assert.equal(why, 'finished');
    const [{ payload }] = await stack.query(
      `select payload from realtime.messages where payload ? 'removed' order by inserted_at desc limit 1`,
    );
    assert.deepEqual([payload.table, payload.service, payload.removed], ['service_facts', service, true]);
  });

  await test('pages on their way, a tick and a run by hand do not keep what is removed', async () => {
    await urls(many(12));
    const jobs = await claim({ pagespeed: 8 });
    const grants = await Promise.all(jobs.map(take));
    const [pages] = await Promise.all([
      Promise.all(
        jobs.map(({ run_id }, i) =>
          call(stack, 'apply_page', {
            ...{ run_id, lease: grants[i].lease, page: 1, tables: [], cursor: {} },
            ...{ facts: { last_rows: 3 }, last: i % 2 === 0 },
          }),
        ),
      ),
      urls(['url 00']),
      claim({}),
      call(stack, 'start_run', { client_id: northwind, service, partition: 'url 11' }),
    ]);
    assert.ok(pages.every((page) => page.applied || page.why === 'finished'));
    await urls(['url 00']);
    const left = await stack.query(`select partition from public.sync_cursors
      union select partition from public.service_facts where stream = 'runs'`);
    assert.deepEqual(left, [{ partition: 'url 00' }]);
    const open = await stack.query(
      `select partition from public.sync_runs where finished_at is null and partition <> 'url 00'`,
    );
    assert.deepEqual(open, []);
  });
}

const names = (jobs) => jobs.map(({ workspace, partition }) => `${workspace} ${partition}`);
const of = (jobs, slug) => jobs.filter(({ workspace }) => workspace === slug).length;
const many = (count) => Array.from({ length: count }, (_, i) => `url ${String(i).padStart(2, '0')}`);

async function budgetTests({ test, stack, claim, urls }) {
  await test('no more of a service than its budget, others are not held back', async () => {
    await detect(stack, { streams: ['charges', 'payment_links'] });
    await urls(many(10), harbor);
    const jobs = await claim({ pagespeed: 3 });
    assert.equal(jobs.filter((job) => job.service === service).length, 3);
    assert.equal(jobs.filter((job) => job.service === 'stripe').length, 2);
    assert.equal((await claim({ pagespeed: 0 })).length, 0);
    assert.equal((await claim({}, 4)).length, 4);
    assert.equal((await claim()).length, 3);
  });

  await test('what is revived counts against the budget too', async () => {
    await urls(many(4));
    assert.equal((await claim({ pagespeed: 2 })).length, 2);
    await stack.query(`do $$ begin set local session_replication_role = replica;
      update public.sync_runs set updated_at = now() - interval '3 minutes'; end $$`);
    const jobs = await claim({ pagespeed: 3 });
    assert.equal(new Set(jobs.map(({ run_id }) => run_id)).size, 3);
    assert.equal((await claim({ pagespeed: 3 })).length, 1);
  });

  await test('two ticks at once never name a run twice', async () => {
    await urls(many(12));
    const jobs = (await Promise.all(Array.from({ length: 4 }, () => claim({ pagespeed: 4 })))).flat();
    assert.equal(new Set(jobs.map(({ run_id }) => run_id)).size, jobs.length);
    const [{ runs }] = await stack.query('select count(*)::int as runs from public.sync_runs');
    assert.equal(runs, jobs.length);
  });
}

async function turnTests({ test, stack, claim, urls }) {
  await test('workspaces take turns within one call', async () => {
    await urls(many(20), northwind);
    await urls(many(2), harbor);
    const jobs = await claim({ pagespeed: 4 });
    assert.deepEqual([of(jobs, 'northwind-dental'), of(jobs, 'harbor-yoga')], [2, 2]);
    assert.deepEqual(names(jobs).sort().slice(0, 2), ['harbor-yoga url 00', 'harbor-yoga url 01']);
  });

  await test('and over calls: a budget of one reaches the small workspace at the second', async () => {
    await urls(many(20), northwind);
    await urls(many(2), harbor);
    const turns = [];
    for (let call = 0; call < 6; call += 1) turns.push((await claim({ pagespeed: 1 }))[0].workspace);
    const [big, small] = ['northwind-dental', 'harbor-yoga'];
    assert.deepEqual([...turns.slice(0, 4)].sort(), [small, small, big, big]);
    assert.notEqual(turns[0], turns[1]);
    assert.deepEqual(turns.slice(4), [big, big]);
  });

  await test('retries of one workspace do not use up the turns of another', async () => {
    await urls(many(3), northwind);
    await urls(['only'], harbor);
    await stack.query(
      `update public.sync_cursors set next_due_at = now() + interval '1 hour' where client_id = $1`,
      [harbor],
    );
    assert.equal((await claim()).length, 3);
    await stack.query(
      `update public.sync_runs set state = 'waiting', retry_at = now() - interval '1 minute'`,
    );
    await stack.query('update public.sync_cursors set next_due_at = now() where client_id = $1', [harbor]);
    assert.deepEqual(names(await claim({ pagespeed: 1 })), ['harbor-yoga only']);
  });
}

async function manualTests({ test, stack, claim, urls, facts, take }) {
  const start = (more) =>
    call(stack, 'start_run', { client_id: northwind, service, cause: 'manual', ...more });

  await test('a run by hand starts no more than its budget; the rest is due at once', async () => {
    await urls(['a', 'b', 'c']);
    await stack.query(`update public.sync_cursors set next_due_at = now() + interval '3 days'`);
    assert.deepEqual(
      (await start({ limit: 2 })).jobs.map(({ partition }) => partition),
      ['a', 'b'],
    );
    assert.deepEqual(
      (await claim()).map(({ partition }) => partition),
      ['c'],
    );
  });

  // Part b fails, the others succeed.
  const end = async ({ run_id, partition }) => {
    const { lease } = await take({ run_id });
    const facts = { failure_kind: partition === 'b' ? 'provider' : null };
    if (partition === 'b')
      return call(stack, 'fail_run', {
        ...{ run_id, lease, kind: 'provider', message: 'no page', final: true, facts },
      });
    return call(stack, 'apply_page', { run_id, lease, page: 1, tables: [], cursor: {}, last: true, facts });
  };

  await test('what succeeded by hand rests for five minutes; what failed, or ran by itself, does not', async () => {
    await urls(['a', 'b']);
    const started = async (more) => (await start(more)).jobs.map(({ partition }) => partition);
    for (const job of await claim()) await end(job);
    const { jobs } = await start();
    assert.equal(jobs.length, 2);
    for (const job of jobs) await end(job);

    const { again_in_secs, ...refused } = await start({ partition: 'a' });
    assert.deepEqual(refused, { jobs: [], why: 'just_synced' });
    assert.ok(again_in_secs > 290 && again_in_secs <= 300, `${again_in_secs}`);
    const again = await start();
    assert.deepEqual(
      again.jobs.map(({ partition }) => partition),
      ['b'],
    );
    assert.deepEqual(await start(), { busy: true });
    await end(again.jobs[0]);

    const earlier = (secs) =>
      stack.query(
        `update public.sync_runs set finished_at = finished_at - interval '${secs} s' where partition = 'a'`,
      );
    await earlier(240);
    assert.ok((await start({ partition: 'a' })).again_in_secs <= 60);
    await earlier(60);
    assert.deepEqual(await started({ partition: 'a' }), ['a']);
  });

  await test('a run by hand takes every part, whether due or not, once', async () => {
    await urls(['a', 'b']);
    await stack.query(`update public.sync_cursors set next_due_at = now() + interval '3 days'`);
    const { jobs } = await start();
    const [{ run_id, ...job }] = jobs;
    assert.ok(run_id);
    assert.deepEqual(job, {
      ...{ job: 'sync', workspace: 'northwind-dental', client_id: northwind },
      ...{ service, stream: 'runs', partition: 'a' },
    });
    assert.equal(jobs.length, 2);
    assert.deepEqual(await start(), { busy: true });
    const runs = await stack.query('select distinct cause, state from public.sync_runs');
    assert.deepEqual(runs, [{ cause: 'manual', state: 'queued' }]);
    const [{ kept }] = await stack.query(
      `select bool_and(next_due_at > now() + interval '2 days') as kept from public.sync_cursors`,
    );
    assert.equal(kept, true);
    assert.equal((await take(jobs[0])).granted, true);
  });

  await test('ten people at once start one run', async () => {
    await urls(many(5));
    const replies = await Promise.all(Array.from({ length: 10 }, () => start()));
    const started = replies.filter(({ jobs }) => jobs);
    assert.deepEqual([started.length, started[0].jobs.length], [1, 5]);
    assert.ok(replies.every((reply) => reply.jobs || reply.busy));
    assert.deepEqual(await claim(), [], 'and the schedule does not start it again');
  });

  await test('one part can be retried alone while the others run', async () => {
    await urls(['a', 'b']);
    const [job] = await claim({ pagespeed: 1 });
    assert.deepEqual(await start({ stream: 'runs', partition: job.partition }), { busy: true });
    const other = job.partition === 'a' ? 'b' : 'a';
    const { jobs } = await start({ stream: 'runs', partition: other });
    assert.deepEqual(names(jobs), [`northwind-dental ${other}`]);
    assert.deepEqual(await start({ stream: 'runs', partition: other }), { busy: true });
    assert.equal((await facts(other)).last_attempt_at, null, 'nothing is attempted before the lease');
  });

  await test('a part that is under way does not keep the others from being asked for', async () => {
    await urls(['a', 'c', 'd']);
    const [job] = await claim({ pagespeed: 1 });
    const { jobs } = await start();
    assert.equal(jobs.length, 2);
    assert.ok(jobs.every(({ partition }) => partition !== job.partition));
    await end(jobs[0]);
    assert.deepEqual(await start(), { busy: true }, 'what is not under way has just succeeded');
  });

  await test('a limit that a part waits for is of the keys, and so of all parts but one that is named', async () => {
    await urls(['a', 'b']);
    const [job] = await claim({ pagespeed: 1 });
    await stack.query(
      `update public.service_facts set rate_limited_until = now() + interval '1 hour' where partition = $1`,
      [job.partition],
    );
    assert.deepEqual(await start(), { busy: true });
    const other = job.partition === 'a' ? 'b' : 'a';
    assert.equal((await start({ stream: 'runs', partition: other })).jobs.length, 1);
  });

  await test('nothing starts for a service that cannot run', async () => {
    assert.deepEqual(await start(), { jobs: [], why: 'not_set_up' });
    await urls(['a']);
    await stack.query(`update public.service_facts set enabled = false where stream = ''`);
    assert.deepEqual(await start(), { jobs: [], why: 'disabled' });
    assert.deepEqual(await start({ client_id: harbor }), { jobs: [], why: 'not_set_up' });
  });
}
