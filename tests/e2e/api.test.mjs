// The Worker's API as a browser uses it: who may ask for what, and what comes of it.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';

import { CLIENT, NORTHWIND, count, one, signIn, testStack, until, untilRested } from './harness.mjs';

let stack;
const tokens = {};
before(async () => {
  stack = await testStack('api');
  await stack.tick();
  await untilRested(stack, 90_000);
  for (const name of ['viewer', 'manager'])
    tokens[name] = await signIn(stack, `${name}@${NORTHWIND}.example`);
  tokens.other = await signIn(stack, 'viewer@harbor-yoga.example');
  tokens.agency = await signIn(stack, 'agency@webfluentia.example');
});
after(() => stack?.stop());

async function api(path, { as, method = 'POST', body, headers = {} } = {}) {
  const reply = await fetch(`${stack.state.urls.dashboard}api${path}`, {
    method,
    headers: {
      ...(as && { authorization: `Bearer ${tokens[as]}` }),
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body && JSON.stringify(body),
  });
  const text = await reply.text();
  return { status: reply.status, headers: reply.headers, body: text ? JSON.parse(text) : null };
}

const syncPath = (service, slug = NORTHWIND) => `/workspaces/${slug}/sync/${service}`;

function assertProblem({ status, headers, body }, expected, type) {
  assert.equal(status, expected, JSON.stringify(body));
  assert.equal(headers.get('content-type'), 'application/problem+json');
  assert.equal(body.type, `urn:webfluentia:${type}`);
  assert.equal(body.status, expected);
}

test('the health check says what an uptime monitor needs, and names nobody', async () => {
  const health = await api('/health', { method: 'GET' });
  assert.equal(health.status, 200);
  assert.equal(health.body.status, 'ok');
  assert.ok(health.body.ticked_secs_ago < 120, JSON.stringify(health.body));
  assert.equal(health.body.runs_left_behind, 0);
  const text = JSON.stringify(health.body);
  for (const { slug, client_id } of stack.state.workspaces)
    assert.ok(!text.includes(slug) && !text.includes(client_id));
});

// As the stack's Auth signs it (HS256), with another end.
function endingIn(secs, token) {
  const [head, payload] = token.split('.');
  const exp = Math.floor(Date.now() / 1000) + secs;
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url')), exp };
  const text = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  return `${text}.${createHmac('sha256', stack.state.keys.jwt_secret).update(text).digest('base64url')}`;
}

test('nobody, a forged token and an expired one are 401', async () => {
  assertProblem(await api(syncPath('stripe')), 401, 'unauthenticated');
  const [head, payload] = tokens.manager.split('.');
  for (const authorization of [
    'Bearer x',
    `Bearer ${head}.${payload}.AAAA`,
    `Bearer ${stack.state.keys.publishable}`,
    `Bearer ${endingIn(-60, tokens.manager)}`,
  ])
    assertProblem(await api(syncPath('stripe'), { headers: { authorization } }), 401, 'unauthenticated');
  const authorization = `Bearer ${endingIn(60, tokens.manager)}`;
  const asked = await api(`/workspaces/${NORTHWIND}/anomalies`, {
    method: 'GET',
    headers: { authorization },
  });
  assert.equal(asked.status, 200, 'the same before its end');
});

test("an unknown workspace and somebody else's are the same 404", async () => {
  const unknown = await api(syncPath('stripe', 'no-such-workspace'), { as: 'manager' });
  const foreign = await api(syncPath('stripe', 'harbor-yoga'), { as: 'manager' });
  const mine = await api(syncPath('stripe'), { as: 'other' });
  for (const reply of [unknown, foreign, mine]) assertProblem(reply, 404, 'not-found');
  assert.deepEqual(unknown.body, foreign.body);
});

test('a viewer may not start a sync; a manager may, and 409 while it runs', async () => {
  assertProblem(await api(syncPath('stripe'), { as: 'viewer' }), 403, 'forbidden');
  const before = await count(stack, 'sync_runs', "cause = 'manual'");
  assert.equal(before, 0);

  const [first, second] = await Promise.all([1, 2].map(() => api(syncPath('stripe'), { as: 'manager' })));
  const [started, refused] = first.status === 202 ? [first, second] : [second, first];
  assert.equal(started.status, 202, JSON.stringify(started.body));
  assertProblem(refused, 409, 'already-running');
  assert.equal(started.body.run_id, started.body.runs[0].run_id);
  await until('the run succeeded', async () => {
    const run = await one(stack, 'select state from sync_runs where run_id = $1', [started.body.run_id]);
    return run.state === 'succeeded';
  });
  await untilRested(stack);
});

test('what a manager has just synced rests for some minutes', async () => {
  const again = await api(syncPath('stripe'), { as: 'manager' });
  assertProblem(again, 429, 'just-synced');
  assert.match(again.body.title, /ask again in [45] min$/);
  const secs = Number(again.headers.get('retry-after'));
  assert.ok(secs > 180 && secs <= 300, `${secs}`);
  await stack.query(`update sync_runs set finished_at = finished_at - interval '5 minutes'`);
});

test('one stream alone', async () => {
  const reply = await api(syncPath('stripe'), { as: 'agency', body: { stream: 'charges' } });
  assert.equal(reply.status, 202, JSON.stringify(reply.body));
  assert.deepEqual(
    reply.body.runs.map(({ stream }) => stream),
    ['charges'],
  );
  await untilRested(stack);
});

test('a planted drop is told to any member, and to nobody else', async () => {
  const property = 'sc-domain:planted.example';
  await stack.query(
    `insert into gsc_site_daily (client_id, property, search_type, day, clicks, impressions, provisional, source_at)
     select $1, $2, 'web', current_date - n, case n when 8 then 380 else 1000 end, 9000, false, now()
     from generate_series(5, 60) n`,
    [CLIENT[NORTHWIND], property],
  );
  const path = `/workspaces/${NORTHWIND}/anomalies`;
  const read = (as) => api(path, { as, method: 'GET' });
  for (const as of ['viewer', 'manager', 'agency']) {
    const { status, body } = await read(as);
    assert.equal(status, 200, JSON.stringify(body));
    const clicks = body.series.find((one) => one.of === property && one.label === 'Search clicks');
    assert.deepEqual(
      clicks.anomalies.map(({ kind, value, words }) => [kind, value, words.replace(/ on .*/, '')]),
      [['drop', 380, '62 % below usual']],
    );
    assert.ok(body.found >= 1);
  }
  assertProblem(await read('other'), 404, 'not-found');
  assertProblem(await read(undefined), 401, 'unauthenticated');
  const refused = await api(path, { as: 'viewer' });
  assertProblem(refused, 405, 'method-not-allowed');
  assert.equal(refused.headers.get('allow'), 'GET');
});

test('what cannot be synced is said, and what is not understood', async () => {
  assertProblem(await api(syncPath('nothing'), { as: 'manager' }), 404, 'not-found');
  assertProblem(await api(syncPath('openai'), { as: 'manager' }), 409, 'nothing-to-sync');
  assertProblem(await api(syncPath('stripe'), { as: 'manager', body: [1] }), 400, 'invalid-request');
  assertProblem(await api(syncPath('stripe'), { as: 'manager', method: 'GET' }), 405, 'method-not-allowed');
  assertProblem(await api('/nothing', { as: 'manager' }), 404, 'not-found');
});

test('no address gives the page without what fences it in, also where the Worker is not asked', async () => {
  for (const path of ['', 'w/acme', 'app/', 'app/nothing', 'app/page.js']) {
    const { headers } = await fetch(stack.state.urls.dashboard + path);
    assert.match(
      headers.get('content-security-policy') ?? '',
      /default-src 'none'.*frame-ancestors 'none'/,
      path,
    );
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
  }
});
