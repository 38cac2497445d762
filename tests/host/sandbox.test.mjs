// The stand-in must be as strict as what it stands for.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';

import { PROVIDERS } from '../sandbox/providers.mjs';
import { startSandbox } from '../sandbox/server.mjs';

const KEY = 'sk_test_of_the_sandbox';
let sandbox;

before(async () => {
  sandbox = await startSandbox({ accounts: [{ key: KEY }] });
});
after(() => sandbox.close());

async function get(path, key = KEY) {
  const reply = await fetch(`${sandbox.url}/stripe/v1/${path}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  return { status: reply.status, headers: reply.headers, body: await reply.json() };
}

async function steer(path, body) {
  const reply = await fetch(`${sandbox.url}/_sandbox${path}`, { method: 'POST', body: JSON.stringify(body) });
  return reply.json();
}

test('a long body is read as it was sent, wherever it is cut on its way', async () => {
  const fault = '€'.repeat(300_000);
  assert.equal(
    (await steer('/scenario', { key: KEY, service: 'stripe', fault })).error,
    `no fault named ${fault}`,
  );
});

test('a list is read page by page, each object once', async () => {
  const ids = [];
  for (let after; ;) {
    const page = (await get(`charges?limit=100${after ? `&starting_after=${after}` : ''}`)).body;
    ids.push(...page.data.map(({ id }) => id));
    after = page.data.at(-1).id;
    if (!page.has_more) break;
  }
  assert.equal(ids.length, 5);
  assert.equal(new Set(ids).size, 5);
});

test('a page is newest first, minutes old, and comes with a date', async () => {
  const { body, headers } = await get('charges?limit=100');
  const created = body.data.map((row) => row.created);
  assert.deepEqual(
    created,
    [...created].sort((a, b) => b - a),
  );
  assert.ok(Math.abs(Date.now() / 1000 - created[0]) < 300);
  assert.equal(body.has_more, true);
  assert.ok(Date.parse(headers.get('date')) && headers.get('request-id'));
});

test('the created window has both its ends', async () => {
  const all = (await get('charges?limit=100')).body.data;
  const within = (from, to) =>
    get(`charges?limit=100&created[${from[0]}]=${from[1]}&created[${to[0]}]=${to[1]}`);
  const [newest, , third] = all.map((row) => row.created);
  assert.equal((await within(['gte', third], ['lte', newest])).body.data.length, 3);
  assert.equal((await within(['gt', third], ['lt', newest])).body.data.length, 1);
});

test('what Stripe would refuse is refused', async () => {
  const cases = [
    ['payment_links?created[gte]=1', 400, 'parameter_unknown'],
    ['charges?limit=101', 400, undefined],
    ['charges?starting_after=ch_gone', 400, 'resource_missing'],
    ['charges/ch_gone', 404, 'resource_missing'],
    ['nothing', 404, undefined],
  ];
  for (const [path, status, code] of cases) {
    const reply = await get(path);
    assert.deepEqual([reply.status, reply.body.error.code], [status, code], path);
  }
  const stranger = await get('charges', 'sk_test_of_a_stranger');
  assert.equal(stranger.status, 401);
  assert.doesNotMatch(JSON.stringify(stranger.body), /of_a_stranger/);
});

test('what happens is in the list of events and in the object', async () => {
  const [charge] = (await get('charges?limit=1')).body.data;
  const object = { ...charge, refunded: true };
  const { event } = await steer('/event', { key: KEY, type: 'charge.refunded', object });
  await steer('/event', { key: KEY, type: 'product.created', object: { id: 'prod_1', object: 'product' } });
  const refunds = (await get('events?types[]=charge.refunded&limit=10')).body.data;
  assert.deepEqual(
    refunds.map(({ id }) => id),
    [event.id],
  );
  assert.equal((await get(`charges/${charge.id}`)).body.refunded, true);
});

test('a fault begins after so many requests, lasts so many, and stays with its key', async () => {
  await steer('/accounts', { key: 'sk_test_other_account' });
  await steer('/scenario', {
    key: KEY,
    service: 'stripe',
    fault: '429_retry_after',
    retry_after: 7,
    after: 1,
    times: 1,
  });
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push(await get('charges'));
  assert.deepEqual(
    statuses.map(({ status }) => status),
    [200, 429, 200],
  );
  assert.equal(statuses[1].headers.get('retry-after'), '7');
  assert.equal((await get('charges', 'sk_test_other_account')).status, 200);
});

const META = {
  key: 'EAA_of_the_sandbox',
  appId: '1234567890',
  appSecret: 'the secret of the app',
  pages: ['1'],
  instagram: ['2'],
};

async function graph(path, token = META.key, proofOf = token) {
  const proof = createHmac('sha256', META.appSecret).update(proofOf).digest('hex');
  const url = `${sandbox.url}/meta/v26.0/${path}${path.includes('?') ? '&' : '?'}appsecret_proof=${proof}`;
  const reply = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  return { status: reply.status, body: await reply.json() };
}

test('Meta: a Page needs its own token, and each token its own proof', async () => {
  await steer('/accounts', { ...META, service: 'meta', dead: ['page_video_views'] });
  const now = Math.floor(Date.now() / 1000);
  const insights = (metric) =>
    `1/insights?metric=${metric}&period=day&since=${now - 80 * 86_400}&until=${now + 86_400}`;
  const { access_token } = (await graph('1?fields=access_token')).body;
  const codeOf = async (...call) => (await graph(...call)).body.error.code;
  assert.equal(await codeOf(insights('page_follows')), 190);
  assert.equal(await codeOf(insights('page_follows'), access_token, META.key), 100);
  assert.equal(await codeOf(insights('page_video_views'), access_token), 100);
  assert.equal(await codeOf('3?fields=id', META.key), 100);
  const { body } = await graph(insights('page_follows'), access_token);
  assert.deepEqual(
    body.data[0].values.map(({ value }) => value),
    [21000, 21003],
  );
  const about = `debug_token?input_token=${META.key}`;
  assert.equal(await codeOf(about), 100, 'a token about itself');
  assert.equal(await codeOf(about, `${META.appId}|another secret`), 100);
  assert.equal((await graph(about, `${META.appId}|${META.appSecret}`)).body.data.is_valid, true);
  const posts = (await graph('1/posts?fields=id', access_token)).body;
  assert.match(posts.paging.next, new RegExp(`access_token=${access_token}`), 'as Meta does');
  assert.deepEqual(Object.keys(posts.data[0]), ['id']);
  assert.equal(await codeOf('1/posts?fields=id,mesage', access_token), 100);
});

test('Meta: the posts are read by the links to the next page, each once', async () => {
  const key = 'EAA_with_posts';
  await steer('/accounts', { key, service: 'meta', pages: ['7'] });
  const headers = { authorization: `Bearer ${key}.page.7` };
  const seen = [];
  let pages = 0;
  for (let path = '/v26.0/7/posts?fields=id'; path; pages++) {
    const { data, paging } = await (await fetch(`${sandbox.url}/meta${path}`, { headers })).json();
    seen.push(...data.map(({ id }) => id));
    const next = paging.next && new URL(paging.next);
    path = next && `/v26.0/7/posts${next.search}`;
  }
  assert.equal(pages, 2);
  assert.deepEqual([seen.length, new Set(seen).size], [2, 2]);
});

test('Cloudflare: a reply has the rows and members that were asked for, and no other name', async () => {
  const key = 'token_of_cloudflare';
  await steer('/accounts', { key, service: 'cloudflare' });
  const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
  const ask = async (selection) => {
    const query = `query($tag:string!,$from:Date!,$to:Date!){viewer{zones(filter:{zoneTag:$tag}){${selection}}}}`;
    const reply = await fetch(`${sandbox.url}/cloudflare/client/v4/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: { tag: 'zone', from: day(30), to: day(0) } }),
    });
    return reply.json();
  };
  const groups = (limit, selected) =>
    ask(`httpRequests1dGroups(limit:${limit},filter:{date_geq:$from,date_lt:$to}){${selected}}`);
  const rows = async (limit) => {
    const { data } = await groups(limit, 'sum{requests}dimensions{date}');
    return data.viewer.zones[0].httpRequests1dGroups;
  };
  const all = await rows(100);
  assert.ok(all.length > 1);
  assert.deepEqual(await rows(1), all.slice(0, 1));
  assert.deepEqual(Object.keys(all[0]), ['sum', 'dimensions']);
  const refused = await Promise.all([
    groups(100, 'sum{request}'),
    groups(100, 'sum'),
    groups(0, 'sum{requests}'),
    ask('httpRequests1dGroups(limit:100,filter:{date_from:$from,date_lt:$to}){sum{requests}}'),
    ask('httpRequestsGroups(limit:100,filter:{date_geq:$from,date_lt:$to}){sum{requests}}'),
  ]);
  for (const { data, errors } of refused) assert.deepEqual([data, errors.length], [null, 1]);
});

