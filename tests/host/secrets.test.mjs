import assert from 'node:assert/strict';
import { test } from 'node:test';

import { spellings } from '../../edge-workers/host/redaction.mjs';
import {
  SecretMissing,
  SecretRefused,
  Secrets,
  configurationProblem,
  configuredNames,
  settingsDigest,
  settingsFor,
  readBundle,
  serviceDigests,
} from '../../edge-workers/host/secrets.mjs';
import { MANIFEST, bytesOf, env } from './core_double.mjs';

const KEY = 'sk_test_northwind+/=key';
const northwind = () => new Secrets(env(), MANIFEST, 'northwind-dental');
const url = (text) => new URL(text);

test('a placeholder is filled for a host of the manifest', () => {
  const filled = northwind().fill(
    'Bearer {{secret:stripe.secret_key}}',
    url('https://api.stripe.com/v1/charges'),
  );
  assert.equal(filled, `Bearer ${KEY}`);
});

test('a placeholder is refused for any other host, port or scheme', () => {
  const elsewhere = [
    'https://api.stripe.com.evil.example/',
    'https://evil.example/api.stripe.com',
    'https://api.stripe.com:8443/',
    'http://api.stripe.com/',
    'https://api.stripe.com@evil.example/',
    'http://127.0.0.1:54321/',
  ];
  for (const to of elsewhere)
    assert.throws(() => northwind().fill('{{secret:stripe.secret_key}}', url(to)), SecretRefused, to);
  assert.throws(
    () => northwind().fill('{{secret:stripe.webhook_secret}}', url('https://api.stripe.com/')),
    SecretRefused,
  );
  assert.throws(
    () => northwind().fill('{{secret:no.such_name}}', url('https://api.stripe.com/')),
    SecretRefused,
  );
});

test("the database's own key goes to SUPABASE_URL only", () => {
  const text = '{{secret:supabase.secret_key}}';
  assert.equal(
    northwind().fill(text, url('http://127.0.0.1:54321/rest/v1/rpc/claim_due')),
    'sb_secret_a1b2c3d4e5f6',
  );
  assert.throws(() => northwind().fill(text, url('http://127.0.0.1:54322/')), SecretRefused);
});

test("a flow has the keys of its own workspace and no other's", () => {
  const harbor = new Secrets(env(), MANIFEST, 'harbor-yoga');
  assert.equal(harbor.get('stripe.secret_key'), 'sk_test_harbor_key');
  assert.equal(harbor.get('stripe.webhook_secret'), undefined);
  const none = new Secrets(env(), MANIFEST, null);
  assert.throws(
    () => none.fill('{{secret:stripe.secret_key}}', url('https://api.stripe.com/')),
    SecretMissing,
  );
});

test("an agency variable stands in for a workspace without its own key, unless it is the agency's alone", () => {
  const shared = new Secrets(env({ STRIPE_SECRET_KEY: ' sk_test_agency ' }), MANIFEST, 'oak-bakery');
  assert.equal(shared.get('stripe.secret_key'), 'sk_test_agency');
  const bundle = { WORKSPACE_OAK_BAKERY: '{"supabase":{"secret_key":"sb_secret_other_one"}}' };
  const own = new Secrets(env(bundle), MANIFEST, 'oak-bakery');
  assert.equal(own.get('supabase.secret_key'), 'sb_secret_a1b2c3d4e5f6');
});

