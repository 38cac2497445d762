// The vectors of providers against the verifiers, and what no provider sends.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { Effects } from '../../edge-workers/host/effects.mjs';
import { Secrets } from '../../edge-workers/host/secrets.mjs';
import { numbersOfDer } from '../../edge-workers/host/signatures.mjs';
import { env } from './core_double.mjs';

const vectors = (path) => JSON.parse(readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8'));
const SENDGRID = vectors('sendgrid/signature_vectors.json');
const META = vectors('meta/webhook_signature_vectors.json');
const MANIFEST = {
  secrets: [
    { name: 'sendgrid.webhook_public_key', hosts: [] },
    { name: 'sendgrid.inbound_password', hosts: [] },
    { name: 'sendgrid.thread_key', hosts: [] },
    { name: 'sendgrid.private_key', hosts: [] },
    { name: 'meta.app_secret', hosts: [] },
  ],
  ids: [],
};

function effectsOf(bundle, password) {
  const all = env({ WORKSPACE_NORTHWIND_DENTAL: JSON.stringify(bundle) });
  return new Effects(all, new Secrets(all, MANIFEST, 'northwind-dental'), password);
}

const verify = (bundle, effect, body) => effectsOf(bundle).run({ kind: 'verify', ...effect }, body);

const ecdsa = (key, prefix, signature, body) =>
  verify(
    key === null ? {} : { sendgrid: { webhook_public_key: key } },
    {
      algorithm: 'ecdsa-p256-sha256',
      secret: 'sendgrid.webhook_public_key',
      prefix,
      signatures: [signature],
    },
    body,
  );

test("verify agrees with every vector of SendGrid's event webhook", async () => {
  for (const { name, public_key, timestamp, signature, body_base64, expect } of SENDGRID.cases) {
    const { valid, secret_present } = await ecdsa(
      public_key,
      timestamp,
      signature,
      Buffer.from(body_base64, 'base64'),
    );
    assert.deepEqual([valid, secret_present], [expect === 'accept', true], name);
  }
});

test('a key may be PEM; a key that is none is told, never taken for a wrong signature', async () => {
  const { public_key, timestamp, signature, body_base64 } = SENDGRID.cases[0];
  const body = Buffer.from(body_base64, 'base64');
  const pem = `-----BEGIN PUBLIC KEY-----\n${public_key}\n-----END PUBLIC KEY-----\n`;
  assert.equal((await ecdsa(pem, timestamp, signature, body)).valid, true);
  assert.equal((await ecdsa('no key at all', timestamp, signature, body)).failed, 'bad_key');
  assert.deepEqual(await ecdsa(null, timestamp, signature, body), { valid: false, secret_present: false });
});

test('a signature that is not DER is a wrong one', async () => {
  const { public_key, timestamp, signature, body_base64 } = SENDGRID.cases[0];
  const body = Buffer.from(body_base64, 'base64');
  const der = Buffer.from(signature, 'base64');
  const spoiled = ['', '???', 'AAAA', der.subarray(0, -1).toString('base64'), `${signature}AAAA`];
  for (let at = 0; at < der.length; at++) {
    const changed = Buffer.from(der);
    changed[at] ^= 1;
    spoiled.push(changed.toString('base64'));
  }
  for (const one of spoiled) assert.equal((await ecdsa(public_key, timestamp, one, body)).valid, false, one);
});

test('the numbers of a signature are read from DER of any length it can have', () => {
  const der = (r, s) => new Uint8Array([0x30, r.length + s.length + 4, 2, r.length, ...r, 2, s.length, ...s]);
  const short = numbersOfDer(der([1], [2, 3]));
  assert.deepEqual([short[31], short[62], short[63]], [1, 2, 3]);
  assert.deepEqual(
    [...numbersOfDer(der([0, ...Array(32).fill(0xff)], [7]))].slice(0, 32),
    Array(32).fill(0xff),
  );
  assert.equal(numbersOfDer(der(Array(33).fill(1), [7])), null);
  assert.equal(numbersOfDer(der([], [7, 7])), null);
});

test("a signed token is the proof that Meta's vector has", async () => {
  const [{ access_token, app_secret, proof }] = META.appsecret_proof;
  const all = env({ WORKSPACE_NORTHWIND_DENTAL: JSON.stringify({ meta: { access_token, app_secret } }) });
  const hosts = ['graph.facebook.com'];
  const secrets = new Secrets(
    all,
    {
      secrets: [
        { name: 'meta.app_secret', hosts: [] },
        { name: 'meta.access_token', hosts },
      ],
      ids: [],
      captured: [{ name: 'meta.access_proof', hosts }],
    },
    'northwind-dental',
  );
  const result = await new Effects(all, secrets).run({
    kind: 'sign',
    algorithm: 'hmac-sha256',
    secret: 'meta.app_secret',
    message: '{{secret:meta.access_token}}',
    capture: { name: 'meta.access_proof', expires_in_secs: 300 },
  });
  assert.deepEqual(result, { captured: true });
  const url = new URL('https://graph.facebook.com/v26.0/1');
  assert.equal(secrets.fill('{{secret:meta.access_proof}}', url), proof);
});

test("verify agrees with every vector of Meta's webhooks", async () => {
  for (const { name, body, header, expect } of META.cases) {
    const effect = { algorithm: 'hmac-sha256', secret: 'meta.app_secret', prefix: '' };
    const signatures = header.startsWith('sha256=') ? [header.slice('sha256='.length)] : [];
    const bundle = { meta: { app_secret: META.app_secret } };
    const { valid } = await verify(bundle, { ...effect, signatures }, Buffer.from(body));
    assert.equal(valid, expect === 'accept', name);
  }
});

test('a presented password is compared as a whole, and only where one is configured', async () => {
  const check = (password, bundle = { sendgrid: { inbound_password: 'correct horse' } }) =>
    effectsOf(bundle, password).run({
      kind: 'verify',
      algorithm: 'basic-auth',
      secret: 'sendgrid.inbound_password',
      prefix: '',
      signatures: [],
    });
  assert.deepEqual(await check('correct horse'), { valid: true, secret_present: true });
  for (const wrong of ['correct hors', 'correct horse ', 'Correct horse', '', undefined])
    assert.deepEqual(await check(wrong), { valid: false, secret_present: true }, wrong);
  for (const any of ['', undefined, 'correct horse'])
    assert.deepEqual(await check(any, {}), { valid: false, secret_present: false }, any);
});

const THREAD = { sendgrid: { thread_key: 'key-of-the-threads', private_key: 'not-a-key-at-all' } };
const MESSAGE = 'email thread 1 2';
const HEX = createHmac('sha256', THREAD.sendgrid.thread_key).update(MESSAGE).digest('hex');

test('a signature that is captured nowhere is given back, of HMAC and plain messages alone', async () => {
  const sign = (more) =>
    effectsOf(THREAD).run({
      kind: 'sign',
      algorithm: 'hmac-sha256',
      secret: 'sendgrid.thread_key',
      message: MESSAGE,
      ...more,
    });
  assert.deepEqual(await sign({}), { signature: HEX });
  for (const more of [
    { algorithm: 'RS256', secret: 'sendgrid.private_key' },
    { message: 'a {{secret:sendgrid.private_key}}' },
  ])
    assert.equal((await sign(more)).failed, 'secret_refused');
  assert.equal((await sign({ secret: 'sendgrid.inbound_password' })).failed, 'secret_missing');
});

test('a short signature is the first 24 digits, not more and not fewer', async () => {
  const check = async (signature, bundle = THREAD) =>
    verify(bundle, {
      algorithm: 'hmac-sha256-96',
      secret: 'sendgrid.thread_key',
      prefix: MESSAGE,
      signatures: [signature],
    });
  assert.equal((await check(HEX.slice(0, 24))).valid, true);
  assert.equal((await check(HEX.slice(0, 24).toUpperCase())).valid, true);
  for (const wrong of ['', HEX, HEX.slice(0, 23), HEX.slice(1, 25), `${HEX.slice(0, 23)}g`])
    assert.equal((await check(wrong)).valid, false, wrong);
  assert.deepEqual(await check(HEX.slice(0, 24), {}), { valid: false, secret_present: false });
});
