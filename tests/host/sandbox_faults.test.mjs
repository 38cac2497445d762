// What a provider does on a bad day must look like it, and hit only the workspace that it is meant for.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';

import { FAULTS } from '../sandbox/faults.mjs';
import { PROVIDERS } from '../sandbox/providers.mjs';
import { startSandbox } from '../sandbox/server.mjs';

let sandbox;
before(async () => {
  sandbox = await startSandbox();
});
after(() => sandbox.close());

const steer = (path, body) =>
  fetch(`${sandbox.url}/_sandbox${path}`, { method: 'POST', body: JSON.stringify(body) });

const DAY_MS = 86_400_000;
const day = (ago) => new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10);
const agencyKey = 'of_the_agency';
const bearer = { authorization: `Bearer ${agencyKey}` };
const ofPage = { authorization: `Bearer ${agencyKey}.page.1` };
const isWhole = Number.isInteger;

const post = (headers, body) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
const tokenCall = {
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'c',
    refresh_token: agencyKey,
  }).toString(),
};
async function withToken(body) {
  const reply = await fetch(`${sandbox.url}/google-oauth/token`, tokenCall);
  return post({ authorization: `Bearer ${(await reply.json()).access_token}` }, body);
}

const hashOf = (text) => createHash('sha256').update(text).digest('hex');
const draft = (safety_identifier) => {
  const schema = { type: 'object', properties: {}, required: [], additionalProperties: false };
  const input = JSON.stringify({ purpose: 'content', intent: 'Thank them for the flowers' });
  const format = { type: 'json_schema', name: 'items', strict: true, schema };
  const fixed = { model: 'any', store: false, instructions: 'x' };
  return post(bearer, { ...fixed, safety_identifier, input, text: { format } });
};
const zone = (tag) =>
  post(bearer, {
    query: `query($tag:string!,$from:Date!,$to:Date!){viewer{zones(filter:{zoneTag:$tag}){
      httpRequests1dGroups(limit:100,filter:{date_geq:$from,date_lt:$to}){sum{requests}}}}}`,
    variables: { tag, from: day(30), to: day(0) },
  });
const runOf = (url) =>
  `/pagespeed/pagespeedonline/v5/runPagespeed?url=${encodeURIComponent(url)}&strategy=MOBILE&key=${agencyKey}`;

// Per provider: a call that it answers, what is right in its honest answer, its way to word an error, and
// where it differs from what the fault is named after.
const CALLS = {
  stripe: {
    call: () => ['/stripe/v1/charges', { headers: bearer }],
    isSound: ({ data }) => data.every(({ amount }) => isWhole(amount)),
    hasNoRows: ({ data }) => data.length === 0,
    isError: ({ error }) => /_error$/.test(error.type) && !('param' in error && 'code' in error),
  },
  cloudflare: {
    call: () => ['/cloudflare/client/v4/graphql', zone('one')],
    isSound: ({ data }) =>
      data.viewer.zones[0].httpRequests1dGroups.every(({ sum }) => isWhole(sum.requests)),
    hasNoRows: ({ data }) => data.viewer.zones[0].httpRequests1dGroups.length === 0,
    isError: ({ errors }) => typeof errors[0].message === 'string' && !('field' in errors[0]),
  },
  google_oauth: {
    call: () => ['/google-oauth/token', tokenCall],
    isSound: ({ access_token }) => typeof access_token === 'string',
    hasNoRows: ({ access_token }) => typeof access_token === 'string', // a token is no row
    isError: ({ error }) => /^[a-z_]+$/.test(error),
  },
  google_ads: {
    account: { customers: ['1', '2'] },
    call: async () => [
      '/google-ads/v26/customers/1/googleAds:search',
      await withToken({
        query: `SELECT metrics.impressions FROM campaign WHERE segments.date BETWEEN '${day(30)}' AND '${day(0)}'`,
      }),
    ],
    isSound: ({ results }) => results.every(({ metrics }) => /^\d+$/.test(metrics.impressions)),
    hasNoRows: ({ results = [] }) => results.length === 0,
    isError: ({ error }, status) => error.code === status && /^[A-Z_]+$/.test(error.status),
    html: [404],
    waitOf: ({ body }) => body.error.details[0].errors[0].details.quotaErrorDetails.retryDelay,
    wait: '90s',
  },
  meta: {
    account: { pages: ['1', '100000000000001', '100000000000002'] },
    call: () => ['/meta/v26.0/1/posts?fields=id,created_time', { headers: ofPage }],
    isSound: ({ data }) => data.every(({ id }) => typeof id === 'string'),
    hasNoRows: ({ data }) => data.length === 0,
    isError: ({ error }) => error.type === 'OAuthException' && isWhole(error.code) && error.fbtrace_id,
    status: { 401: 400, 404: 400, 429: 400, '429_retry_after': 400 },
    waitOf: ({ headers }) =>
      Object.values(JSON.parse(headers.get('x-business-use-case-usage')))[0][0]
        .estimated_time_to_regain_access,
    wait: 2,
  },
  openai: {
    call: () => ['/openai/v1/responses', draft(hashOf('one'))],
    isSound: ({ output }) => Array.isArray(output),
    hasNoRows: ({ output }) => JSON.parse(output.at(-1).content[0].text).items.length === 0,
    isError: ({ error }) => error.message && error.type && 'param' in error && 'code' in error,
  },
  pagespeed: {
    call: () => [runOf('https://one.example/'), {}],
    isSound: ({ lighthouseResult }) => Number.isFinite(lighthouseResult.categories.performance.score),
    hasNoRows: ({ loadingExperience }) => !loadingExperience?.metrics,
    isError: ({ error }, status) => error.code === status && error.message,
    status: { 401: 400 },
  },
  search_console: {
    call: async () => [
      '/search-console/webmasters/v3/sites/sc-domain%3Aone.example/searchAnalytics/query',
      await withToken({ startDate: day(30), endDate: day(0), dimensions: ['date'] }),
    ],
    isSound: ({ rows }) => rows.every(({ clicks }) => isWhole(clicks)),
    hasNoRows: ({ rows }) => rows === undefined,
    isError: ({ error }, status) => error.code === status && error.message,
  },
  sendgrid: {
    call: () => [`/sendgrid/v3/stats?start_date=${day(7)}&end_date=${day(0)}`, { headers: bearer }],
    isSound: (days) => days.every(({ stats }) => isWhole(stats[0].metrics.requests)),
    hasNoRows: (days) => days.every(({ stats }) => stats[0].metrics.requests === 0),
    waitOf: ({ headers }) => headers.get('x-ratelimit-reset'),
    isError: ({ errors }) => errors[0].message && 'field' in errors[0],
  },
};