test("the agency's way to sign in does not stand before a workspace's own other way", () => {
  const unless = ['gsc.refresh_token'];
  const manifest = {
    ...MANIFEST,
    secrets: [
      { name: 'gsc.private_key', env: 'GSC_PRIVATE_KEY', hosts: [], unless },
      { name: 'gsc.refresh_token', hosts: [] },
    ],
    ids: [
      { name: 'gsc.client_email', env: 'GSC_CLIENT_EMAIL', unless },
      { name: 'gsc.client_id', env: 'GSC_CLIENT_ID' },
    ],
  };
  const all = env({
    GSC_PRIVATE_KEY: 'the key of the agency',
    GSC_CLIENT_EMAIL: 'a@b.example',
    GSC_CLIENT_ID: 'client',
    WORKSPACE_OAK_BAKERY: '{"gsc":{"refresh_token":"1//own-consent"}}',
  });
  assert.deepEqual(settingsFor(all, manifest, 'oak-bakery').ids, { 'gsc.client_id': 'client' });
  assert.equal(new Secrets(all, manifest, 'oak-bakery').get('gsc.private_key'), undefined);
  assert.deepEqual(settingsFor(all, manifest, 'fern-studio').ids, {
    'gsc.client_email': 'a@b.example',
    'gsc.client_id': 'client',
  });
  assert.equal(new Secrets(all, manifest, 'fern-studio').get('gsc.private_key'), 'the key of the agency');
});

test('a bundle that is not usable gives no key and says why, without its value', () => {
  const cases = [
    ['{not json', 'is not a JSON object'],
    ['[1,2]', 'is not a JSON object'],
    ['null', 'is not a JSON object'],
    ['', 'is not a JSON object'],
    ['{"stripe":{"secret_key":12345678}}', 'has a stripe.secret_key that is not text'],
    ['{"stripe":{"secret_key":"short"}}', 'has a stripe.secret_key that is too short to be a key'],
    ['{"google_ads":{"customer_id":{}}}', 'has a google_ads.customer_id that is not an id'],
    [
      '{"google_ads":{"customer_id":17841405822304914}}',
      'has a google_ads.customer_id that is too long for a number: put it in quotes',
    ],
    ['{"pagespeed":{"urls":[7,""]}}', 'has a pagespeed.urls that is not an id'],
    ['{"pagespeed":{"urls":[]}}', 'has a pagespeed.urls that is not an id'],
    ['{"pagespeed":{"urls":["https://a.example","\\ud800"]}}', 'has a pagespeed.urls that is not an id'],
    [`{"pagespeed":{"urls":["${'ü'.repeat(1001)}"]}}`, 'has a pagespeed.urls that is not an id'],
    [`{"stripe":{"secret_key":"${'x'.repeat(5200)}"}}`, 'is larger than 5 KB'],
  ];
  for (const [text, why] of cases) {
    const { values, problem } = readBundle({ WORKSPACE_OAK_BAKERY: text }, 'oak-bakery', MANIFEST);
    assert.equal(problem, `WORKSPACE_OAK_BAKERY ${why}`);
    assert.equal(values.size, 0);
  }
  const strange = readBundle({ WORKSPACE_OAK_BAKERY: '{"stripe":"text","other":5}' }, 'oak-bakery', MANIFEST);
  assert.deepEqual([strange.values.size, strange.problem], [0, null]);
});

test('what is configured is told by name, and account ids with their values', () => {
  const names = configuredNames(env({ WORKSPACE_OAK_BAKERY: 'nonsense', STRIPE_SECRET_KEY: '' }), MANIFEST);
  assert.deepEqual(names, {
    agency: ['supabase.secret_key'],
    agency_ids: {},
    workspaces: {
      'northwind-dental': {
        present: ['stripe.secret_key', 'stripe.webhook_secret', 'google_ads.customer_id'],
        problem: null,
        ids: { 'google_ads.customer_id': '1234567890' },
      },
      'harbor-yoga': { present: ['stripe.secret_key'], problem: null, ids: {} },
      'oak-bakery': { present: [], problem: 'WORKSPACE_OAK_BAKERY is not a JSON object', ids: {} },
    },
  });
});

