// A delivery from Stripe, on the real parts: what is accepted, what is refused, what it leaves behind.
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { signed } from '../sandbox/stripe_webhook.mjs';
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
  webhookUrl,
} from './harness.mjs';

const FIXTURES = new URL('../fixtures/stripe/events/', import.meta.url);
const SIX_MB = 6 * 1024 * 1024;
const now = () => Math.floor(Date.now() / 1000);

let stack, secret;

before(async () => {
  stack = await testStack('webhook');
  secret = stack.state.webhook_secrets[NORTHWIND];
  await stack.tick();
  await untilRested(stack);
});
after(() => stack?.stop());

const fixture = (name) => JSON.parse(readFileSync(new URL(name, FIXTURES), 'utf8'));
const eventId = () => `evt_${randomUUID().replaceAll('-', '')}`;

// A recorded event as if it had just happened to an object of its own.
function fresh(name, { object = {}, ...event } = {}) {
  const recorded = fixture(name);
  const id = `${recorded.data.object.id.split('_')[0]}_${randomUUID().slice(0, 8)}`;
  return {
    ...recorded,
    id: eventId(),
    created: now(),
    ...event,
    data: { object: { ...recorded.data.object, id, ...object } },
  };
}

async function send(body, headers, slug = NORTHWIND) {
  const reply = await fetch(webhookUrl(stack, slug), { method: 'POST', headers, body });
  return { status: reply.status, text: await reply.text(), headers: reply.headers };
}

function deliver(event, slug = NORTHWIND) {
  const payload = typeof event === 'string' ? event : JSON.stringify(event, null, 2);
  return send(payload, signed({ payload, secret }), slug);
}

const receipt = (key) => one(stack, 'select * from webhook_receipts where delivery_key = $1', [key]);
const charge = (id) => one(stack, 'select * from stripe_charges where id = $1', [id]);
const settled = (key) =>
  until(`receipt ${key} settled`, async () => {
    const row = await receipt(key);
    return row && row.state !== 'received' && row;
  });

const reaches = (key, state) =>
  until(`receipt ${key} ${state}`, async () => (await receipt(key))?.state === state);

// The raw signature, for bytes that the official package would not send.
function rawHeaders(bytes, timestamp = now()) {
  const hex = createHmac('sha256', secret).update(`${timestamp}.`).update(bytes).digest('hex');
  return { 'stripe-signature': `t=${timestamp},v1=${hex}` };
}

test('a signed event becomes a row of its client, bytes in storage, and a receipt', async () => {
  const event = fresh('charge_succeeded.json');
  const payload = JSON.stringify(event, null, 2);
  const started = performance.now();
  assert.equal((await deliver(payload)).status, 200);
  const row = await until('the charge', () => charge(event.data.object.id));
  const took = performance.now() - started;
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
  assert.ok(took < 1000, `the row was there after ${took} ms`);
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
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.deepEqual(await look(), before);
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
  ];
  for (const [name, table] of names) {
    const event = fresh(name);
    assert.equal((await deliver(event)).status, 200, name);
    assert.equal((await settled(event.id)).state, 'applied', name);
    assert.equal(await count(stack, table, `id = '${event.data.object.id}'`), 1, name);
  }
});

