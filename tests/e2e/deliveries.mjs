// Deliveries to a running stack, and what became of them.
import { createHmac, randomUUID } from 'node:crypto';

import { signed } from '../sandbox/stripe_webhook.mjs';
import { readFixture } from '../sandbox/stripe_account.mjs';
import { NORTHWIND, one, until, webhookUrl } from './harness.mjs';

export const now = () => Math.floor(Date.now() / 1000);
export const eventId = () => `evt_${randomUUID().replaceAll('-', '')}`;
export const recorded = (name) => readFixture(`events/${name}`);

// A recorded event as if it had just happened to an object of its own.
export function fresh(name, { object = {}, ...event } = {}) {
  const old = recorded(name);
  const id = `${old.data.object.id.split('_')[0]}_${randomUUID().slice(0, 8)}`;
  const data = { object: { ...old.data.object, id, ...object } };
  return { ...old, id: eventId(), created: now(), ...event, data };
}

// The calls of a test, bound to its stack and to Northwind's webhook secret.
export function deliveriesTo(stack) {
  const secret = stack.state.webhook_secrets[NORTHWIND];
  const send = async (body, headers, slug = NORTHWIND) => {
    const reply = await fetch(webhookUrl(stack, slug), { method: 'POST', headers, body });
    return { status: reply.status, text: await reply.text(), headers: reply.headers };
  };
  const deliver = (event, slug = NORTHWIND) => {
    const payload = typeof event === 'string' ? event : JSON.stringify(event, null, 2);
    return send(payload, signed({ payload, secret }), slug);
  };
  // The raw signature, for bytes that the official package would not send.
  const rawHeaders = (bytes, timestamp = now()) => {
    const hex = createHmac('sha256', secret).update(`${timestamp}.`).update(bytes).digest('hex');
    return { 'stripe-signature': `t=${timestamp},v1=${hex}` };
  };
  const receipt = (key) => one(stack, 'select * from webhook_receipts where delivery_key = $1', [key]);
  const charge = (id) => one(stack, 'select * from stripe_charges where id = $1', [id]);
  const settled = (key) =>
    until(`receipt ${key} settled`, async () => {
      const row = await receipt(key);
      return row && row.state !== 'received' && row;
    });
  const reaches = (key, state) =>
    until(`receipt ${key} ${state}`, async () => (await receipt(key))?.state === state);
  return { secret, send, deliver, rawHeaders, receipt, charge, settled, reaches };
}
