// The same thing in two workspaces: what happens in one is not seen in the other.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { synced } from '../rows.mjs';
import { charge, detect, page } from '../runs.mjs';
import { call, harbor, northwind } from '../stack.mjs';
import { slugs, twoWorkspaces } from '../two_workspaces.mjs';
import { removalTests } from './removal.mjs';

const service = 'stripe';
const at = '2026-11-23T12:00:00Z';

export async function neighboursSuite(t, stack) {
  const insert = async (table, rows) => {
    const { error } = await stack.service().from(table).insert(rows);
    assert.equal(error, null, error?.message);
  };
  const both = async (more = {}) => {
    for (const clientId of [northwind, harbor]) await detect(stack, { clientId, ...more });
    const { jobs } = await call(stack, 'claim_due', { limit: 50 });
    return Object.fromEntries(jobs.map((job) => [job.client_id, job]));
  };
  const kit = { ...twoWorkspaces(t, stack), insert, both };
  await deliveryTests(kit);
  await useTests(kit);
  await runTests(kit);
  await readingTests(kit);
  await removalTests(kit);
}

const mail = (id, more = {}) => ({
  ...{ client_id: northwind, id, thread_id: 't1', direction: 'sent', state: 'queued' },
  ...{
    sent_at: at,
    source_at: at,
    from_email: 'us@x.example',
    to_emails: [{ email: 'a@b.example', name: null }],
    ...more,
  },
});

async function deliveryTests({ test, stack, record, mark, receipts, factOf }) {
  await test('marking a delivery marks that of one workspace and one service', async () => {
    for (const client of [northwind, harbor]) await record(client, 'evt_1');
    await record(northwind, 'evt_1', { service: 'meta' });
    await mark(northwind, 'evt_1', 'failed');
    assert.deepEqual(await receipts(), [
      { client_id: northwind, service: 'meta', state: 'received' },
      { client_id: northwind, service, state: 'failed' },
      { client_id: harbor, service, state: 'received' },
    ]);
  });

  await test('a delivery is applied to its own workspace', async () => {
    for (const client_id of [northwind, harbor]) {
      await stack.reset();
      for (const client of [northwind, harbor]) await record(client, 'evt_1');
      await call(stack, 'apply_page', {
        receipt: { client_id, service, delivery_key: 'evt_1' },
        tables: [{ table: 'stripe_charges', rows: [charge('ch_1', 5, at)] }],
        facts: {},
      });
      assert.deepEqual(await stack.query('select client_id from public.stripe_charges'), [{ client_id }]);
      const applied = (await receipts()).filter(({ state }) => state === 'applied');
      assert.deepEqual(
        applied.map((one) => one.client_id),
        [client_id],
      );
    }
  });

  await test('a dead letter fails the delivery of its own workspace', async () => {
    for (const client of [northwind, harbor]) await record(client, 'evt_1');
    await stack.query(`update public.webhook_receipts set received_at = now() - interval '7 hours'`);
    await call(stack, 'record_dead_letter', {
      message: { job: 'delivery', client_id: northwind, service, delivery_key: 'evt_1' },
    });
    assert.deepEqual(
      (await receipts()).map(({ state }) => state),
      ['failed', 'received'],
    );
  });

  await test('what failed elsewhere is not received again here', async () => {
    for (const client of [northwind, harbor]) {
      await record(client, 'evt_1');
      await mark(client, 'evt_1', 'failed');
    }
    await record(northwind, 'evt_1');
    assert.deepEqual(
      (await receipts()).map(({ state }) => state),
      ['received', 'failed'],
    );
  });

  await test('wrong signatures are counted by workspace', async () => {
    const bad = (client) => call(stack, 'record_bad_signature', { workspace: slugs[client], service });
    for (const client of [northwind, northwind, harbor]) await bad(client);
    const counted = () =>
      Promise.all([northwind, harbor].map((client) => factOf(client, 'webhook', 'bad_signatures')));
    assert.deepEqual(await counted(), [2, 1]);
    await record(northwind, 'evt_1');
    assert.deepEqual(await counted(), [0, 1]);
  });

  await test('a delivery that is applied here ends no failure elsewhere', async () => {
    for (const client of [northwind, harbor]) {
      await record(client, 'evt_1');
      await mark(client, 'evt_1', 'failed');
    }
    await record(northwind, 'evt_1', { service: 'meta', readable: false });
    await mark(northwind, 'evt_1', 'ignored');
    assert.equal(await factOf(northwind, 'webhook', 'failure_kind'), null);
    assert.equal(await factOf(harbor, 'webhook', 'failure_kind'), 'ours');
  });

  await test('a dead letter fails the delivery of its own service', async () => {
    await record(northwind, 'evt_1');
    await record(northwind, 'evt_1', { service: 'meta' });
    await stack.query(`update public.webhook_receipts set received_at = now() - interval '7 hours'`);
    await call(stack, 'record_dead_letter', {
      message: { job: 'delivery', client_id: northwind, service, delivery_key: 'evt_1' },
    });
    assert.deepEqual(
      (await receipts()).map(({ state }) => state),
      ['received', 'failed'],
    );
  });
}

