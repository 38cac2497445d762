// Credentials that expire: fetched once, used until shortly before their end, never shown.
import assert from 'node:assert/strict';
import { generateKeyPairSync, createVerify } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { Captures } from '../../edge-workers/host/captures.mjs';
import { Effects } from '../../edge-workers/host/effects.mjs';
import { Secrets } from '../../edge-workers/host/secrets.mjs';
import { bytesOf, env, textOf } from './core_double.mjs';

const META = JSON.parse(
  readFileSync(new URL('../fixtures/meta/webhook_signature_vectors.json', import.meta.url), 'utf8'),
);
const TOKEN = 'google_ads.access_token';
const PROOF = 'meta.proof';
const ASSERTION = 'search_console.assertion';
const REFRESH = 'refresh token+/=value';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' });

const MANIFEST = {
  secrets: [
    { name: 'google_ads.refresh_token', hosts: ['oauth2.googleapis.com'] },
    { name: 'search_console.private_key', hosts: [] },
    { name: 'meta.access_token', hosts: ['graph.facebook.com'] },
    { name: 'meta.app_secret', hosts: [] },
  ],
  ids: [],
  captured: [
    { name: TOKEN, hosts: ['googleads.googleapis.com'] },
    { name: ASSERTION, hosts: ['oauth2.googleapis.com'] },
    { name: PROOF, hosts: ['graph.facebook.com'] },
  ],
};