test('events that nothing is kept of are acknowledged and ignored', async () => {
  for (const name of ['product_created.json', 'customer_updated.json', 'invoice_paid.json']) {
    const event = fresh(name);
    assert.equal((await deliver(event)).status, 200, name);
    await reaches(event.id, 'ignored');
  }
  const unheard = { ...fresh('product_created.json'), type: 'something.new' };
  assert.equal((await deliver(unheard)).status, 200);
  await reaches(unheard.id, 'ignored');
  assert.equal((await deliver(fixture('v2_thin_event.json'))).status, 200);
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

test('a header that is wrong in any way is 400, stores nothing, and is counted', async () => {
  const payload = JSON.stringify(fresh('charge_succeeded.json'));
  const good = signed({ payload, secret })['stripe-signature'];
  const [t, v1] = good.split(',');
  const wrong = {
    missing: undefined,
    empty: '',
    malformed: 'not a signature header',
    'without t': v1,
    'without v1': t,
    'only v0': `${t},v0=${v1.slice(3)}`,
    'another secret': signed({ payload, secret: 'whsec_of_somebody_else' })['stripe-signature'],
    'another time': `t=${now() - 1},${v1}`,
    old: signed({ payload, secret, timestamp: now() - 301 })['stripe-signature'],
    'far future': signed({ payload, secret, timestamp: now() + 600 })['stripe-signature'],
    'cut short': `${t},${v1.slice(0, -1)}`,
  };
  const before = [bucketObjects(stack).length, await count(stack, 'webhook_receipts')];
  for (const [name, header] of Object.entries(wrong)) {
    const reply = await send(payload, header === undefined ? {} : { 'stripe-signature': header });
    assert.equal(reply.status, 400, name);
    assert.doesNotMatch(reply.text, /whsec/);
  }
  assert.equal((await send(`${payload} `, { 'stripe-signature': good })).status, 400, 'another body');
  assert.deepEqual([bucketObjects(stack).length, await count(stack, 'webhook_receipts')], before);
  await until(
    'the bad signatures counted',
    async () =>
      (
        await one(
          stack,
          `select * from service_facts where client_id = $1 and service = 'stripe' and stream = 'webhook'`,
          [CLIENT[NORTHWIND]],
        )
      ).bad_signatures >= 3,
  );
});

test('a header sent twice counts when one of its signatures is right', async () => {
  const event = fresh('charge_succeeded.json');
  const payload = JSON.stringify(event);
  const good = signed({ payload, secret })['stripe-signature'];
  const twice = await send(payload, [
    ['stripe-signature', good],
    ['stripe-signature', good],
  ]);
  assert.ok([200, 400].includes(twice.status), `${twice.status}`);
  const rolled = `${good.split(',')[0]},v1=${'0'.repeat(64)},${good.split(',')[1]}`;
  assert.equal((await send(payload, { 'stripe-signature': rolled })).status, 200);
  assert.equal((await settled(event.id)).state, 'applied');
});

test('a good delivery ends the row of bad signatures', async () => {
  const event = fresh('charge_succeeded.json');
  await deliver(event);
  await settled(event.id);
  const facts = await one(
    stack,
    `select * from service_facts where client_id = $1 and service = 'stripe' and stream = 'webhook'`,
    [CLIENT[NORTHWIND]],
  );
  assert.equal(facts.bad_signatures, 0);
});

test('an unknown workspace is 404 like one without the secret, in the time of a known one', async () => {
  const payload = JSON.stringify(fresh('charge_succeeded.json'));
  const headers = signed({ payload, secret: 'whsec_of_somebody_else' });
  const slugs = ['no-such-client', 'oak-bakery', NORTHWIND];
  const answers = Object.fromEntries(slugs.map((slug) => [slug, { times: [] }]));
  for (let round = 0; round < 40; round++)
    for (const slug of slugs) {
      const started = performance.now();
      Object.assign(answers[slug], await send(payload, headers, slug));
      answers[slug].times.push(performance.now() - started);
    }
  assert.equal(answers['no-such-client'].status, 404);
  assert.equal(answers['oak-bakery'].status, 404);
  assert.equal(answers['no-such-client'].text, answers['oak-bakery'].text);
  assert.equal(answers[NORTHWIND].status, 400);
  // The fast third: what the code takes, without what else the machine was doing.
  const typical = ({ times }) => times.sort((a, b) => a - b)[Math.floor(times.length / 3)];
  const all = slugs.map((slug) => typical(answers[slug]));
  assert.ok(Math.max(...all) - Math.min(...all) < 8, `${slugs}: ${all} ms`);
  assert.equal((await send(payload, headers, 'No_Such')).status, 404);
});

test('a body of 6 MB is 413 and stores nothing', async () => {
  const before = bucketObjects(stack).length;
  const body = Buffer.alloc(SIX_MB, 0x20);
  assert.equal((await send(body, rawHeaders(body))).status, 413);
  const stream = new ReadableStream({
    start(controller) {
      for (let i = 0; i < 96; i++) controller.enqueue(new Uint8Array(65536));
      controller.close();
    },
  });
  const chunked = await fetch(webhookUrl(stack), { method: 'POST', body: stream, duplex: 'half' });
  assert.equal(chunked.status, 413);
  assert.equal(bucketObjects(stack).length, before);
});

test('another method is 405, an unknown service 404', async () => {
  assert.equal((await fetch(webhookUrl(stack))).status, 405);
  const unknown = await fetch(webhookUrl(stack).replace('/stripe/', '/paypal/'), {
    method: 'POST',
    body: '{}',
  });
  assert.equal(unknown.status, 404);
});
