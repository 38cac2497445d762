// What stands before the embedded API: limits, keys, and a database that may be away.

import assert from 'node:assert/strict';

import { charge } from '../runs.mjs';
import { northwind } from '../stack.mjs';

const browser = 'Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0';

export async function frontSuite(t, stack) {
  await stack.reset();
  const send = (path, { method = 'GET', headers = {}, body } = {}) =>
    fetch(`${stack.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  const secret = { apikey: stack.keys.secret };
  const kit = { t, stack, send, secret };
  await limitTests(kit);
  await keyTests(kit);
  await replyTests(kit);
}

async function limitTests({ t, stack, send, secret }) {
  await t.test('a body above 6 MB is 413 and the next request is served', async () => {
    const body = JSON.stringify({ p: { text: 'x'.repeat(7 * 1024 * 1024) } });
    const reply = await send('/rest/v1/rpc/claim_due', { method: 'POST', headers: secret, body });
    assert.equal(reply.status, 413);
    assert.equal((await reply.json()).code, 'body_too_large');
    assert.equal((await send('/rest/v1/workspaces?select=slug', { headers: secret })).status, 200);
  });

  await t.test('a secret key from a browser is refused', async () => {
    const asBrowser = (apikey) => send('/rest/v1/workspaces', { headers: { apikey, 'user-agent': browser } });
    assert.equal((await asBrowser(stack.keys.secret)).status, 401);
    assert.equal((await asBrowser(stack.keys.publishable)).status, 200);
  });
}

async function keyTests({ t, stack, send, secret }) {
  await t.test('no key and a wrong key are refused, and nothing is read', async () => {
    for (const headers of [
      {},
      { apikey: 'sb_secret_wrong' },
      { authorization: `Bearer ${stack.keys.secret}` },
    ]) {
      const reply = await send('/rest/v1/workspaces', { headers });
      assert.equal(reply.status, 401, JSON.stringify(headers));
    }
  });

  await t.test('nobody can sign up', async () => {
    const { error } = await stack.anon().auth.signUp({ email: 'new@example.com', password: 'long enough 1' });
    assert.ok(error);
  });

  const tooMany = async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => ({
      client_id: northwind,
      ...charge(`ch_${i}`, i, '2026-11-23T10:00:00Z'),
    }));
    const reply = await send('/rest/v1/stripe_charges', {
      method: 'POST',
      headers: secret,
      body: JSON.stringify(rows),
    });
    assert.equal(reply.status, 413);
    assert.match((await reply.json()).message, /40000 values/);
    const fewer = await send('/rest/v1/stripe_charges', {
      method: 'POST',
      headers: secret,
      body: JSON.stringify(rows.slice(0, 1000)),
    });
    assert.equal(fewer.status, 201);
  };
  if (stack.isPglite)
    await t.test('a write of too many values is 413 and says so, and the next request is served', tooMany);
}

async function replyTests({ t, stack, send, secret }) {
  await t.test('a page of another origin may call with the publishable key', async () => {
    const reply = await send('/rest/v1/workspaces', {
      method: 'OPTIONS',
      headers: {
        origin: 'http://127.0.0.1:8787',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'apikey, authorization',
      },
    });
    assert.ok(reply.ok);
    assert.equal(reply.headers.get('access-control-allow-origin'), '*');
    assert.match(reply.headers.get('access-control-allow-headers'), /apikey/i);
    const refused = await send('/rest/v1/workspaces', {
      headers: { apikey: stack.keys.secret, 'user-agent': browser },
    });
    assert.equal(refused.headers.get('access-control-allow-origin'), '*');
  });

  await t.test('a page of another origin may sign in with the official client', async () => {
    const asked = 'apikey, authorization, content-type, x-client-info, x-supabase-api-version';
    const preflight = await send('/auth/v1/token?grant_type=password', {
      method: 'OPTIONS',
      headers: {
        origin: 'http://127.0.0.1:8787',
        'access-control-request-method': 'POST',
        'access-control-request-headers': asked,
      },
    });
    assert.equal(preflight.headers.get('access-control-allow-headers'), asked);
    const refused = await send('/auth/v1/token?grant_type=password', {
      method: 'POST',
      headers: { apikey: stack.keys.publishable, origin: 'http://127.0.0.1:8787' },
      body: JSON.stringify({ email: 'nobody@example.com', password: 'x' }),
    });
    for (const reply of [preflight, refused]) {
      assert.equal(reply.headers.get('access-control-allow-origin'), '*');
    }
  });

  await t.test("JSON cut in half and an unknown function are the caller's mistakes", async () => {
    const cut = await send('/rest/v1/rpc/claim_due', {
      method: 'POST',
      headers: secret,
      body: '{"p": {"lim',
    });
    assert.equal(Math.floor(cut.status / 100), 4);
    const unknown = await send('/rest/v1/rpc/no_such_function', {
      method: 'POST',
      headers: secret,
      body: '{}',
    });
    assert.equal(unknown.status, 404);
  });

  await t.test('a wrong password is 400 and says no more', async () => {
    const { error } = await stack
      .anon()
      .auth.signInWithPassword({ email: 'viewer@northwind-dental.example', password: 'wrong' });
    assert.deepEqual([error.status, error.code], [400, 'invalid_credentials']);
  });
}
