// What the model may be told of a workspace, what it has cost, and what becomes of a request that a dead
// Worker left.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { factsOf } from '../runs.mjs';
import { call, harbor, northwind, onEmptyTables } from '../stack.mjs';

const at = '2026-11-23T12:00:00Z';
const secondsAgo = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const dayAgo = (days) => secondsAgo(days * 86400).slice(0, 10);
const facts = (stack, input, client_id = northwind) => call(stack, 'ai_facts', { client_id, input });

const search = (more) => ({
  ...{ client_id: northwind, property: 'sc-domain:x.example', search_type: 'web', day: dayAgo(4) },
  ...{ clicks: 5, impressions: 50, position: 2, provisional: false, source_at: at, ...more },
});
const request = (more) => ({
  ...{ client_id: northwind, id: randomUUID(), purpose: 'insights', state: 'succeeded' },
  ...{
    requested_at: new Date().toISOString(),
    cost_micros: 500,
    cost_currency: 'usd',
    source_at: at,
    ...more,
  },
});

async function insert(stack, table, rows) {
  const { error } = await stack.service().from(table).insert(rows);
  assert.equal(error, null, table);
}

export async function openaiSuite(t, stack) {
  const test = onEmptyTables(t, stack);
  await searchTests(test, stack);
  await costTests(test, stack);
  await spenderTests(test, stack);
  await settleTests(test, stack);

  await test('a workspace that does not exist has no facts', async () => {
    await assert.rejects(facts(stack, { purpose: 'content', kind: 'social_post' }, randomUUID()));
  });

  await test('insights and explanations are told the daily series of their own workspace', async () => {
    await insert(stack, 'gsc_site_daily', [
      search({ day: dayAgo(5) }),
      search({ client_id: harbor, clicks: 907577123 }),
    ]);
    for (const purpose of ['insights', 'explanation']) {
      const told = await facts(stack, { purpose });
      assert.ok(Array.isArray(told.daily.series));
      assert.equal(told.workspace.time_zone, 'Europe/Berlin');
      assert.match(told.workspace.today, /^\d{4}-\d{2}-\d{2}$/);
      assert.ok(!JSON.stringify(told).includes('907577123'), 'nothing of another workspace');
    }
  });

  await test('of a thread the model learns its length and who wrote last, and nothing else', async () => {
    const thread = { client_id: northwind, id: 't1', subject: 'Root canal', contact_email: 'ada@b.example' };
    await insert(stack, 'email_threads', [
      {
        ...thread,
        state: 'open',
        started_at: at,
        last_message_at: at,
        last_direction: 'received',
        source_at: at,
      },
    ]);
    const message = {
      client_id: northwind,
      thread_id: 't1',
      direction: 'received',
      state: 'received',
      sent_at: at,
    };
    const people = {
      from_email: 'ada@b.example',
      to_emails: ['c@d.example'],
      body_text: 'It hurts',
      source_at: at,
    };
    await insert(
      stack,
      'email_messages',
      [1, 2].map((id) => ({ ...message, ...people, id: `m${id}` })),
    );
    const input = { purpose: 'content', kind: 'email_reply', thread_id: 't1' };
    const told = await facts(stack, input);
    assert.deepEqual(told.thread, { messages: 2, last_direction: 'received' });
    assert.doesNotMatch(JSON.stringify(told), /canal|ada|hurts/);
    assert.equal((await facts(stack, { ...input, thread_id: 't2' })).thread, null);
    assert.equal((await facts(stack, input, harbor)).thread, null);
  });
}

