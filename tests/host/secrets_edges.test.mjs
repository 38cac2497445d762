// Where a check of secrets ends: what is nearly this machine, nearly a key, nearly hidden.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Redaction, spellings } from '../../edge-workers/host/redaction.mjs';
import {
  Secrets,
  configurationProblem,
  configuredNames,
  isLoopback,
  readBundle,
} from '../../edge-workers/host/secrets.mjs';
import { MANIFEST, bytesOf, env, textOf } from './core_double.mjs';

const KEY = 'sk_test_northwind+/=key';
const holding = (secret_key) =>
  new Secrets(
    env({ WORKSPACE_OAK_BAKERY: JSON.stringify({ stripe: { secret_key } }) }),
    MANIFEST,
    'oak-bakery',
  );

test('only this machine is this machine', () => {
  for (const host of ['localhost.evil.example', '127.0.0.1.evil.example']) {
    assert.equal(isLoopback(host), false, host);
    assert.match(configurationProblem(env({ SUPABASE_URL: `http://${host}:54321` })), /not https/);
    const away = JSON.stringify({ 'https://api.stripe.com': `http://${host}/` });
    assert.match(configurationProblem(env({ LOCAL_ORIGINS: away })), /leads away/);
  }
});

test('one origin that leads away is enough', () => {
  const origins = {
    'https://api.stripe.com': 'http://127.0.0.1:9100',
    'https://graph.facebook.com': 'http://collector.example/',
  };
  assert.match(configurationProblem(env({ LOCAL_ORIGINS: JSON.stringify(origins) })), /leads away/);
});

test('the publishable key is none of another kind, and is there', () => {
  const swapped = {
    SUPABASE_SECRET_KEY: 'a-key-of-another-shape',
    SUPABASE_PUBLISHABLE_KEY: 'a-key-of-another-shape',
  };
  assert.match(configurationProblem(env(swapped)), /is not a publishable key/);
  for (const key of ['', undefined])
    assert.match(
      configurationProblem(env({ SUPABASE_PUBLISHABLE_KEY: key })),
      /SUPABASE_PUBLISHABLE_KEY is not set/,
    );
});

test('what is part of a name is no secret: our own messages would lose it', () => {
  const problemOf = (secret_key) =>
    readBundle({ WORKSPACE_OAK_BAKERY: JSON.stringify({ stripe: { secret_key } }) }, 'oak-bakery', MANIFEST)
      .problem;
  for (const word of ['oak-bakery', 'OAK-BAKE', 'secret_key', 'stripe.s'])
    assert.match(problemOf(word), /has a stripe\.secret_key that is part of a name here/, word);
  assert.equal(problemOf('oak-bakery-2026'), null);
});

test('blanks do not make a key', () => {
  const { values, problem } = readBundle(
    { WORKSPACE_OAK_BAKERY: '{"stripe":{"secret_key":"   short   "}}' },
    'oak-bakery',
    MANIFEST,
  );
  assert.deepEqual(
    [values.size, problem],
    [0, 'WORKSPACE_OAK_BAKERY has a stripe.secret_key that is too short to be a key'],
  );
});

test("an agency's key that is too short to be hidden is none", () => {
  const short = env({ STRIPE_SECRET_KEY: ' abc1234 ' });
  assert.ok(!configuredNames(short, MANIFEST).agency.includes('stripe.secret_key'));
  const own = new Secrets(short, MANIFEST, 'oak-bakery');
  assert.throws(
    () => own.fill('{{secret:stripe.secret_key}}', new URL('https://api.stripe.com/')),
    /stripe.secret_key/,
  );
  const long = env({ STRIPE_SECRET_KEY: ' abc12345 ' });
  assert.ok(configuredNames(long, MANIFEST).agency.includes('stripe.secret_key'));
});

test('a key that begins another goes with it', () => {
  const bundle = { stripe: { secret_key: 'sk_test_prefix', webhook_secret: 'sk_test_prefix_and_more' } };
  const secrets = new Secrets(
    env({ WORKSPACE_NORTHWIND_DENTAL: JSON.stringify(bundle) }),
    MANIFEST,
    'northwind-dental',
  );
  assert.equal(secrets.redact('a sk_test_prefix_and_more b sk_test_prefix c'), 'a [redacted] b [redacted] c');
});

test('a secret inside base64 at any offset, in either alphabet, and as bytes', () => {
  for (const before of ['', 'u', 'us']) {
    const clean = holding(KEY).redact(btoa(`${before}${KEY}~~~>>>???`));
    assert.match(clean, /\[redacted\]/, before);
    assert.ok(!spellings(KEY).some((form) => clean.includes(form)), clean);
  }
  // A value whose base64 has + and /, as it is, in the alphabet of URLs, and escaped in a form.
  const value = 'key>>>???~~~\u00ffkey>>>???~~~';
  const own = holding(value);
  for (const before of ['', 'u', 'us']) {
    const encoded = Buffer.from(`${before}${value}`).toString('base64');
    for (const text of [
      encoded,
      encoded.replaceAll('+', '-').replaceAll('/', '_'),
      encodeURIComponent(encoded),
    ])
      assert.match(own.redact(text), /\[redacted\]/, text);
  }
  assert.equal(own.redact(value), '[redacted]');
  assert.equal(textOf(own.redactBytes(bytesOf(`a ${value} b`))), 'a [redacted] b');
});

