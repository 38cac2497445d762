// kill -9 at any moment, of the Worker or of the database, and a start again: the same rows.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { deliver } from '../sandbox/stripe_webhook.mjs';
import {
  NORTHWIND,
  count,
  fault,
  letTimePass,
  one,
  steer,
  stripeKey,
  testStack,
  until,
  untilRested,
  webhookUrl,
} from './harness.mjs';
import { LISTS, assertRowsOf } from './stripe_rows.mjs';

let stack;
before(async () => {
  stack = await testStack('kill');
});
after(() => stack?.stop());

// As if Stripe had never been read: no rows, no cursors, no runs.
async function forget() {
  for (const list of LISTS) await stack.query(`delete from stripe_${list}`);
  await stack.query(
    `update sync_cursors set cursor = null, run_id = null, lease = null, lease_until = null, next_due_at = now()`,
  );
  await stack.query('delete from sync_runs');
}

async function killWorker() {
  for (const pid of stack.worker.workerdPids()) process.kill(pid, 'SIGKILL');
  await stack.worker.child.kill();
}

async function goOn() {
  await fault(stack, { fault: null });
  await letTimePass(stack);
  await stack.tick();
  await untilRested(stack);
}

async function assertAllRows() {
  for (const list of LISTS) await assertRowsOf(stack, list);
  assert.equal(await count(stack, 'sync_runs', `state <> 'succeeded' and client_id::text like '1111%'`), 0);
  assert.equal(await count(stack, 'sync_cursors', 'lease is not null'), 0);
}

async function lastRequest() {
  const { requests } = await steer(stack, '/requests');
  return requests.at(-1)?.serial ?? 0;
}

// Starts a first sync that stops at a page which never comes.
async function stopAtPage(path, page) {
  await forget();
  const since = await lastRequest();
  await fault(stack, { fault: 'hold', path, after: page - 1 });
  await stack.tick();
  await until(`page ${page} of ${path} asked for`, async () => {
    const asked = (await steer(stack, `/requests?since=${since}`)).requests;
    return asked.filter((request) => request.path === path).length >= page;
  });
}

for (const [path, page] of [
  ['/v1/charges', 1],
  ['/v1/charges', 2],
  ['/v1/balance_transactions', 2],
])
  test(`the Worker killed while it waits for page ${page} of ${path}`, async () => {
    await stopAtPage(path, page);
    await killWorker();
    await stack.startWorker();
    await goOn();
    await assertAllRows();
  });

for (const asked of [1, 4])
  test(`the Worker killed after ${asked} requests of a slow sync`, async () => {
    await forget();
    const since = await lastRequest();
    await fault(stack, { fault: 'slow', delay_ms: 500 });
    await stack.tick();
    await until(`${asked} requests`, async () => {
      const { requests } = await steer(stack, `/requests?since=${since}`);
      return requests.filter(({ path }) => path.startsWith('/v1/')).length >= asked;
    });
    await killWorker();
    assert.ok((await count(stack, 'sync_runs', `state in ('queued', 'running')`)) > 0, 'it was at work');
    await stack.startWorker();
    await goOn();
    await assertAllRows();
  });

for (const page of [1, 2])
  test(`the database killed while the Worker waits for page ${page} of charges`, async () => {
    await stopAtPage('/v1/charges', page);
    await stack.services.kill();
    await stack.startServices();
    await goOn();
    await assertAllRows();
  });

test('while the database is away nothing is acknowledged, and nothing acknowledged is lost', async () => {
  const { objects } = await steer(stack, '/objects', { key: stripeKey(stack), list: 'charges' });
  const change = (amount_refunded) => ({
    key: stripeKey(stack),
    type: 'charge.refunded',
    object: { ...objects[0], amount_refunded },
  });
  const secret = stack.state.webhook_secrets[NORTHWIND];
  const send = (event) => deliver({ url: webhookUrl(stack), secret, event });
  const first = (await steer(stack, '/event', change(100))).event;
  const second = (await steer(stack, '/event', { ...change(200), created: first.created + 1 })).event;
  assert.deepEqual(await send(first), [200]);
  await stack.services.kill();

  const away = await fetch(webhookUrl(stack), { method: 'POST', body: '{}' });
  assert.equal(away.status, 400, 'what needs no database is still answered');
  assert.deepEqual(await send(second), [503]);
  await assert.doesNotReject(fetch(`${stack.state.urls.dashboard}config.json`));

  await stack.startServices();
  assert.deepEqual(await send(second), [200]);
  await letTimePass(stack);
  await stack.tick();
  for (const { id } of [first, second])
    await until(`${id} applied`, async () => {
      const receipt = await one(stack, 'select state from webhook_receipts where delivery_key = $1', [id]);
      return receipt?.state === 'applied';
    });
  const row = await one(stack, 'select amount_refunded from stripe_charges where id = $1', [objects[0].id]);
  assert.equal(Number(row.amount_refunded), 200);
});

test('the Worker killed right after it acknowledged loses nothing', async () => {
  const { objects } = await steer(stack, '/objects', { key: stripeKey(stack), list: 'charges' });
  const events = [];
  for (const [i, object] of objects.entries())
    events.push(
      (
        await steer(stack, '/event', {
          key: stripeKey(stack),
          type: 'charge.updated',
          object: { ...object, description: `seen ${i}` },
        })
      ).event,
    );
  const secret = stack.state.webhook_secrets[NORTHWIND];
  const statuses = await Promise.all(
    events.map((event) => deliver({ url: webhookUrl(stack), secret, event })),
  );
  await killWorker();
  assert.ok(statuses.flat().every((status) => status === 200));
  await stack.startWorker();
  await letTimePass(stack);
  await stack.tick();
  for (const { id, data } of events) {
    await until(`${id} applied`, async () => {
      const receipt = await one(stack, 'select state from webhook_receipts where delivery_key = $1', [id]);
      return receipt?.state === 'applied';
    });
    const row = await one(stack, 'select description from stripe_charges where id = $1', [data.object.id]);
    assert.equal(row.description, data.object.description);
  }
});