let server, origin, seen, grant;
before(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push({ url: request.url, authorization: request.headers.authorization, body });
    if (request.url !== '/token') return response.end(`you said ${request.headers.authorization}`);
    const {
      status = 200,
      delay = 0,
      json,
      text = JSON.stringify(json),
    } = grant(seen.filter(({ url }) => url === '/token').length);
    setTimeout(() => response.writeHead(status).end(text), delay);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${server.address().port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const numbered = (count) => ({ json: { access_token: `ya29.token-${count}`, expires_in: 3599 } });

// Flows of one workspace share `captures`; each has its own secrets.
function makeHost({ pem = PEM, answer = numbered } = {}) {
  seen = [];
  grant = answer;
  const clock = { now: 1_763_900_000_000 };
  const captures = new Captures(() => clock.now);
  const bundle = {
    google_ads: { refresh_token: REFRESH },
    search_console: { private_key: pem },
    meta: { access_token: 'EAAtoken123', app_secret: 'meta_test_app_secret' },
  };
  const all = env({
    WORKSPACE_NORTHWIND_DENTAL: JSON.stringify(bundle),
    WORKSPACE_HARBOR_YOGA: JSON.stringify({ google_ads: { refresh_token: 'harbor refresh token' } }),
    LOCAL_ORIGINS: JSON.stringify({
      'https://oauth2.googleapis.com': origin,
      'https://googleads.googleapis.com': origin,
      'https://graph.facebook.com': origin,
    }),
  });
  const flow = (workspace = 'northwind-dental') =>
    new Effects(all, new Secrets(all, MANIFEST, workspace, captures));
  return { flow, clock };
}

const ask = {
  kind: 'http',
  method: 'GET',
  url: 'https://googleads.googleapis.com/rows',
  headers: [['authorization', `Bearer {{secret:${TOKEN}}}`]],
};
const grantStep = (more = {}) => ({
  kind: 'http',
  method: 'POST',
  url: 'https://oauth2.googleapis.com/token',
  headers: [['content-type', 'application/x-www-form-urlencoded']],
  body_secrets: ['google_ads.refresh_token'],
  capture: { name: TOKEN, ...more },
});
const form = bytesOf('grant_type=refresh_token&refresh_token={{secret:google_ads.refresh_token}}');

test('a token is missing, then granted, then used, and the core never sees it', async () => {
  const one = makeHost().flow();
  const missing = await one.run(ask);
  assert.deepEqual([missing.failed, missing.name], ['secret_missing', TOKEN]);
  assert.deepEqual(await one.run(grantStep(), form), { captured: true });
  assert.equal(seen[0].body, `grant_type=refresh_token&refresh_token=${encodeURIComponent(REFRESH)}`);
  const reply = await one.run(ask);
  assert.equal(seen[1].authorization, 'Bearer ya29.token-1');
  assert.equal(textOf(reply.bytes), 'you said Bearer [redacted]');
  assert.equal(typeof reply.elapsed_ms, 'number');
});

test('another flow of the workspace uses the same token, another workspace does not', async () => {
  const { flow } = makeHost();
  await flow().run(grantStep(), form);
  assert.equal((await flow().run(ask)).status, 200);
  assert.deepEqual(await flow().run(grantStep(), form), { captured: true });
  assert.equal(seen.filter(({ url }) => url === '/token').length, 1);
  assert.equal((await flow('harbor-yoga').run(ask)).failed, 'secret_missing');
});

test('a token ends a minute before it expires', async () => {
  const { flow, clock } = makeHost();
  await flow().run(grantStep(), form);
  clock.now += (3599 - 61) * 1000;
  assert.equal((await flow().run(ask)).status, 200);
  clock.now += 1000;
  assert.equal((await flow().run(ask)).failed, 'secret_missing');
});

test('many flows that lack a token fetch it once', async () => {
  const { flow } = makeHost({ answer: (count) => ({ ...numbered(count), delay: 60 }) });
  const results = await Promise.all(Array.from({ length: 8 }, () => flow().run(grantStep(), form)));
  assert.deepEqual(results, Array(8).fill({ captured: true }));
  assert.equal(seen.length, 1);
});

test('a refused token is fetched again, once, however many flows were refused', async () => {
  const { flow } = makeHost();
  const flows = [flow(), flow(), flow()];
  await flows[0].run(grantStep(), form);
  for (const one of flows) await one.run(ask);
  for (const one of flows) await one.run(grantStep({ refresh: true }), form);
  assert.equal(seen.filter(({ url }) => url === '/token').length, 2);
  await flows[2].run(ask);
  assert.equal(seen.at(-1).authorization, 'Bearer ya29.token-2');
});

test('a refusal of the token endpoint reaches the core, without the secrets', async () => {
  const json = { error: 'invalid_grant', error_description: `expired: ${REFRESH}` };
  const { flow } = makeHost({ answer: () => ({ status: 400, json }) });
  const reply = await flow().run(grantStep(), form);
  assert.equal(reply.status, 400);
  assert.deepEqual(JSON.parse(textOf(reply.bytes)), { ...json, error_description: 'expired: [redacted]' });
  assert.equal((await flow().run(ask)).failed, 'secret_missing');
});

test('a success that cannot be read is told as that', async () => {
  for (const answer of [{ text: '<html>' }, { json: { access_token: 7 } }]) {
    const { flow } = makeHost({ answer: () => answer });
    const result = await flow().run(grantStep(), form);
    assert.deepEqual(result, { failed: 'not_json', message: 'the reply cannot be read' });
  }
});

test('a token that ends before it could be used is told as that', async () => {
  const { flow } = makeHost({ answer: () => ({ json: { access_token: 'ya29.short', expires_in: 59 } }) });
  const result = await flow().run(grantStep(), form);
  assert.deepEqual(result, { failed: 'short_lived', message: 'the token ends within a minute' });
});

test('a success without a token is told without its body', async () => {
  for (const json of [{}, { access_token: null }, { access_token: '' }, null, 'text']) {
    const { flow } = makeHost({ answer: () => ({ json }) });
    const result = await flow().run(grantStep(), form);
    assert.deepEqual(result, { failed: 'not_captured', message: 'the reply has no access_token' });
  }
});

test('a captured value goes to its hosts only, and only under a listed name', async () => {
  const { flow } = makeHost();
  const one = flow();
  await one.run(grantStep(), form);
  const elsewhere = await one.run({ ...ask, url: 'https://graph.facebook.com/rows' });
  assert.equal(elsewhere.failed, 'secret_refused');
  const unlisted = await one.run(grantStep({ name: 'google_ads.other' }), form);
  assert.equal(unlisted.failed, 'secret_refused');
});

const sign = (more) => ({ kind: 'sign', capture: { name: ASSERTION, expires_in_secs: 300 }, ...more });

test('RS256 makes a JWT that the public key accepts', async () => {
  const { flow } = makeHost();
  const one = flow();
  const message = 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhQGIuZXhhbXBsZSJ9';
  const step = sign({ algorithm: 'RS256', secret: 'search_console.private_key', message });
  assert.deepEqual(await one.run(step), { captured: true });
  const body = bytesOf(`assertion={{secret:${ASSERTION}}}`);
  await one.run({ ...grantStep(), body_secrets: [ASSERTION] }, body);
  const assertion = seen[0].body.slice('assertion='.length);
  assert.match(assertion, /^[\w-]+\.[\w-]+\.[\w-]+$/);
  const signature = Buffer.from(assertion.split('.')[2], 'base64url');
  assert.ok(createVerify('RSA-SHA256').update(message).verify(rsa.publicKey, signature));
});

test('a private key may come with its line ends escaped; one that is no key is told', async () => {
  const step = sign({ algorithm: 'RS256', secret: 'search_console.private_key', message: 'a.b' });
  assert.deepEqual(
    await makeHost({ pem: PEM.replaceAll('\n', '\\n') })
      .flow()
      .run(step),
    { captured: true },
  );
  const bad = await makeHost({ pem: 'not a private key' }).flow().run(step);
  assert.deepEqual(bad, { failed: 'bad_key', message: 'the key cannot be read' });
  const absent = await makeHost().flow('harbor-yoga').run(step);
  assert.deepEqual([absent.failed, absent.name], ['secret_missing', 'search_console.private_key']);
});

test('a message is signed with the secrets of the same service in it, and no others', async () => {
  const { flow } = makeHost();
  const one = flow();
  const proof = {
    algorithm: 'hmac-sha256',
    secret: 'meta.app_secret',
    capture: { name: PROOF, expires_in_secs: 300 },
  };
  assert.deepEqual(await one.run(sign({ ...proof, message: '{{secret:meta.access_token}}' })), {
    captured: true,
  });
  await one.run({
    ...ask,
    headers: [],
    url: `https://graph.facebook.com/me?appsecret_proof={{secret:${PROOF}}}`,
  });
  const { access_token, proof: published } = META.appsecret_proof[0];
  assert.equal(access_token, 'EAAtoken123');
  assert.equal(seen[0].url, `/me?appsecret_proof=${published}`);
  const foreign = await one.run(sign({ ...proof, message: '{{secret:google_ads.refresh_token}}' }));
  assert.equal(foreign.failed, 'secret_refused');
});