async function useTests({ test, stack, begin, actions, insert }) {
  await test('two workspaces may use one id, and one switched off leaves the other on', async () => {
    const id = randomUUID();
    assert.deepEqual(await begin(northwind, id), { begun: true });
    await call(stack, 'end_action', {
      client_id: northwind,
      id,
      service: 'openai',
      state: 'failed',
      tables: [],
    });
    const { seen } = await call(stack, 'ai_facts', { client_id: harbor, input: { purpose: 'insights' } });
    await stack.query(
      `insert into public.ai_requests (client_id, id, purpose, state, requested_at, cost_micros, source_at)
      values ($1, 'r', 'insights', 'succeeded', now(), 5, now())`,
      [northwind],
    );
    assert.deepEqual(await begin(harbor, id, { seen }), { begun: false, state: 'changed' });
    const me = randomUUID();
    assert.deepEqual(await begin(harbor, id, { begun_by: me }), { begun: true });
    assert.deepEqual(await begin(harbor, id, { begun_by: me }), { begun: true });
    await call(stack, 'end_action', {
      client_id: harbor,
      id,
      service: 'openai',
      state: 'succeeded',
      tables: [],
    });
    assert.deepEqual(await actions(), ['failed', 'succeeded']);
    await stack.query(
      `insert into public.service_facts (client_id, service, stream, enabled) values ($1, 'openai', '', false)`,
      [harbor],
    );
    assert.deepEqual(await begin(northwind, randomUUID()), { begun: true });
  });

  await test('pages of another workspace are not told to the model', async () => {
    const row = {
      search_type: 'web',
      day: new Date(Date.now() - 4 * 864e5).toISOString().slice(0, 10),
      property: 'sc-domain:x.example',
      clicks: 5,
      impressions: 50,
      provisional: false,
      source_at: at,
    };
    await insert('gsc_site_daily', [{ ...row, client_id: northwind }]);
    await insert('gsc_pages_daily', [{ ...row, client_id: harbor, page: 'https://x.example/theirs' }]);
    const told = await call(stack, 'ai_facts', {
      client_id: northwind,
      input: { purpose: 'content', kind: 'social_post' },
    });
    assert.deepEqual(told.pages, []);
  });

  await test('a page whose path names somebody is not told', async () => {
    const row = {
      ...{ client_id: northwind, search_type: 'web', property: 'sc-domain:x.example', source_at: at },
      ...{ day: new Date(Date.now() - 4 * 864e5).toISOString().slice(0, 10), clicks: 5, impressions: 50 },
      provisional: false,
    };
    await insert('gsc_site_daily', [row]);
    const page = (path) => ({ ...row, page: `https://x.example${path}` });
    await insert('gsc_pages_daily', ['/ours', '/by/a%40b.example', '/by/a@b.example'].map(page));
    const told = await call(stack, 'ai_facts', {
      client_id: northwind,
      input: { purpose: 'content', kind: 'social_post' },
    });
    assert.deepEqual(
      told.pages.map(({ page: path }) => path),
      ['/ours'],
    );
  });

  await test('mails and events of another workspace count for nothing here', async () => {
    const thread = {
      id: 't1',
      contact_email: 'a@b.example',
      state: 'open',
      started_at: at,
      last_message_at: at,
      source_at: at,
    };
    await insert('email_threads', [
      { ...thread, client_id: northwind },
      { ...thread, client_id: harbor },
    ]);
    await insert('email_messages', [mail('m1'), mail('m1', { client_id: harbor })]);
    const told = await call(stack, 'ai_facts', {
      client_id: northwind,
      input: { purpose: 'content', kind: 'email_reply', thread_id: 't1' },
    });
    assert.equal(told.thread.messages, 1);
    await insert('email_events', [
      {
        client_id: harbor,
        message_id: 'sg',
        email: 'a@b.example',
        event: 'bounce',
        occurred_at: at,
        source_at: at,
        own_message_id: 'm1',
      },
    ]);
    await stack.query(`update public.email_messages set updated_at = now()`);
    const states = await stack.query('select state from public.email_messages order by client_id');
    assert.deepEqual(
      states.map(({ state }) => state),
      ['queued', 'bounced'],
    );
  });
}