async function searchTests(test, stack) {
  const content = (kind, more = {}) => facts(stack, { purpose: 'content', kind, ...more });
  const texts = (rows) => rows.map(({ query }) => query);

  await test('drafts are told the queries of one property, none of which could be a person', async () => {
    await insert(stack, 'gsc_site_daily', [
      search({}),
      search({ property: 'https://x.example/', clicks: 4 }),
    ]);
    await insert(stack, 'gsc_queries_daily', [
      search({ query: 'dentist berlin', page: '' }),
      search({ query: 'dentist berlin', page: '', day: dayAgo(5), position: 4, impressions: 150 }),
      search({ query: 'dentist 10115', page: '', impressions: 300 }),
      search({ query: 'ada@b.example', page: '' }),
      search({ query: '030 / 123-4567', page: '' }),
      search({ query: 'too old', page: '', day: dayAgo(40) }),
      search({ query: 'of the other property', page: '', property: 'https://x.example/' }),
      search({ query: 'an image', page: '', search_type: 'image' }),
      search({ query: 'led to a page', page: 'https://x.example/kontakt' }),
      search({ query: "somebody else's", page: '', client_id: harbor }),
    ]);
    const { queries } = await content('social_post');
    assert.deepEqual(queries, [
      { query: 'dentist 10115', clicks: 5, impressions: 300, position: 2 },
      { query: 'dentist berlin', clicks: 10, impressions: 200, position: 3.5 },
    ]);
    assert.deepEqual(texts((await content('page_title', { page: '/kontakt?a=1' })).queries), [
      'led to a page',
    ]);
    assert.deepEqual(texts((await content('page_title', { page: '/other' })).queries), texts(queries));
  });

  await test('pages come as paths, without what follows the question mark', async () => {
    await insert(stack, 'gsc_site_daily', [search({})]);
    const page = (path, more) => search({ page: `https://x.example${path}`, ...more });
    await insert(stack, 'gsc_pages_daily', [
      page('/kontakt?token=abc'),
      page('/kontakt', { clicks: 7 }),
      page('', { clicks: 30 }),
      page('/users/ada@b.example'),
    ]);
    const { pages, page_known } = await content('page_title', { page: '/' });
    assert.equal(page_known, true);
    assert.equal((await content('page_title', { page: '/kontakt?x=1' })).page_known, true);
    assert.equal((await content('page_title', { page: '/unheard-of' })).page_known, false);
    assert.ok(!('page_known' in (await content('social_post'))));
    await insert(stack, 'gsc_pages_daily', [
      page('/theirs', { client_id: harbor }),
      page('/image', { search_type: 'image' }),
      page('/other', { property: 'https://y.example/' }),
      page('/old', { day: dayAgo(40) }),
    ]);
    for (const path of ['/theirs', '/image', '/other', '/old'])
      assert.equal((await content('page_title', { page: path })).page_known, false, path);
    assert.deepEqual(pages, [
      { page: '/', clicks: 30, impressions: 50 },
      { page: '/kontakt', clicks: 12, impressions: 100 },
    ]);
  });

  await test('without search data both lists are empty', async () => {
    const told = await content('social_post');
    assert.deepEqual([told.queries, told.pages], [[], []]);
  });
}

async function costTests(test, stack) {
  await test('the cost of the day is that of all workspaces; what has none yet is counted', async () => {
    await insert(stack, 'ai_requests', [
      request({}),
      request({ client_id: harbor, cost_micros: 700 }),
      request({ state: 'running', cost_micros: null }),
      request({ state: 'unknown', cost_micros: null }),
      request({ id: 'large', state: 'running', cost_micros: null, most_micros: 50 }),
      request({ requested_at: secondsAgo(86400), cost_micros: 9000 }),
    ]);
    const spent = async () => {
      const told = await facts(stack, { purpose: 'content', kind: 'social_post' });
      return [told.spent_micros_today, told.open_today];
    };
    assert.deepEqual(await spent(), [1250, 2]);
    const told = await facts(stack, { purpose: 'content', kind: 'social_post' });
    assert.deepEqual(told.others_spent_micros_today, [700], 'of each other workspace that uses it');
    // Its end says no more of the most.
    const ends = (state, cost_micros) =>
      stack.query('update ai_requests set state = $1, cost_micros = $2, most_micros = null where id = $3', [
        state,
        cost_micros,
        'large',
      ]);
    await ends('unknown', null);
    assert.deepEqual(await spent(), [1250, 2]);
    await ends('succeeded', 7);
    assert.deepEqual(await spent(), [1207, 2]);
  });
}

async function spenderTests(test, stack) {
  const begin = (seen, more = {}) => {
    const id = randomUUID();
    const row = { ...request({ id, state: 'running', cost_micros: null, cost_currency: null }), ...more };
    delete row.client_id;
    return call(stack, 'begin_action', {
      ...{ client_id: northwind, id, begun_by: randomUUID(), service: 'openai', action: 'insights', seen },
      tables: [{ table: 'ai_requests', rows: [row] }],
    });
  };

  await test('of thirty that have seen the same one begins, the others look again', async () => {
    const { seen } = await facts(stack, { purpose: 'insights' });
    const answers = await Promise.all(Array.from({ length: 30 }, () => begin(seen)));
    assert.equal(answers.filter(({ begun }) => begun).length, 1);
    assert.deepEqual(
      [...new Set(answers.filter(({ begun }) => !begun).map(({ state }) => state))],
      ['changed'],
    );
    assert.equal((await stack.query('select 1 from public.ai_requests')).length, 1);
    const again = await facts(stack, { purpose: 'insights' }, harbor);
    assert.notEqual(again.seen, seen);
    assert.deepEqual(await begin((await facts(stack, { purpose: 'insights' })).seen), { begun: true });
    assert.deepEqual(await begin(null), { begun: true }, 'what has no limit has seen nothing');
  });

  await test('whoever has begun is told so again, whatever was spent meanwhile', async () => {
    const { seen } = await facts(stack, { purpose: 'insights' });
    const p = { client_id: northwind, id: randomUUID(), begun_by: randomUUID(), service: 'openai' };
    const ask = () => call(stack, 'begin_action', { ...p, action: 'insights', seen, tables: [] });
    assert.deepEqual(await ask(), { begun: true });
    await insert(stack, 'ai_requests', [request()]);
    assert.deepEqual(await ask(), { begun: true });
  });
}

