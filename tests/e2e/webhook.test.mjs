// A delivery from Stripe that is accepted, on the real parts, and what it leaves behind.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { deliveriesTo, eventId, fresh, now, recorded } from './deliveries.mjs';
import {
  CLIENT,
  NORTHWIND,
  bucketObject,
  bucketObjects,
  count,
  one,
  steer,
  stripeKey,
  testStack,
  until,
  untilRested,
} from './harness.mjs';

let stack, send, deliver, rawHeaders, receipt, charge, settled, reaches;

before(async () => {
  stack = await testStack('webhook');
  ({ send, deliver, rawHeaders, receipt, charge, settled, reaches } = deliveriesTo(stack));
  await stack.tick();
  await untilRested(stack);
});
after(() => stack?.stop());

test('a signed event becomes a row of its client, bytes in storage, and a receipt', async () => {
  const event = fresh('charge_succeeded.json');
  const payload = JSON.stringify(event, null, 2);
  assert.equal((await deliver(payload)).status, 200);
  const row = await until('the charge', () => charge(event.data.object.id));
  assert.equal(row.client_id, CLIENT[NORTHWIND]);
  assert.equal(Number(row.amount), 3000);
  const { state, source, object_key, client_id, event_type } = await settled(event.id);
  assert.deepEqual(
    { state, source, client_id, event_type },
    { state: 'applied', source: 'delivered', client_id: CLIENT[NORTHWIND], event_type: 'charge.succeeded' },
  );
  assert.equal(bucketObject(stack, object_key).toString(), payload);
  const facts = await one(
    stack,
    `select * from service_facts where client_id = $1 and service = 'stripe' and stream = 'webhook'`,
    [CLIENT[NORTHWIND]],
  );
  assert.ok(facts.last_event_at);
});

test('the row comes by the queue: no tick is waited for', async () => {
  const ticked = () => one(stack, 'select ticked_at::text as at from app.heartbeat');
  const before = await ticked();
  const event = fresh('charge_succeeded.json');
  await deliver(event);
  await until('the charge', () => charge(event.data.object.id));
  assert.deepEqual(await ticked(), before);
});

test('the same event 50 times at once changes nothing more', async () => {
  const event = fresh('charge_succeeded.json');
  await deliver(event);
  await settled(event.id);
  const look = async () => ({
    charge: await charge(event.data.object.id),
    receipt: await receipt(event.id),
    receipts: await count(stack, 'webhook_receipts'),
    runs: await count(stack, 'sync_runs'),
    objects: bucketObjects(stack).length,
    history: await count(stack, 'facts_history'),
  });
  const before = await look();
  const replies = await Promise.all(Array.from({ length: 50 }, () => deliver(event)));
  assert.deepEqual(
    replies.map(({ status }) => status),
    Array(50).fill(200),
  );
  // One behind them in the queue: what they had queued would be done by then.
  const behind = fresh('charge_succeeded.json');
  await deliver(behind);
  await settled(behind.id);
  assert.deepEqual(await look(), { ...before, receipts: before.receipts + 1, objects: before.objects + 1 });
});

test('50 first deliveries of one event at once make one receipt and one row', async () => {
  const event = fresh('charge_succeeded.json');
  const replies = await Promise.all(Array.from({ length: 50 }, () => deliver(event)));
  assert.ok(replies.every(({ status }) => status === 200));
  assert.equal((await settled(event.id)).state, 'applied');
  assert.equal(await count(stack, 'webhook_receipts', `delivery_key = '${event.id}'`), 1);
  assert.equal(await count(stack, 'stripe_charges', `id = '${event.data.object.id}'`), 1);
});

test('an older event that comes later changes nothing', async () => {
  const newer = fresh('charge_refunded.json', { object: { amount_refunded: 500 }, created: now() - 10 });
  const older = { ...fresh('charge_succeeded.json', { created: now() - 20 }) };
  older.data.object = { ...newer.data.object, amount_refunded: 0, refunded: false };
  for (const event of [newer, older]) {
    await deliver(event);
    assert.equal((await settled(event.id)).state, 'applied');
  }
  assert.equal(Number((await charge(newer.data.object.id)).amount_refunded), 500);
});