async function runTests({ test, stack, record, factOf, begin, both }) {
  await test('a page and a failure are facts of one workspace', async () => {
    const jobs = await both();
    const { run_id } = jobs[northwind];
    const { lease } = await call(stack, 'take_lease', { run_id, lease_secs: 60 });
    await call(stack, 'apply_page', page({ run_id, lease }, 1, [], { facts: { last_rows: 7 } }));
    assert.deepEqual(
      [await factOf(northwind, 'charges', 'last_rows'), await factOf(harbor, 'charges', 'last_rows')],
      [7, null],
    );
    await stack.query(`update public.sync_cursors set next_due_at = now() + interval '5 days'`);
    const due = async () =>
      (
        await stack.query('select next_due_at, cursor from public.sync_cursors where client_id = $1', [
          harbor,
        ])
      )[0];
    const before = await due();
    await call(stack, 'yield_run', { run_id, lease });
    await stack.query(`update public.sync_cursors set leased_at = now() - interval '7 hours'`);
    await stack.query(`update public.sync_runs set created_at = now() - interval '7 hours', pages = 0`);
    await call(stack, 'record_dead_letter', { message: { job: 'sync', run_id } });
    assert.equal(await factOf(northwind, 'charges', 'failure_kind'), 'ours');
    assert.equal(await factOf(harbor, 'charges', 'failure_kind'), null);
    assert.deepEqual(await due(), before);
  });

  await test('detection of one workspace says nothing of another', async () => {
    await both();
    const rows = () =>
      stack.query(
        `select to_jsonb(f) as r from public.service_facts f where client_id = $1
        union all select to_jsonb(c) from public.sync_cursors c where client_id = $1`,
        [harbor],
      );
    const before = await rows();
    await detect(stack, { present: ['stripe.other_key'], cadence: 'weekly', everySecs: 604800 });
    assert.deepEqual(await rows(), before);
    await detect(stack, { problem: 'unreadable' });
    assert.deepEqual(await rows(), before);
    await stack.query(`update public.sync_cursors set next_due_at = now(), run_id = null`);
    await stack.query(`update public.sync_runs set state = 'succeeded'`);
    const { jobs } = await call(stack, 'claim_due', { limit: 50 });
    assert.deepEqual(
      jobs.map(({ client_id }) => client_id),
      [harbor],
    );
  });

  await test('an agency user is told the days of the workspace that they look at', async () => {
    const jobs = await both();
    for (const { run_id } of Object.values(jobs)) {
      const { lease } = await call(stack, 'take_lease', { run_id, lease_secs: 60 });
      await call(stack, 'apply_page', page({ run_id, lease }, 1, [], { last: true }));
    }
    for (const client_id of [northwind, harbor]) {
      await record(client_id, 'evt_1', { readable: false });
      const id = randomUUID();
      await begin(client_id, id);
      await call(stack, 'end_action', { client_id, id, service: 'openai', state: 'succeeded', tables: [] });
    }
    const agency = await stack.signIn('agency');
    const days = (await agency.rpc('service_daily', { p_client_id: northwind })).data;
    assert.deepEqual(
      days.map((day) => [day.service, day.succeeded, day.failed]),
      [
        ['openai', 1, 0],
        ['stripe', 1, 1],
      ],
    );
  });
}

