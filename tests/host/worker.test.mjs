import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CoreFailure } from '../../edge-workers/host/core.mjs';
import { bytesOf, coreDouble, env, steps, textOf } from './core_double.mjs';
import { answering, context, logged, ok, post, respond, workerAround } from './worker_double.mjs';

const SIX_MB = 6 * 1024 * 1024;
const KEY = 'sk_test_northwind+/=key';

test('a webhook reaches the core with its raw bytes, workspace and headers', async () => {
  let event, body;
  const core = steps((control, parts) => {
    [event, body] = [control.event, parts[0]];
    return { effects: [respond(200), ok] };
  });
  const raw = new Uint8Array([0x7b, 0xff, 0xfe]);
  const headers = { 'stripe-signature': 't=1,v1=ab', cookie: 'session=1', authorization: 'Bearer x' };
  const reply = await workerAround(core).fetch(
    post('/webhooks/stripe/northwind-dental', raw, headers),
    env(),
    context(),
  );
  assert.equal(reply.status, 200);
  assert.deepEqual([event.kind, event.service, event.workspace], ['webhook', 'stripe', 'northwind-dental']);
  assert.deepEqual(body, raw);
  const names = event.headers.map(([name]) => name);
  assert.ok(
    names.includes('stripe-signature') && !names.includes('cookie') && !names.includes('authorization'),
  );
});

test('an API request reaches the core with its body and ids, and its token only reaches Supabase', async (t) => {
  const token = 'eyJhbGciOiJIUzI1NiJ9.session.token';
  const asked = [];
  t.mock.method(globalThis, 'fetch', async (url, { headers, body }) => {
    asked.push([url, Object.fromEntries(headers).authorization, textOf(body)]);
    return new Response(`you are ${token}`);
  });
  const call = (effect, url) => ({
    effect,
    body: 1,
    kind: 'http',
    method: 'GET',
    url,
    headers: [['authorization', 'Bearer {{secret:session.access_token}}']],
  });
  let event;
  const seen = [];
  const core = steps(
    (control, parts) => {
      ({ event } = control);
      const effects = [call(1, 'http://127.0.0.1:54321/rest/v1/x'), call(2, 'https://api.stripe.com/x')];
      return { effects, parts };
    },
    (result, effect, bodies) => {
      seen.push([effect, result.failed ?? textOf(bodies[0])]);
      return seen.length < 2 ? [] : [respond(202), ok];
    },
  );
  const headers = { authorization: `Bearer ${token}`, 'idempotency-key': 'k' };
  const path = '/api/workspaces/northwind-dental/email';
  const reply = await workerAround(core).fetch(post(path, `{"a":"${token}"}`, headers), env(), context());
  assert.equal(reply.status, 202);
  assert.deepEqual([event.kind, event.method, event.path], ['api', 'POST', path]);
  assert.deepEqual(event.ids, { 'google_ads.customer_id': '1234567890' });
  assert.ok(event.headers.some(([name]) => name === 'idempotency-key'));
  assert.ok(!JSON.stringify(event).includes(token));
  const supabase = ['http://127.0.0.1:54321/rest/v1/x', `Bearer ${token}`, '{"a":"[redacted]"}'];
  assert.deepEqual(asked, [supabase]);
  assert.deepEqual(
    new Map(seen),
    new Map([
      [1, 'you are [redacted]'],
      [2, 'secret_refused'],
    ]),
  );
});

test('an API request without a token finds its placeholder missing', async () => {
  const core = steps(
    () => ({
      effects: [
        {
          effect: 1,
          kind: 'http',
          method: 'GET',
          url: 'http://127.0.0.1:54321/',
          headers: [['authorization', '{{secret:session.access_token}}']],
        },
      ],
    }),
    ({ failed, name }) => [
      respond(failed === 'secret_missing' && name === 'session.access_token' ? 401 : 500),
      ok,
    ],
  );
  const long = `${'ab'.repeat(4100)}.a.a`; // its search would be a stranger's to write
  for (const authorization of [undefined, 'Basic dTpw', 'Bearer', 'Bearer x', `Bearer ${long}`]) {
    const headers = authorization ? { authorization } : {};
    const reply = await workerAround(core).fetch(
      post('/api/workspaces/a/email', '{}', headers),
      env(),
      context(),
    );
    assert.equal(reply.status, 401);
  }
});