async function ask([path, request]) {
  const started = performance.now();
  const reply = await fetch(sandbox.url + path, { redirect: 'manual', ...request });
  const bytes = await reply.arrayBuffer().then(Buffer.from, () => null); // null: broken off
  return { status: reply.status, headers: reply.headers, bytes, took: performance.now() - started };
}
const answerTo = async (provider) => ask(await provider.call());
const json = ({ bytes }) => JSON.parse(bytes);

function isRefusal(reply, { isError, html }) {
  const { status, headers, bytes } = reply;
  if (html?.includes(status)) return assert.match(headers.get('content-type'), /html/);
  assert.ok(isError(json(reply), status), String(bytes));
}

const WAIT_SECS = 90;
const OPTIONS = {
  '429_retry_after': { retry_after: WAIT_SECS },
  redirect: { location: 'https://elsewhere.example/' },
  slow: { delay_ms: 60 },
};
const CHECKS = {
  ...Object.fromEntries([401, 403, 404, 429, 500].map((status) => [status, isRefusal])),
  '429_retry_after': (reply, provider) => {
    isRefusal(reply, provider);
    const { waitOf = ({ headers }) => headers.get('retry-after'), wait = String(WAIT_SECS) } = provider;
    const { headers } = reply;
    assert.equal(waitOf({ headers, body: json(reply) }), wait);
  },
  html: ({ headers, bytes }) => {
    assert.match(headers.get('content-type'), /html/);
    assert.match(String(bytes), /^<!doctype html>/);
  },
  empty: ({ bytes }) => assert.equal(bytes.length, 0),
  no_rows: (reply, { hasNoRows }) => assert.ok(hasNoRows(json(reply)), String(reply.bytes)),
  wrong_type: (reply, { isSound }) => assert.ok(!isSound(json(reply)), String(reply.bytes)),
  half_json: (reply) => assert.throws(() => json(reply), SyntaxError),
  invalid_utf8: ({ bytes }) => assert.throws(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)),
  huge: ({ bytes }) => assert.ok(bytes.length > 16 * 1024 * 1024),
  cut: ({ bytes, headers }) => {
    assert.equal(bytes, null);
    assert.ok(Number(headers.get('content-length')) > 0);
  },
  redirect: ({ headers }) => assert.equal(headers.get('location'), OPTIONS.redirect.location),
  echo_key: ({ bytes }) => assert.ok(bytes.includes(agencyKey)),
  echo_key_401: ({ bytes }) => assert.ok(bytes.includes(agencyKey)),
  slow: (reply, { isSound }) => {
    assert.ok(isSound(json(reply)));
    assert.ok(reply.took >= OPTIONS.slow.delay_ms - 1, `${reply.took} ms`);
  },
};
const STATUS = { redirect: 302, echo_key_401: 401 };
const statusOf = (fault, provider) =>
  provider.status?.[fault] ?? STATUS[fault] ?? (Number.parseInt(fault) || 200);

