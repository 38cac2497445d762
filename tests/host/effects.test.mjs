import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { after, before, test } from 'node:test';

import { readAtMost } from '../../edge-workers/host/bytes.mjs';
import { Effects } from '../../edge-workers/host/effects.mjs';
import { Secrets } from '../../edge-workers/host/secrets.mjs';
import { MANIFEST, bytesOf, env, textOf } from './core_double.mjs';

const KEY = 'sk_test_northwind+/=key';
const VECTORS = JSON.parse(
  readFileSync(new URL('../fixtures/stripe/signature_vectors.json', import.meta.url), 'utf8'),
);

let server, origin, seen;

// A provider that answers by path and remembers what it was sent.
async function provider(request, response) {
  let body = '';
  for await (const chunk of request) body += chunk;
  seen.push({ url: request.url, headers: request.headers, body });
  const path = request.url.split('?')[0];
  if (path === '/redirect') return response.writeHead(302, { location: '/elsewhere' }).end();
  if (path === '/never') return;
  if (path === '/stall') return response.writeHead(200).write('{');
  if (path === '/large') return response.end(Buffer.alloc(100_000, 0x61));
  if (path === '/cut')
    return response.writeHead(200, { 'content-length': 10 }).write('abc', () => response.destroy());
  response.setHeader('x-echo', request.headers.authorization ?? '');
  response.end(`you said ${request.headers.authorization} and ${body}`);
}

