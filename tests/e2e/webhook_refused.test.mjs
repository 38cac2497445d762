// Deliveries that are refused: which status, and that they leave nothing behind.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { signed } from '../sandbox/stripe_webhook.mjs';
import { deliveriesTo, fresh, now } from './deliveries.mjs';
import {
  CLIENT,
  NORTHWIND,
  bucketObjects,
  count,
  one,
  testStack,
  until,
  untilRested,
  webhookUrl,
} from './harness.mjs';

const SIX_MB = 6 * 1024 * 1024;

let stack, secret, send, deliver, rawHeaders, settled;

before(async () => {
  stack = await testStack('webhook_refused');
  ({ secret, send, deliver, rawHeaders, settled } = deliveriesTo(stack));
  await stack.tick();
  await untilRested(stack);
});
after(() => stack?.stop());

test('a header that is wrong in any way is 400, keeps nothing, and is counted', async () => {
  const event = fresh('charge_succeeded.json');
  const payload = JSON.stringify(event);
  const ahead = fresh('charge_succeeded.json');
  const payloadAhead = JSON.stringify(ahead);
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
    'another time': `t=${Number(t.slice(2)) - 1},${v1}`,
    old: signed({ payload, secret, timestamp: now() - 301 })['stripe-signature'],
    'cut short': `${t},${v1.slice(0, -1)}`,
  };
  const before = [bucketObjects(stack).length, await count(stack, 'webhook_receipts')];
  const told = (id) => one(stack, `select state, error from webhook_receipts where delivery_key = $1`, [id]);
  for (const [name, header] of Object.entries(wrong)) {
    const reply = await send(payload, header === undefined ? {} : { 'stripe-signature': header });
    assert.equal(reply.status, 400, name);
    assert.doesNotMatch(reply.text, /whsec/);
  }
  assert.equal((await send(`${payload} `, { 'stripe-signature': good })).status, 400, 'another body');
  const farFuture = signed({ payload: payloadAhead, secret, timestamp: now() + 600 });
  assert.equal((await send(payloadAhead, farFuture)).status, 400, 'far future');
  // Genuine, but of another time: lost, as long as it is not sent again.
  for (const [{ id }, error] of [
    [event, 'a delivery was refused: timestamp too old'],
    [ahead, 'a delivery was refused: timestamp in the future'],
  ]) {
    await until(`${error}: told`, () => told(id));
    assert.deepEqual(await told(id), { state: 'failed', error });
  }
  assert.deepEqual(
    [bucketObjects(stack).length, await count(stack, 'webhook_receipts')],
    [before[0], before[1] + 2],
  );
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
  const twice = [
    ['stripe-signature', `${good.split(',')[0]},v1=${'0'.repeat(64)}`],
    ['stripe-signature', good],
  ];
  assert.equal((await send(payload, twice)).status, 200);
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

test('an unknown workspace answers like one without the secret and like a known one, in the same time', async () => {
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
  const told = slugs.map((slug) => [answers[slug].status, answers[slug].text]);
  assert.deepEqual(told, Array(3).fill([400, 'signature does not match, or no secret for it is set here']));
  // Alike, as far as this machine can tell right now: its own scatter is the measure.
  const quantile = (slug, part) => answers[slug].times.sort((a, b) => a - b)[Math.floor(40 * part)];
  const medians = slugs.map((slug) => quantile(slug, 0.5));
  const scatter = Math.max(...slugs.map((slug) => quantile(slug, 0.8) - quantile(slug, 0.2)));
  const apart = Math.max(...medians) - Math.min(...medians);
  assert.ok(apart < Math.max(8, scatter), `${slugs}: ${medians} ms, scatter ${scatter}`);
  assert.equal((await send(payload, headers, 'No_Such')).status, 404);
});

test('a body of 6 MB is 413 and stores nothing; a signed one is kept and on the card at once, as what it is', async () => {
  const body = Buffer.alloc(SIX_MB, 0x20);
  const facts = () =>
    one(
      stack,
      `select failure_kind, failure_message, bad_signatures from service_facts
       where client_id = $1 and service = 'stripe' and stream = 'webhook'`,
      [CLIENT[NORTHWIND]],
    );
  await deliver(fresh('charge_succeeded.json'));
  await until('those before are over', async () => (await facts()).bad_signatures === 0);
  const before = bucketObjects(stack).length;
  const stranger = signed({ payload: body.toString(), secret: 'whsec_of_somebody_else' });
  assert.equal((await send(body, stranger)).status, 413);
  await until('the stranger is counted', async () => (await facts()).bad_signatures > 0);
  assert.doesNotMatch(String((await facts()).failure_message), /5 MB/);
  assert.equal(bucketObjects(stack).length, before);
  assert.equal((await send(body, rawHeaders(body))).status, 200);
  await until('the genuine one is told', async () =>
    /more than 5 MB; its bytes are kept/.test((await facts()).failure_message),
  );
  assert.equal((await facts()).failure_kind, 'data');
  const stream = new ReadableStream({
    start(controller) {
      for (let i = 0; i < 96; i++) controller.enqueue(new Uint8Array(65536));
      controller.close();
    },
  });
  const chunked = await fetch(webhookUrl(stack), { method: 'POST', body: stream, duplex: 'half' });
  assert.equal(chunked.status, 413);
  assert.equal(bucketObjects(stack).length, before + 1);
});

test('another method is 405, an unknown service 404', async () => {
  assert.equal((await fetch(webhookUrl(stack))).status, 405);
  const unknown = await fetch(webhookUrl(stack).replace('/stripe/', '/paypal/'), {
    method: 'POST',
    body: '{}',
  });
  assert.equal(unknown.status, 404);
});