test('a key is found whatever bytes stand around it', () => {
  const cut = [[], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xef, 0xbb, 0xbf], [0x80], [0xff, 0xfe]];
  for (const value of ['key-of-ascii-alone', 'ö-schlüssel-€-😀-schön', '€uro-and-more-€'])
    for (const before of cut)
      for (const after of cut) {
        const own = holding(value);
        const clean = own.redactBytes(new Uint8Array([...before, ...bytesOf(value), ...after]));
        assert.deepEqual(clean, new Uint8Array([...before, ...bytesOf('[redacted]'), ...after]), value);
      }
});

test('a key of other letters is found as JSON and PHP write it, in texts and in bytes', () => {
  const value = 'pässwort"a/b\\😀';
  const own = holding(value);
  const json = JSON.stringify(value).slice(1, -1);
  const ascii = json.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  for (const form of [json, ascii].flatMap((text) => [text, text.replaceAll('/', '\\/')])) {
    assert.equal(own.redact(`{"a":"${form}"}`), '{"a":"[redacted]"}');
    assert.equal(textOf(own.redactBytes(bytesOf(`{"a":"${form}"}`))), '{"a":"[redacted]"}');
  }
});

test('in a long body keys are found wherever they lie, and byte for byte all else stays', () => {
  const WINDOW = 8 * 1024 * 1024; // looked at in one piece
  const filler = (length) => new Uint8Array(length).fill(0x78);
  const bodyOf = (mark, before, times, after) =>
    new Uint8Array(Buffer.concat([filler(before), ...Array(times).fill(bytesOf(mark)), filler(after)]));
  for (const value of ['€uro-and-more-€', 'abababababab']) {
    const own = holding(value);
    const isClean = (...places) =>
      Buffer.compare(own.redactBytes(bodyOf(value, ...places)), bodyOf('[redacted]', ...places)) === 0;
    const { length } = bytesOf(value);
    for (const shift of [-length - 1, -length, 1 - length, -7, -1, 0, 1])
      for (const times of [1, 3])
        assert.ok(isClean(WINDOW + shift, times, 100), `${times} ${value} at ${shift}`);
    assert.ok(isClean(2 * WINDOW - length, 1, 0), `${value} at the end`);
  }
});

test('bytes are looked through again when the flow has learned another secret', () => {
  const own = holding('sk_test_the_first');
  const bytes = bytesOf('what came with session-token-of-later');
  assert.equal(own.redactBytes(bytes), bytes);
  assert.equal(own.redactBytes(bytes), bytes);
  own.lend('session.access_token', 'session-token-of-later');
  const clean = own.redactBytes(bytes);
  assert.equal(textOf(clean), 'what came with [redacted]');
  assert.equal(own.redactBytes(clean), clean);
});

test('a key may have any sign in it', () => {
  const value = 'a^b$c.d*e+f?g(h)i[j]k{l}m|n\\o/p-q';
  const own = holding(value);
  assert.equal(own.redact(`x${value}y`), 'x[redacted]y');
});

test('no control character reaches a header', () => {
  for (const sign of ['\0', '\t', '\u001b', '\u007f', '\n']) {
    const own = holding(`sk_test_a${sign}b`);
    assert.throws(
      () => own.fill('{{secret:stripe.secret_key}}', new URL('https://api.stripe.com/')),
      /line break/,
      JSON.stringify(sign),
    );
  }
});

test('a service whose name begins as another', () => {
  const manifest = {
    ...MANIFEST,
    secrets: [
      { name: 'meta.app_secret', hosts: [] },
      { name: 'meta_ads.token', hosts: [] },
    ],
  };
  const own = new Secrets(
    env({ WORKSPACE_OAK_BAKERY: '{"meta":{"app_secret":"12345678"},"meta_ads":{"token":"abcdefgh"}}' }),
    manifest,
    'oak-bakery',
  );
  assert.throws(() => own.fillMessage('{{secret:meta_ads.token}}', 'meta.app_secret'), /is not of meta/);
});

test('the size of a bundle is that of its bytes', () => {
  const text = JSON.stringify({ stripe: { secret_key: 'ü'.repeat(2600) } });
  assert.equal(
    readBundle({ WORKSPACE_OAK_BAKERY: text }, 'oak-bakery', MANIFEST).problem,
    'WORKSPACE_OAK_BAKERY is larger than 5 KB',
  );
});

test('a key with slashes, as other libraries escape it', () => {
  const value = '1//0gRefresh+Token/abcdef';
  const own = holding(value);
  for (const form of ['1\\/\\/0gRefresh+Token\\/abcdef', '1%2f%2f0gRefresh%2bToken%2fabcdef'])
    assert.equal(own.redact(`x${form}y`), 'x[redacted]y', form);
});

test('what cannot be looked for is not quoted', () => {
  const redaction = new Redaction();
  const quoted = (error) => error.message.length < 100 && !error.message.includes('sk_test');
  assert.throws(() => redaction.hide('sk_test_a1b2c3', 'ab'.repeat(100_000)), quoted);
});