test('a digest tells one set of variables from another, in whichever order, and says nothing of them', async () => {
  const digest = await settingsDigest({ A: 'one', B: 'two', RAW: {} });
  assert.match(digest, /^[0-9a-f]{16}$/);
  assert.equal(await settingsDigest({ B: 'two', A: 'one' }), digest);
  for (const other of [{ A: 'one', B: 'twp' }, { A: 'onetwo' }, { A: 'one' }, { B: 'one', A: 'two' }])
    assert.notEqual(await settingsDigest(other), digest);
});

test('each service has a digest of its own, which its keys and ids alone change', async () => {
  const digests = (changes) => serviceDigests(env(changes), MANIFEST);
  const before = await digests();
  const changed = async (changes) => {
    const after = await digests(changes);
    return Object.keys({ ...before, ...after }).filter((owner) => before[owner] !== after[owner]);
  };
  const [stripe, ads] = ['northwind-dental stripe', 'northwind-dental google_ads'];
  const owners = [
    ...[' supabase', ' supabase account', 'harbor-yoga stripe', 'harbor-yoga stripe account'],
    ...[ads, stripe, `${stripe} account`],
  ];
  assert.deepEqual(Object.keys(before).sort(), owners);
  assert.ok(Object.values(before).every((digest) => /^[0-9a-f]{16}$/.test(digest)));
  const bundle = JSON.parse(env().WORKSPACE_NORTHWIND_DENTAL);
  const rotated = { ...bundle, stripe: { ...bundle.stripe, secret_key: 'sk_test_another_key' } };
  const both = [stripe, `${stripe} account`];
  assert.deepEqual(await changed({ WORKSPACE_NORTHWIND_DENTAL: JSON.stringify(rotated) }), both);
  const signed = { ...bundle, stripe: { ...bundle.stripe, webhook_secret: 'whsec_another_local' } };
  assert.deepEqual(
    await changed({ WORKSPACE_NORTHWIND_DENTAL: JSON.stringify(signed) }),
    [stripe],
    'what deliveries are signed with tells no account',
  );
  const all = Object.keys(before);
  assert.deepEqual(await changed({ SUPABASE_SECRET_KEY: 'sb_secret_f6e5d4c3b2a1' }), all, 'none is guessed');
  const { WORKSPACE_HARBOR_YOGA: same } = env();
  const alike = await digests({ WORKSPACE_FERN_STUDIO: same });
  assert.notEqual(alike['fern-studio stripe'], alike['harbor-yoga stripe'], 'none is compared');
  const withId = { ...MANIFEST, ids: [...MANIFEST.ids, { name: 'meta.page_id', env: 'META_PAGE_ID' }] };
  const ofAgency = async (id) => (await serviceDigests(env({ META_PAGE_ID: id }), withId))[' meta'];
  assert.notEqual(await ofAgency('1'), await ofAgency('2'), 'the agency’s too');
  assert.deepEqual(await changed({ OTHER: 'x' }), []);
  assert.deepEqual((await changed({ WORKSPACE_NORTHWIND_DENTAL: '{' })).sort(), owners.slice(4));
});

test("a job gets its workspace's ids, and the agency's where it has none of its own", () => {
  const manifest = {
    secrets: MANIFEST.secrets,
    ids: [
      { name: 'google_ads.customer_id' },
      { name: 'google_ads.login_customer_id', env: 'GOOGLE_ADS_LOGIN_CUSTOMER_ID' },
      { name: 'pagespeed.urls' },
    ],
  };
  const all = env({
    GOOGLE_ADS_LOGIN_CUSTOMER_ID: ' 55 ',
    WORKSPACE_FERN_STUDIO:
      '{"google_ads":{"login_customer_id":66},"pagespeed":{"urls":[" https://a.example/ ","https://b.example/"]}}',
  });
  assert.deepEqual(settingsFor(all, manifest, 'northwind-dental').ids, {
    'google_ads.customer_id': '1234567890',
    'google_ads.login_customer_id': '55',
  });
  assert.deepEqual(settingsFor(all, manifest, 'fern-studio').ids, {
    'google_ads.login_customer_id': '66',
    'pagespeed.urls': ['https://a.example/', 'https://b.example/'],
  });
  assert.deepEqual(settingsFor(all, manifest, null).ids, { 'google_ads.login_customer_id': '55' });
});

