// Where the host's own rules end: headers, bodies, passwords, limits, grants.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign as signWith } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';

import { Bodies, SHARES } from '../../edge-workers/host/bodies.mjs';
import { Captures } from '../../edge-workers/host/captures.mjs';
import { Effects } from '../../edge-workers/host/effects.mjs';
import { assetReply, readConfig } from '../../edge-workers/host/pages.mjs';
import { Secrets } from '../../edge-workers/host/secrets.mjs';
import { MANIFEST, bytesOf, env, steps } from './core_double.mjs';
import { answering, batch, context, message, ok, post, respond, workerAround } from './worker_double.mjs';

const KEY = 'sk_test_northwind+/=key';

test("headers that hold a session are not the core's business", async () => {
  let names;
  const core = steps(
    ({ event }) => ((names = event.headers.map(([name]) => name)), { effects: [respond(200), ok] }),
  );
  const headers = { cookie: 'a=1', authorization: 'Bearer x', 'proxy-authorization': 'Basic dTpw' };
  await workerAround(core).fetch(post('/webhooks/stripe/northwind-dental', '{}', headers), env(), context());
  for (const name of Object.keys(headers)) assert.ok(!names.includes(name), name);
});

const MB = 1024 * 1024;
const upload = (mebibytes) => post('/webhooks/stripe/northwind-dental', new Uint8Array(mebibytes * MB));

test('of large bodies 64 MB are in hand at once, with their copies, and the senders of more come again', async () => {
  const bodies = new Bodies();
  // Until it is in hand, where it stays until it is let go.
  const sent = (mebibytes) =>
    new Promise((inHand) => {
      const used = bodies.use(upload(mebibytes), 32 * MB, () => ({
        reply: new Promise((letGo) => inHand({ letGo, used: () => used })),
      }));
    });
  const asked = (mebibytes) =>
    bodies.use(upload(mebibytes), 32 * MB, (body) => ({ reply: body?.length ?? null }));
  const first = await sent(20);
  const second = await sent(10);
  assert.equal(await asked(2), undefined);
  assert.equal(await asked(9), undefined);
  assert.equal(await asked(1), MB);
  assert.equal(await asked(0.2), Math.floor(0.2 * MB), 'small ones have a share of their own');
  first.letGo('done');
  assert.equal(await first.used(), 'done');
  assert.equal(await asked(22), 22 * MB);
  assert.equal(await asked(23), undefined);
  second.letGo();
  await second.used();
  assert.equal(await asked(32), 32 * MB);
  assert.equal(await asked(33), null, 'too large');
  assert.equal(await asked(32), 32 * MB, 'it gave its place back');
});

test('of small bodies 32 MB are in hand at once, with their copies', async () => {
  const bodies = new Bodies();
  let letGo;
  const until = new Promise((resolve) => (letGo = resolve));
  const answer = (body) => ({ reply: body.length, over: until });
  const ask = () => bodies.use(upload(0.25), 32 * MB, answer);
  for (let n = 0; n < 32; n++) assert.equal(await ask(), MB / 4);
  assert.equal(await ask(), undefined);
  for (const size of [5, 1 / 64])
    assert.equal(await bodies.use(upload(size), 32 * MB, (body) => ({ reply: body.length })), size * MB);
  letGo();
  await until;
  assert.equal(await ask(), MB / 4, 'they gave their places back');
});

test('a body that is still small after a while does not arrive', async () => {
  const bodies = new Bodies(
    Date.now,
    SHARES.map((share) => ({ ...share, longestMs: share.longestMs === 15_000 ? 20 : 60_000 })),
  );
  const answer = (bytes) => ({ reply: bytes.length });
  const hanging = (bytes) =>
    new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(bytes)) });
  const use = (body) => bodies.use(post('/webhooks/stripe/northwind-dental', body), 32 * MB, answer);
  assert.equal(await use(hanging(1000)), undefined);
  let end;
  const whole = new ReadableStream({
    start: (controller) => {
      controller.enqueue(new Uint8Array(MB));
      end = () => controller.close();
    },
  });
  const large = use(whole);
  assert.equal(await use(hanging(1000)), undefined); // so long that the large one's time would be over
  end();
  assert.equal(await large, MB);
});

test('a large body is in hand until what it is for is over, not only answered', async () => {
  const bodies = new Bodies();
  let end;
  const over = new Promise((resolve) => (end = resolve));
  assert.equal(await bodies.use(upload(30), 32 * MB, () => ({ reply: 'received', over })), 'received');
  const asked = () => bodies.use(upload(30), 32 * MB, (body) => ({ reply: body.length }));
  assert.equal(await asked(), undefined);
  end();
  await over;
  assert.equal(await asked(), 30 * MB);
});