async function readingTests({ test, stack, record, receipts, insert }) {
  await test('rows are counted of one workspace', async () => {
    await insert('stripe_charges', [
      { ...charge('a', 1, at), client_id: northwind },
      { ...charge('a', 1, at), client_id: harbor },
      { ...charge('b', 1, at), client_id: harbor },
    ]);
    assert.equal((await call(stack, 'count_rows', { client_id: northwind })).counts.stripe_charges, 1);
  });

  await test('the archive and a replay are of one workspace', async () => {
    await record(harbor, 'evt_1', { object_key: 'webhooks/harbor/evt_1', readable: false });
    const { objects } = await call(stack, 'archived_objects', { workspace: 'northwind-dental', service });
    assert.deepEqual(objects, []);
    const p = {
      client_id: northwind,
      service,
      delivery_key: 'evt_1',
      state: 'applied',
      facts: {},
      tables: [{ table: 'stripe_charges', rows: [charge('ch_1', 5, at)] }],
    };
    assert.deepEqual(await call(stack, 'apply_replay', p), { written: 1, receipt: null });
    const rows = await stack.query('select client_id from public.stripe_charges');
    assert.deepEqual(rows, [{ client_id: northwind }]);
    assert.equal((await receipts())[0].state, 'unreadable');
  });

  await test('series are of one workspace in every table, also for the service role', async () => {
    const day = new Date(Date.now() - 3 * 864e5).toISOString().slice(0, 10);
    for (const [table, { row }] of Object.entries(synced)) {
      const columns = row('x');
      const dates = Object.fromEntries(
        Object.keys(columns)
          .filter((k) => ['day', 'created', 'hour', 'run_at', 'probed_at'].includes(k))
          .map((k) => [k, k === 'day' ? day : `${day}T12:00:00Z`]),
      );
      const score = table === 'pagespeed_runs' && { performance_score: 0.5 };
      const metric = { meta_page_daily: 'page_views_total', meta_instagram_daily: 'reach' }[table];
      await insert(table, [
        { ...columns, ...dates, ...(metric && { metric, value: 5 }), ...score, client_id: harbor },
      ]);
    }
    const count = async (client_id) =>
      (await call(stack, 'daily_series', { client_id, days: 30 })).series.length;
    assert.ok((await count(harbor)) >= 12, `${await count(harbor)}`);
    assert.equal(await count(northwind), 0);
  });

  await test('what another workspace was told of a day does not make it read here', async () => {
    const property = 'sc-domain:a-b.example';
    const row = (client_id, query, source_at) => ({
      ...synced.gsc_queries_daily.row(query),
      ...{ client_id, property, day: '2025-11-18', clicks: 4, source_at },
    });
    const [before, began] = ['2025-11-22T13:00:00Z', '2025-11-23T13:00:00Z'];
    await insert('gsc_queries_daily', [row(northwind, 'a', before), row(harbor, 'b', began)]);
    await insert('sync_cursors', [
      {
        client_id: northwind,
        service: 'search_console',
        stream: 'queries',
        partition: property,
        cadence: 'daily',
        cursor: {},
      },
    ]);
    await stack.query(`update public.sync_cursors set cursor = $1`, [
      { covered_from: '2025-11-15T13:00:00Z', covered_until: began },
    ]);
    const rows = await stack.query('select clicks::int from public.gsc_queries_daily');
    assert.deepEqual(rows, [{ clicks: 4 }, { clicks: 4 }]);
  });
}
