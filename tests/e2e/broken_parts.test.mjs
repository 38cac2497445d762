// Storage or queue failing under the real core: what is answered, what is remembered, what heals.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';

import { signed } from '../sandbox/stripe_webhook.mjs';
import { readFixture } from '../sandbox/stripe_account.mjs';
import { CLIENT, NORTHWIND, count, letTimePass, makeDue, one, testStack } from './harness.mjs';
import { LocalHost } from './local_host.mjs';

let stack, host;
before(async () => {
  stack = await testStack('broken_parts', { worker: false });
  host = new LocalHost(stack.vars);
  await host.tick();
  await host.drain();
});
beforeEach(() => {
  host.bucket.broken = false;
  host.queue.broken = false;
});
after(() => stack?.stop());

function event() {
  const recorded = readFixture('events/charge_succeeded.json');
  const object = { ...recorded.data.object, id: `ch_${randomUUID().slice(0, 8)}` };
  return { ...recorded, id: `evt_${randomUUID()}`, created: Math.floor(Date.now() / 1000), data: { object } };
}

function deliver(one) {
  const payload = JSON.stringify(one);
  const headers = signed({ payload, secret: stack.state.webhook_secrets[NORTHWIND] });
  return host.fetch(`/webhooks/stripe/${NORTHWIND}`, { method: 'POST', headers, body: payload });
}

const receipt = (key) => one(stack, 'select * from webhook_receipts where delivery_key = $1', [key]);
const charges = () =>
  one(
    stack,
    `select * from service_facts where client_id = $1 and service = 'stripe' and stream = 'charges'`,
    [CLIENT[NORTHWIND]],
  );

test('storage away: the delivery is refused with Retry-After and leaves nothing', async () => {
  const lost = event();
  host.bucket.broken = true;
  const reply = await deliver(lost);
  assert.equal(reply.status, 503);
  assert.ok(Number(reply.headers.get('retry-after')) > 0);
  assert.equal(await receipt(lost.id), undefined);
  host.bucket.broken = false;
  assert.equal((await deliver(lost)).status, 200);
  await host.drain();
  assert.equal((await receipt(lost.id)).state, 'applied');
});

test('storage away while a delivery is applied: it is tried again', async () => {
  const waiting = event();
  assert.equal((await deliver(waiting)).status, 200);
  host.bucket.broken = true;
  const [outcome] = await host.drain();
  assert.ok(outcome.retry > 0);
  assert.equal((await receipt(waiting.id)).state, 'received');
  host.bucket.broken = false;
  await letTimePass(stack);
  await host.tick();
  await host.drain();
  assert.equal((await receipt(waiting.id)).state, 'applied');
});

test('queue away: the delivery is acknowledged and the next tick finds it', async () => {
  const unqueued = event();
  host.queue.broken = true;
  assert.equal((await deliver(unqueued)).status, 200);
  assert.equal((await receipt(unqueued.id)).state, 'received');
  host.queue.broken = false;
  await letTimePass(stack);
  await host.tick();
  await host.drain();
  assert.equal((await receipt(unqueued.id)).state, 'applied');
  assert.equal(await count(stack, 'stripe_charges', `id = '${unqueued.data.object.id}'`), 1);
});

test('queue away at a tick: the run is remembered and the next tick starts it', async () => {
  await makeDue(stack, NORTHWIND, 'charges');
  host.queue.broken = true;
  await host.tick();
  assert.equal(await count(stack, 'sync_runs', `state = 'queued'`), 1);
  host.queue.broken = false;
  await letTimePass(stack);
  await host.tick();
  await host.drain();
  assert.equal(await count(stack, 'sync_runs', `state = 'queued'`), 0);
  assert.equal((await charges()).failure_kind, null);
});

test('storage away during a sync: the run waits, says so on the card, and goes on', async () => {
  await makeDue(stack, NORTHWIND, 'charges');
  await host.tick();
  host.bucket.broken = true;
  await host.drain();
  const { failure_kind, failure_final, failure_message } = await charges();
  assert.deepEqual([failure_kind, failure_final], ['ours', false]);
  assert.match(failure_message, /object store/);
  host.bucket.broken = false;
  await letTimePass(stack);
  await host.tick();
  await host.drain();
  assert.deepEqual([(await charges()).failure_kind, (await charges()).failures], [null, 0]);
});

test('a job of hours ago that the queue gave up on is on the card as ours, and the next sync clears it', async () => {
  await makeDue(stack, NORTHWIND, 'charges');
  host.queue.messages.length = 0; // what earlier tests left waiting
  await host.tick();
  const [message] = host.queue.messages.splice(0);
  await host.giveUp(message);
  assert.equal((await charges()).failure_kind, null, 'the tick goes on with it');
  await stack.query(`update sync_runs set created_at = now() - interval '7 hours' where run_id = $1`, [
    message.body.run_id,
  ]);
  await host.giveUp(message);
  const { failure_kind, failure_final } = await charges();
  assert.deepEqual([failure_kind, failure_final], ['ours', true]);
  const { state } = await one(stack, 'select state from sync_runs where run_id = $1', [message.body.run_id]);
  assert.equal(state, 'failed');
  await makeDue(stack, NORTHWIND, 'charges');
  await host.tick();
  await host.drain();
  assert.equal((await charges()).failure_kind, null);
});

test('a message that means nothing is not tried for ever', async () => {
  host.queue.messages.push({ body: { job: 'dance', workspace: NORTHWIND }, delaySeconds: 0 });
  const [outcome] = await host.drain();
  assert.ok(outcome.retry > 0, 'the next version may know it');
  assert.deepEqual(await host.giveUp(outcome), { ack: true });
});
