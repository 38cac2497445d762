// The daily sync of a two-page account, and each way in which a provider lets us down.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import {
  CLIENT,
  NORTHWIND,
  bucketObjects,
  count,
  fault,
  letTimePass,
  makeDue,
  one,
  steer,
  stripeKey,
  testStack,
  until,
  untilRested,
} from './harness.mjs';
import { assertRowsOf, LISTS } from './stripe_rows.mjs';

let stack;
before(async () => {
  stack = await testStack('sync');
});
after(() => stack?.stop());

const run = (stream) =>
  one(
    stack,
    `select * from sync_runs where client_id = $1 and service = 'stripe' and stream = $2 order by created_at desc limit 1`,
    [CLIENT[NORTHWIND], stream],
  );
const facts = (stream, slug = NORTHWIND) =>
  one(stack, `select * from service_facts where client_id = $1 and service = 'stripe' and stream = $2`, [
    CLIENT[slug],
    stream,
  ]);

test('the first sync writes exactly the rows that the account has', async () => {
  await stack.tick();
  await untilRested(stack);
  for (const list of LISTS) await assertRowsOf(stack, list);
  for (const stream of [...LISTS, 'events']) {
    assert.equal((await run(stream)).state, 'succeeded', stream);
    const { last_success_at, failure_kind } = await facts(stream);
    assert.ok(last_success_at && failure_kind === null, stream);
  }
  assert.equal((await run('charges')).pages, 2);
  assert.equal(Number((await facts('charges')).last_rows), 5);
});

test('each page is kept as it came', async () => {
  const { run_id } = await run('charges');
  const prefix = `raw/${CLIENT[NORTHWIND]}/stripe/charges/${run_id}/`;
  const pages = bucketObjects(stack).filter(({ key }) => key.startsWith(prefix));
  assert.equal(pages.length, 2);
  const ids = pages.flatMap((page) => JSON.parse(page.bytes()).data.map(({ id }) => id));
  assert.equal(new Set(ids).size, 5);
});

test('only the workspace with a good key has rows; the bad key is on its own card', async () => {
  for (const list of LISTS)
    assert.equal(await count(stack, `stripe_${list}`, `client_id <> '${CLIENT[NORTHWIND]}'`), 0);
  const { failure_kind, failure_final, failure_message } = await facts('charges', 'oak-bakery');
  assert.deepEqual([failure_kind, failure_final], ['credentials', true]);
  assert.match(failure_message, /401/);
  assert.doesNotMatch(failure_message, /sk_test/);
});

test('a second sync changes no row and asks only for the overlap', async () => {
  const updated = () => stack.query('select id, updated_at, amount, status from stripe_charges order by id');
  const before = await updated();
  const { requests } = await steer(stack, '/requests');
  await makeDue(stack, NORTHWIND, 'charges');
  await stack.tick();
  await untilRested(stack);
  const later = await steer(stack, `/requests?since=${requests.at(-1).serial}`);
  const asked = later.requests.filter(({ path }) => path === '/v1/charges');
  assert.ok(asked.length > 0 && asked.every(({ query }) => /created%5Bgte%5D|created\[gte\]/.test(query)));
  assert.deepEqual(
    (await updated()).map(({ id, amount, status }) => [id, amount, status]),
    before.map(({ id, amount, status }) => [id, amount, status]),
  );
});

test('an event that was never delivered is found by reconciliation', async () => {
  const charges = (await steer(stack, '/objects', { key: stripeKey(stack), list: 'charges' })).objects;
  const object = { ...charges[0], amount_refunded: 123 };
  // Last read before the event, which is old enough not to be on its way any more.
  const created = Math.floor(Date.now() / 1000) - 16 * 60;
  await stack.query(`update stripe_charges set source_at = now() - interval '1 hour' where id = $1`, [
    object.id,
  ]);
  const told = { key: stripeKey(stack), type: 'charge.refunded', object, created };
  const { event } = await steer(stack, '/event', told);
  await makeDue(stack, NORTHWIND, 'events');
  await stack.tick();
  await untilRested(stack);
  const receipt = await until('the receipt', () =>
    one(stack, 'select * from webhook_receipts where delivery_key = $1', [event.id]),
  );
  assert.deepEqual([receipt.source, receipt.state], ['reconciled', 'applied']);
  const row = await one(stack, 'select amount_refunded from stripe_charges where id = $1', [object.id]);
  assert.equal(Number(row.amount_refunded), 123);
});