async function settleTests(test, stack) {
  const begin = (id, service = 'openai') =>
    call(stack, 'begin_action', {
      ...{ client_id: northwind, id, service, action: 'insights', user_id: null },
      tables: [
        { table: 'ai_requests', rows: [{ ...request({ id }), client_id: undefined, state: 'running' }] },
      ],
    });
  const age = (id) =>
    stack.query(
      `update public.action_requests set requested_at = now() - interval '20 minutes' where id = $1`,
      [id],
    );
  const stored = async (id) =>
    (
      await stack.query('select state, failure_code, source_at from public.ai_requests where id = $1', [id])
    )[0];

  await test('a request that a dead Worker left becomes unknown with the next tick', async () => {
    const [left, young, other] = [randomUUID(), randomUUID(), randomUUID()];
    await begin(left);
    await begin(young);
    await begin(other, 'sendgrid');
    await age(left);
    await age(other);
    const { ends } = await call(stack, 'claim_due', { limit: 1 });
    const end = (service, id) => ({
      job: 'action_end',
      workspace: 'northwind-dental',
      object_key: `actions/${northwind}/${service}/${id}-end.json`,
    });
    const byKey = (a, b) => a.object_key.localeCompare(b.object_key);
    assert.deepEqual(ends.sort(byKey), [end('openai', left), end('sendgrid', other)].sort(byKey));
    await stack.query(
      `update public.action_requests set finished_at = now() - interval '21 minutes' where id = $1`,
      [left],
    );
    const again = (await call(stack, 'claim_due', { limit: 1 })).ends;
    assert.deepEqual(again, [end('sendgrid', other)], 'for some ticks');
    assert.deepEqual(
      [await stored(left), await stored(young), await stored(other)].map((row) => [
        row.state,
        row.failure_code,
      ]),
      [
        ['unknown', 'worker_stopped'],
        ['running', null],
        ['running', null],
      ],
    );
  });

  await test('what the Worker stores in the end stands', async () => {
    const id = randomUUID();
    await begin(id);
    await age(id);
    await call(stack, 'claim_due', { limit: 1 });
    const row = { ...request({ id, state: 'succeeded' }), client_id: undefined };
    await call(stack, 'end_action', {
      ...{ client_id: northwind, id, service: 'openai', state: 'succeeded' },
      tables: [{ table: 'ai_requests', rows: [row] }],
    });
    assert.deepEqual((await stored(id)).state, 'succeeded');
    assert.equal((await stored(id)).failure_code, null);
  });

  const end = (minute, more) =>
    call(stack, 'end_action', {
      ...{ client_id: northwind, id: randomUUID(), service: 'openai', state: 'succeeded', tables: [] },
      ...{ stream: 'requests', facts: { last_attempt_at: `2026-11-23T10:0${minute}:00Z`, ...more } },
    });
  const kind = async () => (await factsOf(stack, 'requests', 'openai'))?.failure_kind;

  await test('an end that comes late does not hide what a later use found', async () => {
    await end(5, { failure_kind: 'credentials', failures: 1 });
    await end(0, { failure_kind: null, failures: 0 });
    assert.equal(await kind(), 'credentials');
    await end(6, { failure_kind: null, failures: 0 });
    assert.equal(await kind(), null);
  });

  await test('nor does one whose clock ran ahead', async () => {
    await end(6, { last_attempt_at: new Date(Date.now() + 86_400_000).toISOString() });
    await end(6, { failure_kind: 'provider', failures: 1 });
    assert.equal(await kind(), 'provider');
  });

  await test('a use that failed for good is told until one succeeds', async () => {
    await end(7, { failure_kind: 'credentials', failure_final: true, failures: 1 });
    await end(8, { failure_kind: 'provider', failure_final: false, failures: 1 });
    assert.equal(await kind(), 'credentials');
    await end(9, { failure_kind: null, failure_final: false, failures: 0 });
    assert.equal(await kind(), null);
    await end(9, { failure_kind: 'provider', failure_final: false, failures: 1 });
    assert.equal(await kind(), 'provider');
  });
}