test('what somebody else throws is logged by its kind: it may quote a secret', async () => {
  const thrown = new SyntaxError(`sk_test_northwind+/=key is not well-formed`);
  const core = steps(() => {
    throw thrown;
  });
  const asked = (path) => () => workerAround(core).fetch(post(path, '{}'), env(), context());
  for (const path of ['/webhooks/stripe/northwind-dental', '/api/workspaces/northwind-dental/email']) {
    const [reply, lines] = await logged(asked(path));
    assert.equal(reply.status, 503);
    assert.deepEqual(lines.map(JSON.parse), [
      { level: 'error', what: 'a flow failed', message: 'SyntaxError' },
    ]);
  }
});

test('of a path that may be anything the log has the beginning alone', async () => {
  const long = new Uint8Array(SIX_MB);
  for (const [path, told] of [
    ['/api/eyJhbGciOiJIUzI1NiJ9.session.token', '/api/'],
    ['/api/workspaces/northwind-dental/eyJhbGciOiJIUzI1NiJ9', '/api/workspaces/northwind-dental/'],
  ]) {
    const [reply, lines] = await logged(() =>
      workerAround(answering(200)).fetch(post(path, long), env(), context()),
    );
    assert.deepEqual([reply.status, JSON.parse(lines[0]).path], [413, told]);
  }
});

const PASSWORD_CHECK = {
  effect: 1,
  kind: 'verify',
  algorithm: 'basic-auth',
  secret: 'stripe.webhook_secret',
  prefix: '',
  signatures: [],
};

test('the password of a webhook is compared in the host, and the core never sees it', async () => {
  const seen = [];
  const core = steps(
    (control) => {
      seen.push(JSON.stringify(control));
      return { effects: [PASSWORD_CHECK] };
    },
    ({ valid }) => [respond(valid ? 200 : 400, { effect: 2 }), { ...ok, effect: 3 }],
  );
  const send = async (authorization) => {
    const headers = authorization ? { authorization } : {};
    const path = '/webhooks/stripe/northwind-dental';
    return (await workerAround(core).fetch(post(path, '--x', headers), env(), context())).status;
  };
  const basic = (text) => `Basic ${btoa(text)}`;
  assert.equal(await send(basic('anybody:whsec_test_secret')), 200);
  assert.equal(await send(basic(':whsec_test_secret')), 200);
  for (const wrong of [
    undefined,
    basic('whsec_test_secret'),
    basic('whsec_test_secret:'),
    basic('a:whsec_test_secret:b'),
    'Basic ???',
    'Bearer whsec_test_secret',
  ])
    assert.equal(await send(wrong), 400, wrong);
  assert.ok(seen.every((text) => !text.includes('whsec_test_secret') && !text.includes('Basic')));
});

test('a password may have a colon in it', async () => {
  const vars = { WORKSPACE_NORTHWIND_DENTAL: JSON.stringify({ stripe: { webhook_secret: 'with:a:colon' } }) };
  const core = steps(
    () => ({ effects: [PASSWORD_CHECK] }),
    ({ valid }) => [respond(valid ? 200 : 400, { effect: 2 }), { ...ok, effect: 3 }],
  );
  const reply = await workerAround(core).fetch(
    post('/webhooks/stripe/northwind-dental', 'x', { authorization: `Basic ${btoa('user:with:a:colon')}` }),
    env(vars),
    context(),
  );
  assert.equal(reply.status, 200);
});