before(async () => {
  server = createServer(provider).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${server.address().port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

function effects(more = {}, workspace = 'northwind-dental') {
  seen = [];
  const all = env({ LOCAL_ORIGINS: JSON.stringify({ 'https://api.stripe.com': origin }), ...more });
  return new Effects(all, new Secrets(all, MANIFEST, workspace));
}

const get = (path, more = {}) => ({
  kind: 'http',
  method: 'GET',
  url: `https://api.stripe.com${path}`,
  timeout_ms: 2000,
  headers: [['authorization', 'Bearer {{secret:stripe.secret_key}}']],
  ...more,
});

test('http fills in the key, and takes it out of what comes back', async () => {
  const reply = await effects().run(get('/echo'));
  assert.equal(seen[0].headers.authorization, `Bearer ${KEY}`);
  assert.equal(reply.status, 200);
  assert.equal(textOf(reply.bytes), 'you said Bearer [redacted] and ');
  assert.ok(reply.headers.some(([name, value]) => name === 'x-echo' && value === 'Bearer [redacted]'));
});

test('http refuses to send a key elsewhere, and sends nothing then', async () => {
  const refused = await effects().run(get('', { url: `${origin}/echo` }));
  assert.equal(refused.failed, 'secret_refused');
  const missing = await effects({}, 'fern-studio').run(get('/echo'));
  assert.equal(missing.failed, 'secret_missing');
  assert.deepEqual(seen, []);
});

test('a key that was pasted with a line break is told as such, and nothing is sent', async () => {
  const vars = {
    WORKSPACE_HARBOR_YOGA: JSON.stringify({ stripe: { secret_key: 'sk_test_broken\nin_two' } }),
  };
  const refused = await effects(vars, 'harbor-yoga').run(get('/echo'));
  assert.equal(refused.failed, 'bad_key');
  assert.match(refused.message, /stripe\.secret_key has a line break/);
  assert.deepEqual(seen, []);
});

test('a redirect is reported, not followed', async () => {
  const reply = await effects().run(get('/redirect'));
  assert.equal(reply.status, 302);
  assert.equal(seen.length, 1);
});

test('a key in the URL is escaped and cannot move the request', async () => {
  const reply = await effects().run(get('/echo?key={{secret:stripe.secret_key}}'));
  assert.equal(reply.status, 200);
  assert.equal(seen[0].url, `/echo?key=${encodeURIComponent(KEY)}`);
  const moved = await effects().run(get('', { url: 'https://{{secret:stripe.secret_key}}.example/' }));
  assert.ok(moved.failed);
  assert.deepEqual(seen, []);
});

test('a placeholder inside a body is text, unless the effect names it', async () => {
  const body = bytesOf('{"note":"{{secret:stripe.secret_key}}","other":"{{secret:supabase.secret_key}}"}');
  await effects().run(get('/echo', { method: 'POST' }), body);
  assert.equal(seen[0].body, textOf(body));
  await effects().run(get('/echo', { method: 'POST', body_secrets: ['stripe.secret_key'] }), body);
  assert.deepEqual(JSON.parse(seen[0].body), { note: KEY, other: '{{secret:supabase.secret_key}}' });
});

test('http keeps its limits of time and size', async () => {
  assert.equal((await effects().run(get('/never', { timeout_ms: 50 }))).failed, 'timeout');
  assert.equal((await effects().run(get('/stall', { timeout_ms: 50 }))).failed, 'timeout');
  assert.equal((await effects().run(get('/large', { max_bytes: 99_999 }))).failed, 'too_large');
  assert.equal((await effects().run(get('/large', { max_bytes: 100_000 }))).bytes.length, 100_000);
  assert.equal((await effects().run(get('/cut'))).failed, 'network');
  const gone = await effects({ LOCAL_ORIGINS: '{"https://api.stripe.com":"http://127.0.0.1:9"}' }).run(
    get('/echo'),
  );
  assert.equal(gone.failed, 'network');
});

test('reading stops at the limit and leaves the rest unread', async () => {
  let given = 0;
  let cancelled = false;
  const endless = new ReadableStream({
    pull: (controller) => (given++, controller.enqueue(new Uint8Array(1024))),
    cancel: () => (cancelled = true),
  });
  assert.equal(await readAtMost(endless, 10_000), null);
  assert.ok(cancelled && given < 20);
});

const verify = (secret, prefix, body, signatures) => {
  const all = env({ WORKSPACE_NORTHWIND_DENTAL: JSON.stringify({ stripe: { webhook_secret: secret } }) });
  const one = new Effects(all, new Secrets(all, MANIFEST, 'northwind-dental'));
  return one.run(
    { kind: 'verify', algorithm: 'hmac-sha256', secret: 'stripe.webhook_secret', prefix, signatures },
    bytesOf(body),
  );
};

test('verify agrees with the published answers', async () => {
  for (const { secret, message, hex, name } of VECTORS.known_answers_published) {
    assert.deepEqual(await verify(secret, '', message, [hex]), { valid: true, secret_present: true }, name);
    assert.deepEqual(
      await verify(secret, '', `${message}x`, [hex]),
      { valid: false, secret_present: true },
      name,
    );
  }
});

test("verify agrees with every signature vector (the age is the core's to judge)", async () => {
  for (const { name, secret, payload, header, reason } of VECTORS.cases) {
    const pairs = header.split(',').map((pair) => pair.split(/=(.*)/s));
    const t = pairs.find(([key]) => key === 't')?.[1] ?? '';
    const signatures = pairs.filter(([key]) => key === 'v1').map(([, value]) => value);
    const { valid } = await verify(secret, `${t}.`, payload, signatures);
    assert.equal(valid, reason === null || reason === 'timestamp', name);
  }
});

test('verify without a secret does the same work and never agrees', async () => {
  const absent = effects({}, 'fern-studio');
  const ask = {
    kind: 'verify',
    algorithm: 'hmac-sha256',
    secret: 'stripe.webhook_secret',
    prefix: '1.',
    signatures: ['0'.repeat(64), 'ff'],
  };
  assert.deepEqual(await absent.run(ask, bytesOf('x')), { valid: false, secret_present: false });
});

test('an object is written once, and without a known secret in it', async () => {
  const objects = new Map();
  const RAW = {
    async put(key, bytes, { onlyIf }) {
      if (onlyIf?.etagDoesNotMatch === '*' && objects.has(key)) return null;
      objects.set(key, bytes);
      return { key };
    },
    async get(key) {
      return objects.has(key) ? { arrayBuffer: async () => objects.get(key).buffer } : null;
    },
  };
  const one = effects({ RAW });
  const put = { kind: 'put_object', key: 'raw/1', content_type: 'application/json', if_absent: true };
  assert.deepEqual(await one.run(put, bytesOf(`{"k":"${KEY}"}`)), { stored: true });
  assert.deepEqual(await one.run(put, bytesOf('other')), { stored: false });
  const { found, bytes } = await one.run({ kind: 'get_object', key: 'raw/1' });
  assert.deepEqual([found, textOf(bytes)], [true, '{"k":"[redacted]"}']);
  assert.deepEqual(await one.run({ kind: 'get_object', key: 'raw/2' }), { found: false });
});

test("an object's metadata is kept beside it without a known secret, and comes back with it", async () => {
  const kept = new Map();
  const RAW = {
    put: async (key, bytes, options) => kept.set(key, { bytes, customMetadata: options.customMetadata }),
    get: async (key) => {
      const { bytes, customMetadata } = kept.get(key);
      return { customMetadata, arrayBuffer: async () => bytes.buffer };
    },
  };
  const one = effects({ RAW });
  const metadata = { query: JSON.stringify({ partition: `of ${KEY}` }), reply: '{"status":200}' };
  await one.run({ kind: 'put_object', key: 'raw/1', metadata }, bytesOf('{}'));
  const clean = { query: '{"partition":"of [redacted]"}', reply: '{"status":200}' };
  assert.deepEqual(kept.get('raw/1').customMetadata, clean);
  assert.deepEqual((await one.run({ kind: 'get_object', key: 'raw/1' })).metadata, clean);
  await one.run({ kind: 'put_object', key: 'webhooks/1' }, bytesOf('{}'));
  assert.equal(kept.get('webhooks/1').customMetadata, undefined);
  assert.deepEqual((await one.run({ kind: 'get_object', key: 'webhooks/1' })).metadata, {});
});

test('storage and queue that fail are results, with the secret taken out of the message', async () => {
  const broken = async () => {
    throw new Error(`no bucket for ${KEY}`);
  };
  const one = effects({ RAW: { put: broken, get: broken }, JOBS: { send: broken } });
  for (const effect of [
    { kind: 'put_object', key: 'k' },
    { kind: 'get_object', key: 'k' },
    { kind: 'enqueue', message: {} },
  ]) {
    const result = await one.run(effect, new Uint8Array());
    assert.ok(result.failed);
    assert.equal(result.message, 'no bucket for [redacted]');
  }
});

test('a message waits as long as asked, within what a queue allows', async () => {
  const sent = [];
  const one = effects({
    JOBS: { send: async (message, options) => sent.push([message, options.delaySeconds]) },
  });
  for (const delay_secs of [undefined, -5, 1.2, 1e9])
    await one.run({ kind: 'enqueue', message: { job: 'sync' }, delay_secs });
  assert.deepEqual(
    sent.map(([, delay]) => delay),
    [0, 0, 2, 43200],
  );
});

test('an effect that the host does not know is a failure, not a crash', async () => {
  assert.equal((await effects().run({ kind: 'sing' })).failed, 'unknown');
});