test('a known secret is redacted in each spelling, and nothing else changes', () => {
  const secrets = northwind();
  const basic = btoa(`user:${KEY}`);
  for (const text of [
    KEY,
    encodeURIComponent(KEY),
    JSON.stringify({ k: KEY }),
    btoa(KEY),
    basic,
    btoa(`ab${KEY}cd`),
  ]) {
    const clean = secrets.redact(`before ${text} after`);
    assert.match(clean, /^before .*\[redacted\].* after$/);
    for (const form of spellings(KEY)) assert.ok(!clean.includes(form), form);
  }
  assert.equal(secrets.redact('sk_test_harbor_key'), 'sk_test_harbor_key');
});

test('bytes are redacted in place, invalid UTF-8 included', () => {
  const invalid = new Uint8Array([0xff, 0xfe, 0xc3]);
  const bytes = new Uint8Array([...invalid, ...bytesOf(KEY), ...invalid]);
  const clean = northwind().redactBytes(bytes);
  assert.deepEqual(clean, new Uint8Array([...invalid, ...bytesOf('[redacted]'), ...invalid]));
  assert.equal(northwind().redactBytes(invalid), invalid);
});

test('a Worker that could leak or misdirect does not start', () => {
  const origins = JSON.stringify({ 'https://api.stripe.com': 'http://127.0.0.1:9100/stripe' });
  const hosted = { SUPABASE_URL: 'https://abc.supabase.co' };
  assert.equal(configurationProblem(env({ LOCAL_ORIGINS: origins })), null);
  assert.equal(configurationProblem(env(hosted)), null);
  assert.match(
    configurationProblem(env({ ...hosted, LOCAL_ORIGINS: origins })),
    /LOCAL_ORIGINS is set although/,
  );
  assert.match(configurationProblem(env({ LOCAL_ORIGINS: '{' })), /LOCAL_ORIGINS is not a JSON object/);
  const away = JSON.stringify({ 'https://api.stripe.com': 'http://collector.example/' });
  assert.match(configurationProblem(env({ LOCAL_ORIGINS: away })), /leads away from this machine/);
  assert.match(configurationProblem(env({ SUPABASE_URL: 'http://abc.supabase.co' })), /not https/);
  assert.match(configurationProblem(env({ SUPABASE_URL: 'abc' })), /not a URL/);
  for (const more of ['/', '/rest/v1', '?a=b', '#x'])
    assert.match(
      configurationProblem(env({ SUPABASE_URL: `https://abc.supabase.co${more}` })),
      /SUPABASE_URL is more than/,
    );
  assert.match(configurationProblem({}), /SUPABASE_URL is not set/);
  assert.match(configurationProblem(env({ SUPABASE_SECRET_KEY: '' })), /SUPABASE_SECRET_KEY is not set/);
  assert.match(configurationProblem(env({ SUPABASE_SECRET_KEY: 'eyJhbGciOi.e30.x' })), /is a legacy JWT/);
});

test('a key that opens the whole database is never the one that the page is given', () => {
  const jwt = (role) => `eyJhbGciOiJIUzI1NiJ9.${btoa(JSON.stringify({ role })).replaceAll('=', '')}.x`;
  const problem = (key) => configurationProblem(env({ SUPABASE_PUBLISHABLE_KEY: key }));
  for (const key of ['sb_secret_swapped', env().SUPABASE_SECRET_KEY, jwt('service_role'), 'eyJ.no.jwt'])
    assert.match(problem(key), /SUPABASE_PUBLISHABLE_KEY is not a publishable key/);
  for (const key of ['sb_publishable_x', jwt('anon')]) assert.equal(problem(key), null);
});