test('a body has its time to arrive, and no place after it', async () => {
  const bodies = new Bodies(
    Date.now,
    SHARES.map((share) => ({ ...share, longestMs: 1000 })),
  );
  let feed, reason;
  const body = new ReadableStream({
    start: (controller) => (feed = controller),
    cancel: () => (reason = 'cancelled'),
  });
  const answer = (bytes) => ({ reply: bytes.length });
  const slow = bodies.use(post('/webhooks/stripe/northwind-dental', body), 32 * MB, answer);
  feed.enqueue(new Uint8Array(30 * MB));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await bodies.use(upload(2), 32 * MB, answer), undefined);
  assert.equal(await slow, undefined, 'its sender may come again');
  assert.equal(reason, 'cancelled');
  assert.equal(await bodies.use(upload(20), 32 * MB, answer), 20 * MB);
});

test('a body whose request ended without a word keeps no place for ever', async () => {
  const clock = { now: 0 };
  const bodies = new Bodies(() => clock.now);
  const never = new Promise(() => {});
  await new Promise((inHand) => bodies.use(upload(30), 32 * MB, () => ({ reply: (inHand(), never) })));
  const asked = () => bodies.use(upload(30), 32 * MB, (body) => ({ reply: body.length }));
  assert.equal(await asked(), undefined);
  clock.now += 121_000;
  assert.equal(await asked(), 30 * MB);
});

test('a request whose body finds no place is 503 with Retry-After', async () => {
  const hung = steps(() => ({ effects: [{ effect: 3, kind: 'enqueue', message: {} }] }));
  // For the rest of this file: nothing after it sends large ones.
  for (let n = 0; n < 3; n++)
    await new Promise((inHand) => {
      const JOBS = { send: () => (inHand(), new Promise(() => {})) };
      workerAround(hung).fetch(upload(5), env({ JOBS }), context());
    });
  const core = answering(200);
  for (const request of [upload(2), post('/api/workspaces/a/email', new Uint8Array(2 * MB))]) {
    const reply = await workerAround(core).fetch(request, env(), context());
    assert.deepEqual([reply.status, reply.headers.get('retry-after')], [503, '30']);
  }
});

test('a body that says it is too large is not read at all', async () => {
  let read = 0;
  const body = new ReadableStream(
    { pull: (c) => (read++, c.enqueue(new Uint8Array(1024))) },
    { highWaterMark: 0 },
  );
  const core = steps(() => ({ effects: [respond(413), ok] }));
  const reply = await workerAround(core).fetch(
    post('/webhooks/stripe/a', body, { 'content-length': String(33 * MB) }),
    env(),
    context(),
  );
  assert.deepEqual([reply.status, read], [413, 0]);
});

test('an unfit configuration takes no message', async () => {
  const { log } = console;
  console.log = () => {};
  const core = steps(() => assert.fail('the core is not asked'));
  const one = message({ job: 'sync', workspace: 'northwind-dental' });
  try {
    await workerAround(core).queue(
      batch('webfluentia-jobs', one),
      env({ SUPABASE_URL: 'http://abc.supabase.co' }),
    );
  } finally {
    console.log = log;
  }
  assert.deepEqual(one.became, ['retry', 60]);
});

test('a job has the ids and the keys of its workspace', async (t) => {
  let ids, sent;
  t.mock.method(
    globalThis,
    'fetch',
    async (_, { headers }) => ((sent = Object.fromEntries(headers)), new Response('')),
  );
  const call = {
    effect: 1,
    kind: 'http',
    method: 'GET',
    url: 'https://api.stripe.com/x',
    headers: [['authorization', '{{secret:stripe.secret_key}}']],
  };
  const core = steps(
    ({ event }) => ((ids = event.ids), { effects: [call] }),
    () => [ok],
  );
  await workerAround(core).queue(
    batch('webfluentia-jobs', message({ job: 'sync', workspace: 'northwind-dental' })),
    env(),
  );
  assert.deepEqual(ids, { 'google_ads.customer_id': '1234567890' });
  assert.deepEqual(sent, { authorization: KEY, 'user-agent': 'webfluentia-edge' });
});