// What the card must say after one run against a fault: {state of the run, kind of the failure}.
const FAULTS = [
  [{ fault: '401' }, { state: 'failed', kind: 'credentials', final: true }],
  [{ fault: '403' }, { state: 'failed', kind: 'credentials', final: true }],
  [{ fault: '429' }, { state: 'waiting', kind: 'rate_limit', final: false }],
  [
    { fault: '429_retry_after', retry_after: 600 },
    { state: 'waiting', kind: 'rate_limit', final: false },
  ],
  [{ fault: '500' }, { state: 'waiting', kind: 'provider', final: false }],
  [{ fault: 'html' }, { state: 'waiting', kind: 'data', final: false }],
  [{ fault: 'empty' }, { state: 'waiting', kind: 'data', final: false }],
  [{ fault: 'wrong_type' }, { state: 'waiting', kind: 'data', final: false }],
  [{ fault: 'half_json' }, { state: 'waiting', kind: 'data', final: false }],
  [{ fault: 'invalid_utf8' }, { state: 'waiting', kind: 'data', final: false }],
  [{ fault: 'cut' }, { state: 'waiting', kind: 'provider', final: false }],
];

async function runAgainst(scenario) {
  await fault(stack, { path: '/v1/charges', ...scenario });
  await makeDue(stack, NORTHWIND, 'charges');
  const { run_id } = await run('charges');
  await stack.tick();
  return until(`a run against ${scenario.fault}`, async () => {
    const found = await run('charges');
    return found.run_id !== run_id && ['failed', 'waiting', 'succeeded'].includes(found.state) && found;
  });
}

for (const [scenario, expected] of FAULTS)
  test(`a provider's ${scenario.fault} is on the card, and nothing of it in the rows`, async () => {
    const rows = await stack.query('select * from stripe_charges order by id');
    const failed = await runAgainst(scenario);
    const { failure_kind, failure_final, failure_message, rate_limited_until, failures } =
      await facts('charges');
    assert.deepEqual({ state: failed.state, kind: failure_kind, final: failure_final }, expected);
    assert.ok(failures >= 1 && failure_message.length > 10);
    assert.doesNotMatch(failure_message, /sk_test|whsec|http:\/\//);
    if (expected.kind === 'rate_limit') assert.ok(rate_limited_until);
    if (scenario.retry_after) {
      const wait = (new Date(rate_limited_until) - Date.now()) / 1000;
      assert.ok(wait > 540 && wait <= 600, `waits ${wait} s`);
    }
    assert.deepEqual(await stack.query('select * from stripe_charges order by id'), rows);
    await recover(failed);
  });

// The fault ends, time passes: the run that waited goes on, or the next one does.
async function recover(failed) {
  await fault(stack, { fault: null });
  if (failed.state === 'failed') await makeDue(stack, NORTHWIND, 'charges');
  await letTimePass(stack);
  await stack.tick();
  await until('a successful run', async () => (await run('charges')).state === 'succeeded');
  const { failure_kind, failures, rate_limited_until } = await facts('charges');
  assert.deepEqual([failure_kind, Number(failures), rate_limited_until], [null, 0, null]);
}

test('a fault that stays ends the run for good after its attempts', async () => {
  await fault(stack, { fault: '500', path: '/v1/charges' });
  await makeDue(stack, NORTHWIND, 'charges');
  const ended = await until(
    'the run failed',
    async () => {
      await letTimePass(stack);
      await stack.tick();
      return (await run('charges')).state === 'failed';
    },
    30_000,
  );
  assert.ok(ended);
  assert.equal((await facts('charges')).failure_final, true);
  await recover({ state: 'failed' });
});

test('a row that the database refuses fails the run as data, and writes nothing of its page', async () => {
  const { objects } = await steer(stack, '/objects', { key: stripeKey(stack), list: 'charges' });
  const bad = { ...objects[0], id: 'ch_refused', currency: 'DOLLARS' };
  await steer(stack, '/put', { key: stripeKey(stack), object: bad });
  await makeDue(stack, NORTHWIND, 'charges');
  const { run_id } = await run('charges');
  await stack.tick();
  await until('the run ended or waits', async () => {
    const found = await run('charges');
    return found.run_id !== run_id && ['failed', 'waiting'].includes(found.state);
  });
  assert.equal((await facts('charges')).failure_kind, 'data');
  assert.equal(await count(stack, 'stripe_charges', `id = 'ch_refused'`), 0);
  await steer(stack, '/put', { key: stripeKey(stack), object: { ...bad, currency: 'usd' } });
  await recover(await run('charges'));
  assert.equal(await count(stack, 'stripe_charges', `id = 'ch_refused'`), 1);
});