test('a path of the wrong shape or of no service is 404, another method 405', async () => {
  const worker = workerAround(coreDouble(() => assert.fail('the core is not asked')));
  const paths = [
    '/webhooks/stripe/Northwind',
    '/webhooks/stripe/',
    '/webhooks/stripe/a/b',
    '/webhooks/stripe/a%2Fb',
    `/webhooks/stripe/${'a'.repeat(64)}`,
    '/webhooks/paypal/a',
  ];
  for (const path of paths)
    assert.equal((await worker.fetch(post(path, 'x'), env(), context())).status, 404, path);
  const got = await worker.fetch(new Request('http://worker/webhooks/stripe/a'), env(), context());
  assert.deepEqual([got.status, got.headers.get('allow')], [405, 'POST']);
});

test('a body over 5 MB does not reach the core: of a delivery it is held, unless nobody could', async () => {
  const told = [];
  const objects = [];
  const keep = { effect: 3, kind: 'put_object', key: 'webhooks/a/stripe/x', body: 0 };
  const core = steps(
    ({ event }, parts) => {
      told.push([event.too_large, event.held, parts.length]);
      return { effects: event.held ? [keep] : [respond(413), ok] };
    },
    () => [respond(200), ok],
  );
  const worker = workerAround(core);
  const RAW = { put: async (key, bytes) => (objects.push([key, bytes.length]), {}) };
  const declared = post('/webhooks/stripe/a', new Uint8Array(SIX_MB), { 'content-length': String(SIX_MB) });
  assert.equal((await worker.fetch(declared, env({ RAW }), context())).status, 200);
  assert.deepEqual(objects, [['webhooks/a/stripe/x', SIX_MB]]);
  let read = 0;
  const endless = new ReadableStream({ pull: (c) => ((read += 65536), c.enqueue(new Uint8Array(65536))) });
  assert.equal((await worker.fetch(post('/webhooks/stripe/a', endless), env(), context())).status, 413);
  assert.ok(read < 6 * SIX_MB, 'it is not read to its end');
  assert.deepEqual(told, [
    [true, true, 0],
    [true, false, 0],
  ]);
  // Of the API, whoever asked knows.
  const asked = await worker.fetch(post('/api/workspaces/a/email', new Uint8Array(SIX_MB)), env(), context());
  assert.equal(asked.headers.get('content-type'), 'application/problem+json');
  assert.deepEqual(await asked.json(), {
    type: 'urn:webfluentia:too-large',
    title: 'The body is larger than 5 MB',
    status: 413,
  });
  assert.equal(told.length, 2);
});

test('the reply goes out before the flow is over', async () => {
  let finish;
  const core = steps(() => ({ effects: [respond(200), { effect: 3, kind: 'enqueue', message: {} }] }));
  const JOBS = { send: () => new Promise((resolve) => (finish = resolve)) };
  const waiting = context();
  const reply = await workerAround(core).fetch(post('/webhooks/stripe/a', '{}'), env({ JOBS }), waiting);
  assert.equal(reply.status, 200);
  finish();
  assert.equal((await waiting.settled())[0].status, 'fulfilled');
});

test('a core that fails before answering is 503 with Retry-After, and one log line', async () => {
  const core = coreDouble(() => {
    throw new CoreFailure('the core stopped: unreachable');
  });
  const [reply, lines] = await logged(() =>
    workerAround(core).fetch(post('/webhooks/stripe/a', '{}'), env(), context()),
  );
  assert.deepEqual([reply.status, reply.headers.get('retry-after')], [503, '30']);
  assert.match(lines[0], /unreachable/);
});

test('a core that fails after it has called a provider says that nobody knows what became of it', async (t) => {
  const call = (url) => ({ effect: 1, kind: 'http', method: 'POST', url, headers: [] });
  t.mock.method(globalThis, 'fetch', async () => new Response('', { status: 202 }));
  const ask = async (url) => {
    const core = steps(
      () => ({ effects: [call(url)] }),
      () => {
        throw new CoreFailure('a trap');
      },
    );
    const path = '/api/workspaces/northwind-dental/email';
    const reply = await workerAround(core).fetch(post(path, '{}'), env(), context());
    return [reply.status, reply.headers.get('retry-after'), (await reply.json()).type];
  };
  const unknown = [502, null, 'urn:webfluentia:outcome-unknown'];
  assert.deepEqual(await ask('https://api.sendgrid.com/v3/mail/send'), unknown);
  const database = await ask('http://127.0.0.1:54321/rest/v1/rpc/begin_action');
  assert.deepEqual(database, [503, '30', 'urn:webfluentia:unavailable']);
});