test('two events of the same second end in the state that Stripe has, in either order', async () => {
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    const created = now() - 5;
    const first = fresh('charge_succeeded.json', { created });
    const second = {
      ...first,
      id: eventId(),
      type: 'charge.refunded',
      data: { object: { ...first.data.object, amount_refunded: 700 } },
    };
    await steer(stack, '/put', { key: stripeKey(stack), object: second.data.object });
    for (const index of order) await deliver([first, second][index]);
    const row = await until('the refund', async () => {
      const found = await charge(first.data.object.id);
      return Number(found?.amount_refunded) === 700 && found;
    });
    assert.equal(row.client_id, CLIENT[NORTHWIND]);
  }
});

test('old and new shapes of each object that is kept are read', async () => {
  const names = [
    ['payment_intent_created.json', 'stripe_payment_intents'],
    ['payment_intent_succeeded.json', 'stripe_payment_intents'],
    ['payment_link_created.built.json', 'stripe_payment_links'],
    ['charge_captured.json', 'stripe_charges'],
    ['payout_paid.built.json', 'stripe_payouts'],
    ['refund_created.json', 'stripe_refunds'],
    ['checkout_session_completed.json', 'stripe_checkout_sessions'],
    ['invoice_paid.json', 'stripe_invoices'],
    [
      'charge_dispute_created.json',
      'stripe_disputes',
      { charge: await one(stack, 'select id from stripe_charges limit 1').then(({ id }) => id) },
    ],
  ];
  for (const [name, table, object] of names) {
    const event = fresh(name, { object });
    assert.equal((await deliver(event)).status, 200, name);
    assert.equal((await settled(event.id)).state, 'applied', name);
    assert.equal(await count(stack, table, `id = '${event.data.object.id}'`), 1, name);
  }
});

test('an invoice whose event leaves out its payments is fetched with them', async () => {
  const key = stripeKey(stack);
  const [listed] = (await steer(stack, '/objects', { key, list: 'invoices' })).objects;
  const object = { ...listed, id: 'in_fetched' };
  await steer(stack, '/put', { key, object });
  const { payments, ...carried } = object;
  const event = fresh('invoice_paid.json');
  await deliver({ ...event, data: { object: carried } });
  const row = await until('the invoice', () =>
    one(stack, `select * from stripe_invoices where id = 'in_fetched'`),
  );
  assert.equal(row.payment_intent, payments.data[0].payment.payment_intent);
});

test('events that nothing is kept of are acknowledged and ignored', async () => {
  for (const name of ['product_created.json', 'customer_updated.json', 'subscription_updated.json']) {
    const event = fresh(name);
    assert.equal((await deliver(event)).status, 200, name);
    await reaches(event.id, 'ignored');
  }
  const unheard = { ...fresh('product_created.json'), type: 'something.new' };
  assert.equal((await deliver(unheard)).status, 200);
  await reaches(unheard.id, 'ignored');
  assert.equal((await deliver(recorded('v2_thin_event.json'))).status, 200);
});

test('signed bytes that cannot be read are kept, acknowledged and marked', async () => {
  const half = Buffer.from(JSON.stringify(fresh('charge_succeeded.json')).slice(0, 400));
  const invalid = Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]);
  for (const bytes of [half, invalid, Buffer.from('"just text"')]) {
    const known = new Set(
      (await stack.query('select delivery_key from webhook_receipts')).map((row) => row.delivery_key),
    );
    assert.equal((await send(bytes, rawHeaders(bytes))).status, 200);
    const added = await until('the receipt', async () =>
      (await stack.query('select * from webhook_receipts')).find((row) => !known.has(row.delivery_key)),
    );
    assert.equal(added.state, 'unreadable');
    assert.deepEqual(bucketObject(stack, added.object_key), bytes);
  }
});

test('a row that the database refuses marks its receipt, and the next event is applied', async () => {
  const bad = fresh('charge_succeeded.json', { object: { currency: 'DOLLARS' } });
  assert.equal((await deliver(bad)).status, 200);
  const { state, error } = await settled(bad.id);
  assert.equal(state, 'failed');
  assert.ok(error);
  const good = fresh('charge_succeeded.json');
  await deliver(good);
  assert.equal((await settled(good.id)).state, 'applied');
});
