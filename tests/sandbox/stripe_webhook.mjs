// Deliveries as Stripe sends them, signed by its official package.
import Stripe from 'stripe';

// `payload` is sent byte for byte; `timestamp` (Unix seconds) can be moved to make an old one.
export function signed({ payload, secret, timestamp }) {
  const header = Stripe.webhooks.generateTestHeaderString({
    payload,
    secret,
    ...(timestamp && { timestamp }),
  });
  return {
    'content-type': 'application/json; charset=utf-8',
    'stripe-signature': header,
    'user-agent': 'Stripe/1.0',
  };
}

// Sends `copies` of one event at once; gives the statuses.
export async function deliver({ url, secret, event, copies = 1, timestamp }) {
  const payload = JSON.stringify(event, null, 2);
  const headers = signed({ payload, secret, timestamp });
  const one = async () => {
    const reply = await fetch(url, { method: 'POST', headers, body: payload, redirect: 'manual' });
    await reply.arrayBuffer();
    return reply.status;
  };
  return Promise.all(Array.from({ length: copies }, one));
}