test('a secret is taken out of replies and log lines', async () => {
  const body = bytesOf(`key ${KEY}`);
  const core = steps(() => ({
    effects: [
      { effect: 0, kind: 'log', level: 'info', fields: { key: KEY, basic: btoa(`u:${KEY}`) } },
      respond(200, { headers: [['x-key', KEY]], body: 1 }),
      ok,
    ],
    parts: [body],
  }));
  const [reply, lines] = await logged(() =>
    workerAround(core).fetch(post('/webhooks/stripe/northwind-dental', '{}'), env(), context()),
  );
  assert.equal(reply.headers.get('x-key'), '[redacted]');
  assert.equal(textOf(new Uint8Array(await reply.arrayBuffer())), 'key [redacted]');
  assert.doesNotMatch(lines.join(), /northwind\+/);
  assert.equal(JSON.parse(lines[0]).key, '[redacted]');
});

test('a secret that is sent here does not reach the core', async () => {
  let given;
  const core = steps((control, parts) => {
    given = JSON.stringify(control) + textOf(parts[0]);
    return { effects: [respond(400), ok] };
  });
  const request = post('/webhooks/stripe/northwind-dental', `{"note":"${KEY}"}`, { 'x-note': KEY });
  await workerAround(core).fetch(request, env(), context());
  assert.equal(given.split('[redacted]').length, 3);
  assert.ok(!given.includes(KEY));
});

test('the core is told when the settings of the workspace in the path cannot be read', async () => {
  const told = [];
  const core = steps(({ event }) => (told.push(event.settings_unreadable), { effects: [respond(409), ok] }));
  const worker = workerAround(core);
  const broken = env({ WORKSPACE_HARBOR_YOGA: '{"stripe":' });
  for (const path of ['workspaces/harbor-yoga/email', 'workspaces/northwind-dental/email', 'email'])
    await worker.fetch(post(`/api/${path}`, '{}'), broken, context());
  assert.deepEqual(told, [true, false, false]);
});

test('an unfit configuration answers nothing but 500 and says why in the log', async () => {
  const worker = workerAround(answering(200));
  const bad = env({
    SUPABASE_URL: 'https://abc.supabase.co',
    LOCAL_ORIGINS: '{"https://api.stripe.com":"http://127.0.0.1:1"}',
  });
  for (const path of ['/', '/config.json', '/api/health']) {
    const [reply, lines] = await logged(() =>
      worker.fetch(new Request(`http://worker${path}`), bad, context()),
    );
    assert.equal(reply.status, 500);
    assert.match(lines[0], /LOCAL_ORIGINS is set although/);
    assert.equal((await reply.json()).type, 'urn:webfluentia:worker-not-configured');
  }
  await logged(() => assert.rejects(worker.scheduled({ scheduledTime: 0 }, bad), /LOCAL_ORIGINS/));
});

test("the page's files come with a policy that follows SUPABASE_URL", async () => {
  const ASSETS = {
    fetch: async () => new Response('<p>page</p>', { headers: { 'content-type': 'text/html' } }),
  };
  const hosted = env({ ASSETS, SUPABASE_URL: 'https://abc.supabase.co' });
  const reply = await workerAround(answering(200)).fetch(
    new Request('http://worker/integrations'),
    hosted,
    context(),
  );
  const policy = reply.headers.get('content-security-policy');
  assert.match(policy, /connect-src 'self' https:\/\/abc\.supabase\.co wss:\/\/abc\.supabase\.co;/);
  assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval'[^;]*'unsafe-eval/);
  const config = await workerAround(answering(200)).fetch(
    new Request('http://worker/config.json'),
    hosted,
    context(),
  );
  assert.deepEqual(await config.json(), {
    supabase_url: 'https://abc.supabase.co',
    publishable_key: 'sb_publishable_test',
  });
});