test('the headers of every page, whole', async () => {
  const hosted = env({
    SUPABASE_URL: 'https://abc.supabase.co',
    ASSETS: { fetch: async () => new Response('x') },
  });
  const config = readConfig(hosted);
  assert.equal(config.headers.get('cache-control'), 'no-store');
  for (const reply of [config, await assetReply(hosted, new Request('http://worker/'))]) {
    assert.equal(
      reply.headers.get('content-security-policy'),
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; " +
        "connect-src 'self' https://abc.supabase.co wss://abc.supabase.co; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    for (const [name, value] of [
      ['x-content-type-options', 'nosniff'],
      ['referrer-policy', 'no-referrer'],
      ['cross-origin-opener-policy', 'same-origin'],
      ['strict-transport-security', 'max-age=31536000'],
    ])
      assert.equal(reply.headers.get(name), value, name);
  }
});

async function provider(answer) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => (server.closeAllConnections(), server.close()),
  };
}
const CAPTURING = {
  secrets: [{ name: 'google_ads.refresh_token', hosts: ['oauth2.googleapis.com'] }],
  ids: [],
  captured: [{ name: 'google_ads.access_token', hosts: ['googleads.googleapis.com'] }],
};

test('a redirect of a token endpoint is told', async () => {
  const { origin, close } = await provider((_, response) =>
    response
      .writeHead(302, { location: 'https://login.example/' })
      .end('{"access_token":"ya29.not-a-grant"}'),
  );
  const all = env({ LOCAL_ORIGINS: JSON.stringify({ 'https://oauth2.googleapis.com': origin }) });
  const one = new Effects(all, new Secrets(all, CAPTURING, 'oak-bakery', new Captures()));
  const reply = await one.run(
    {
      kind: 'http',
      method: 'POST',
      url: 'https://oauth2.googleapis.com/token',
      headers: [],
      capture: { name: 'google_ads.access_token' },
    },
    bytesOf(''),
  );
  close();
  assert.equal(reply.status, 302);
});

test('a key with a quote stays inside its JSON text', async () => {
  let body = '';
  const { origin, close } = await provider(async (request, response) => {
    for await (const chunk of request) body += chunk;
    response.end();
  });
  const value = 'sk_"test\\key"';
  const all = env({
    LOCAL_ORIGINS: JSON.stringify({ 'https://api.stripe.com': origin }),
    WORKSPACE_OAK_BAKERY: JSON.stringify({ stripe: { secret_key: value } }),
  });
  const one = new Effects(all, new Secrets(all, MANIFEST, 'oak-bakery'));
  await one.run(
    {
      kind: 'http',
      method: 'POST',
      url: 'https://api.stripe.com/x',
      headers: [],
      body_secrets: ['stripe.secret_key'],
    },
    bytesOf('{"key":"{{secret:stripe.secret_key}}"}'),
  );
  close();
  assert.deepEqual(JSON.parse(body), { key: value });
});

test('a reply without a limit of its own has one', async () => {
  const { origin, close } = await provider((_, response) => response.end(Buffer.alloc(16 * 1024 * 1024 + 1)));
  const all = env({ LOCAL_ORIGINS: JSON.stringify({ 'https://api.stripe.com': origin }) });
  const reply = await new Effects(all, new Secrets(all, MANIFEST, 'northwind-dental')).run({
    kind: 'http',
    method: 'GET',
    url: 'https://api.stripe.com/x',
    headers: [],
  });
  close();
  assert.equal(reply.failed, 'too_large');
});

test('of several signatures one that is right is enough, in any place', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const right = signWith('sha256', Buffer.from('x'), privateKey).toString('base64');
  const all = env({ WORKSPACE_OAK_BAKERY: JSON.stringify({ stripe: { webhook_secret: key } }) });
  for (const signatures of [
    [right, 'AAAA'],
    ['AAAA', right],
  ]) {
    const result = await new Effects(all, new Secrets(all, MANIFEST, 'oak-bakery')).run(
      {
        kind: 'verify',
        algorithm: 'ecdsa-p256-sha256',
        secret: 'stripe.webhook_secret',
        prefix: '',
        signatures,
      },
      bytesOf('x'),
    );
    assert.equal(result.valid, true);
  }
});

test('whoever waits for a fetch that never ends fetches for itself', { timeout: 5000 }, async () => {
  const captures = new Captures();
  captures.once('w', 'n', 50, () => new Promise(() => {}));
  assert.equal(await captures.once('w', 'n', 50, async () => 'own'), 'own');
});

test('a life that is no number is the usual one', () => {
  const clock = { now: 0 };
  const captures = new Captures(() => clock.now);
  captures.keep('w', 'n', 'value', 'soon');
  clock.now = 239_000;
  assert.equal(captures.get('w', 'n'), 'value');
  clock.now = 240_000;
  assert.equal(captures.get('w', 'n'), undefined);
});