async function addAgency(service) {
  await steer('/accounts', { key: agencyKey, service, ...CALLS[service].account });
}

test('the table below has every provider', () => {
  assert.deepEqual(Object.keys(CALLS).sort(), Object.keys(PROVIDERS).sort());
});

for (const [service, provider] of Object.entries(CALLS))
  test(`${service}: each fault is worded as this provider would`, async () => {
    for (const name of new Set(['google_oauth', service])) await addAgency(name);
    const honest = await answerTo(provider);
    assert.equal(honest.status, 200);
    assert.ok(provider.isSound(json(honest)));
    assert.ok(service === 'google_oauth' || !provider.hasNoRows(json(honest)));
    await steer('/scenario', { key: agencyKey, service, fault: 'hold' });
    const [path, request] = await provider.call();
    const held = fetch(sandbox.url + path, { ...request, signal: AbortSignal.timeout(150) });
    await assert.rejects(held, { name: 'TimeoutError' });
    await steer('/scenario', { key: agencyKey, service, fault: null });
    for (const fault of Object.keys(FAULTS).filter((name) => name !== 'hold')) {
      const call = await provider.call();
      await steer('/scenario', { key: agencyKey, service, fault, ...OPTIONS[fault] });
      const reply = await ask(call);
      await steer('/scenario', { key: agencyKey, service, fault: null });
      try {
        assert.equal(reply.status, statusOf(fault, provider));
        CHECKS[fault](reply, provider);
      } catch (error) {
        error.message = `${fault}: ${error.message}`;
        throw error;
      }
    }
    assert.equal((await answerTo(provider)).status, 200, 'over when it is ended');
  });

test('search_console: a quota that comes as a 403 says so by its reason, as a missing permission does', async () => {
  for (const name of ['google_oauth', 'search_console']) await addAgency(name);
  const reasons = [];
  for (const fault of ['quota_403', '403']) {
    await steer('/scenario', { key: agencyKey, service: 'search_console', fault });
    const reply = await answerTo(CALLS.search_console);
    reasons.push([reply.status, json(reply).error.errors[0].reason]);
  }
  await steer('/scenario', { key: agencyKey, service: 'search_console', fault: null });
  assert.deepEqual(reasons, [
    [403, 'quotaExceeded'],
    [403, 'forbidden'],
  ]);
});

// What tells two workspaces apart that share a key, and a call of each.
const SHARED = {
  pagespeed: ['https://one.example/', (text) => [runOf(text), {}]],
  cloudflare: ['zone-of-one', (text) => ['/cloudflare/client/v4/graphql', zone(text)]],
  openai: [hashOf('one'), (text) => ['/openai/v1/responses', draft(text)], hashOf('two')],
  google_ads: [
    'customers/1',
    async (text) => [`/google-ads/v26/${text}/googleAds:search`, (await CALLS.google_ads.call())[1]],
    'customers/2',
  ],
  search_console: [
    'sc-domain:one.example',
    async (text) => [
      `/search-console/webmasters/v3/sites/${encodeURIComponent(text)}/searchAnalytics/query`,
      (await CALLS.search_console.call())[1],
    ],
  ],
  meta: [
    '/100000000000001',
    (text) => [
      `/meta/v26.0${text}/posts?fields=id`,
      { headers: { authorization: `Bearer ${agencyKey}.page.${text.slice(1)}` } },
    ],
    '/100000000000002',
  ],
};

for (const [service, [where, callAbout, neighbour = where.replace('one', 'two')]] of Object.entries(SHARED))
  test(`${service}: a fault of one workspace spares its neighbour, and changes while running`, async () => {
    for (const name of new Set(['google_oauth', service])) await addAgency(name);
    const of = (fault) => statusOf(fault, CALLS[service]);
    const set = (scenario) => steer('/scenario', { key: agencyKey, service, ...scenario });
    const statuses = async (why, expected) => {
      const found = [];
      for (const text of [where, neighbour]) found.push((await ask(await callAbout(text))).status);
      assert.deepEqual(found, expected, why);
    };
    await set({ where, fault: '500', after: 1, times: 1 });
    await statuses('the first is let pass', [200, 200]);
    await statuses('the neighbour’s request has not counted', [of('500'), 200]);
    await statuses('it was for once', [200, 200]);
    await set({ where, fault: '500' });
    await set({ where: neighbour, fault: '403' });
    await statuses('each has its own', [of('500'), of('403')]);
    await set({ where, fault: '429' });
    await statuses('changed for one', [of('429'), of('403')]);
    await set({ fault: '404' });
    await set({ where, fault: null });
    await statuses('ended for one, who now meets what all meet', [of('404'), of('403')]);
    await set({ fault: null });
    await statuses('ended for all', [200, 200]);
  });