test('Google Ads: what is misspelt, or not of that report, is refused', async () => {
  const key = 'refresh_token_of_ads';
  for (const service of ['google_oauth', 'google_ads']) await steer('/accounts', { key, service });
  const token = await fetch(`${sandbox.url}/google-oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'c', refresh_token: key }),
  });
  const { access_token } = await token.json();
  const query = async (fields, from, rest = '') => {
    const reply = await fetch(`${sandbox.url}/google-ads/v26/customers/1234567890/googleAds:search`, {
      method: 'POST',
      headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        query: `SELECT ${fields} FROM ${from} WHERE segments.date BETWEEN '2026-01-01' AND '2026-01-02'${rest}`,
      }),
    });
    return reply.status;
  };
  assert.equal(await query('campaign.id, metrics.clicks', 'campaign', ' ORDER BY segments.date DESC'), 200);
  for (const asked of [
    ['campaign.id, metrics.click', 'campaign'],
    ['campaign.id, search_term_view.search_term', 'campaign'],
    ['segments.conversion_action, metrics.clicks', 'campaign'],
    ['campaign.id', 'campaigns'],
    ['campaign.id', 'campaign', ' ORDER BY segments.day'],
  ])
    assert.equal(await query(...asked), 400, asked.join());
});

test('Google: a token is good for the scope that it was asked for', () => {
  const signed = (scope) => {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: 'a@b.example',
      aud: 'https://oauth2.googleapis.com/token',
      scope,
      iat: now,
      exp: now + 60,
    };
    const assertion = `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmVk`;
    return new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion,
    }).toString();
  };
  const { google_oauth: oauth, google_ads: ads, search_console: search } = PROVIDERS;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const { body } = oauth.answer(
    {},
    {
      method: 'POST',
      path: '/token',
      headers,
      body: signed('https://www.googleapis.com/auth/webmasters.readonly'),
    },
  );
  const bearer = { authorization: `Bearer ${body.access_token}` };
  assert.deepEqual([search.keyOf(bearer), ads.keyOf(bearer)], ['a@b.example', '']);
});

test('SendGrid: mail is taken as strictly as SendGrid takes it', async () => {
  const key = 'SG.of_the_sandbox';
  await steer('/accounts', { service: 'sendgrid', key });
  const mail = {
    personalizations: [{ to: [{ email: 'a@b.example' }], custom_args: { wf_message_id: 'x' } }],
    from: { email: 'c@d.example' },
    subject: 'Hello',
    content: [{ type: 'text/plain', value: 'Hi' }],
  };
  const send = async (body) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const reply = await fetch(`${sandbox.url}/sendgrid/v3/mail/send`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return { status: reply.status, id: reply.headers.get('x-message-id'), text: await reply.text() };
  };
  const taken = await send(mail);
  assert.deepEqual([taken.status, taken.text], [202, '']);
  const people = (person) => ({ ...mail, personalizations: [person] });
  const refused = [
    [{ ...mail, bcc: [] }, 'bcc'],
    [{ ...mail, from: { email: 'x' } }, 'from.email'],
    [{ ...mail, subject: 'a\r\nBcc: x' }, 'subject'],
    [{ ...mail, content: [{ type: 'text/html', value: 'x' }] }, 'content'],
    [{ ...mail, headers: { To: 'x' } }, 'headers.To'],
    [{ ...mail, reply_to: { email: `${'x'.repeat(65)}@d.example` } }, 'reply_to.email'],
    [people({ to: [{ email: 'a@b.example' }, { email: 'A@b.example' }] }), 'personalizations.0'],
    [people({ to: [{ email: 'a@b.example' }], custom_args: { n: 1 } }), 'personalizations.0.custom_args'],
  ];
  for (const [body, field] of refused) {
    const { status, text } = await send(body);
    assert.deepEqual([status, JSON.parse(text).errors[0].field], [400, field]);
  }
  for (const fault of ['401', '403', '429', '429_retry_after']) {
    await steer('/scenario', { service: 'sendgrid', key, fault });
    assert.equal((await send(mail)).status, Number.parseInt(fault));
  }
  await steer('/scenario', { service: 'sendgrid', key, fault: null });
  const { sent } = await steer('/deliver', { service: 'sendgrid', key, kind: 'sent' });
  assert.deepEqual(
    sent.map(({ id }) => id),
    [taken.id],
  );
});

const POST_JSON = { 'content-type': 'application/json' };

async function googleToken(key) {
  await steer('/accounts', { service: 'google_oauth', key });
  const form = { grant_type: 'refresh_token', client_id: 'c', refresh_token: key };
  const granted = await fetch(`${sandbox.url}/google-oauth/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  return (await granted.json()).access_token;
}

test('Google Ads: a report is read by its page tokens, each row once', async () => {
  const key = '1//of-the-sandbox';
  await steer('/accounts', { service: 'google_ads', key, customers: ['5'], pageLimit: 2 });
  const headers = { ...POST_JSON, authorization: `Bearer ${await googleToken(key)}` };
  const query = `SELECT segments.date, segments.conversion_action, metrics.conversions FROM campaign
    WHERE segments.date BETWEEN '2000-01-01' AND '2100-01-01'`.replace(/\s+/g, ' ');
  const read = async (body) => {
    const url = `${sandbox.url}/google-ads/v26/customers/5/googleAds:search`;
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const rows = [];
  let pageToken,
    pages = 0;
  do {
    const page = await read({ query, pageToken });
    assert.ok(page.results.length <= 2);
    rows.push(...page.results);
    pageToken = page.nextPageToken;
    pages++;
  } while (pageToken);
  assert.ok(pages > 1, `${rows.length} rows`);
  assert.equal(new Set(rows.map((row) => JSON.stringify(row))).size, rows.length);
  assert.ok((await read({ query, pageToken: 'bm90IG9uZQ' })).error, 'a token that is none');
});

test('Search Console: a page ends at the rows that were asked for, and the next begins there', async () => {
  const key = 'seo@of-the-sandbox.example';
  const rows = 25_003;
  await steer('/accounts', { service: 'search_console', key, rows });
  const access_token = await googleToken(key);
  const url = `${sandbox.url}/search-console/webmasters/v3/sites/sc-domain%3Aa.example/searchAnalytics/query`;
  const ask = async (query) => {
    const headers = { ...POST_JSON, authorization: `Bearer ${access_token}` };
    const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify(query) });
    return (await reply.json()).rows ?? [];
  };
  const all = { startDate: '2000-01-01', endDate: '2100-01-01' };
  const newest = (await ask({ ...all, dimensions: ['date'] })).at(-1).keys[0];
  const queries = new Set();
  const sizes = [];
  for (const startRow of [0, 25_000, 50_000]) {
    const dimensions = ['query', 'page'];
    const window = { startDate: newest, endDate: newest, dimensions };
    const page = await ask({ ...window, rowLimit: 25_000, startRow });
    sizes.push(page.length);
    for (const { keys } of page) queries.add(keys.join(' '));
  }
  assert.deepEqual(sizes, [25_000, 3, 0]);
  assert.equal(queries.size, rows);
});
