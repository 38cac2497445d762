// Client A's token, everywhere it can be tried: nothing of client B comes back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { RealtimeClient } from '@supabase/realtime-js';

import { signed } from '../sandbox/stripe_webhook.mjs';
import {
  CLIENT,
  NORTHWIND,
  count,
  letTimePass,
  makeDue,
  one,
  signIn,
  steer,
  stripeKey,
  testStack,
  until,
  untilRested,
  webhookUrl,
} from './harness.mjs';

const BAKERY = 'oak-bakery';
let stack, token, tables;

before(async () => {
  stack = await testStack('tenants');
  // The bakery gets an account, so that there is something of everybody to be seen.
  await steer(stack, '/accounts', { key: stripeKey(stack, BAKERY) });
  await stack.tick();
  await untilRested(stack);
  token = await signIn(stack, `viewer@${NORTHWIND}.example`);
  const rows =
    await stack.query(`select c.table_name from information_schema.columns c join information_schema.tables t
    using (table_schema, table_name) where c.table_schema = 'public' and c.column_name = 'client_id' and t.table_type = 'BASE TABLE'`);
  tables = rows.map(({ table_name }) => table_name);
});
after(() => stack?.stop());

const headers = (bearer = token) => ({
  apikey: stack.state.keys.publishable,
  authorization: `Bearer ${bearer}`,
  'content-type': 'application/json',
});
const rest = (path, options = {}) =>
  fetch(`${stack.state.urls.supabase}/rest/v1/${path}`, { headers: headers(), ...options });

test('both clients have rows to be seen', async () => {
  assert.ok(tables.length >= 10);
  for (const slug of [NORTHWIND, BAKERY])
    for (const table of ['stripe_charges', 'service_facts', 'sync_runs', 'facts_history'])
      assert.ok((await count(stack, table, `client_id = '${CLIENT[slug]}'`)) > 0, `${slug} ${table}`);
});

test('REST gives own rows only, whatever is asked', async () => {
  for (const table of tables) {
    const reply = await rest(`${table}?select=*`);
    const rows = reply.ok ? await reply.json() : [];
    assert.ok(
      rows.every(({ client_id }) => client_id === CLIENT[NORTHWIND]),
      table,
    );
    const asked = await rest(`${table}?select=*&client_id=eq.${CLIENT[BAKERY]}`);
    assert.deepEqual(asked.ok ? await asked.json() : [], [], table);
  }
  const own = await (await rest('stripe_charges?select=id')).json();
  assert.equal(own.length, 5);
});

test('REST writes nothing, and calls nothing that writes', async () => {
  const before = await count(stack, 'service_facts');
  const body = JSON.stringify({ client_id: CLIENT[BAKERY], service: 'stripe', stream: 'x' });
  assert.ok(!(await rest('service_facts', { method: 'POST', body })).ok);
  await rest(`stripe_charges?client_id=eq.${CLIENT[NORTHWIND]}`, { method: 'DELETE' });
  await rest(`workspaces?slug=eq.${NORTHWIND}`, { method: 'PATCH', body: JSON.stringify({ name: 'Mine' }) });
  for (const name of [
    'claim_due',
    'apply_page',
    'record_receipt',
    'record_detection',
    'mark_receipt',
    'fail_run',
    'take_lease',
    'record_dead_letter',
  ]) {
    const reply = await rest(`rpc/${name}`, { method: 'POST', body: '{"p":{}}' });
    assert.ok([401, 403, 404].includes(reply.status), `${name} ${reply.status}`);
  }
  assert.equal(await count(stack, 'service_facts'), before);
  assert.equal(await count(stack, 'stripe_charges', `client_id = '${CLIENT[NORTHWIND]}'`), 5);
  assert.equal(
    (await one(stack, 'select name from workspaces where slug = $1', [NORTHWIND])).name,
    'Northwind Dental',
  );
});

test('a reading function gives nothing of another workspace', async () => {
  const daily = async (client) => {
    const reply = await rest('rpc/service_daily', {
      method: 'POST',
      body: JSON.stringify({ p_client_id: client, p_days: 30 }),
    });
    return reply.ok ? reply.json() : [];
  };
  assert.ok((await daily(CLIENT[NORTHWIND])).length > 0);
  assert.deepEqual(await daily(CLIENT[BAKERY]), []);
});

test("no token, a made-up token or another project's token sees nothing", async () => {
  const [head, payload] = token.split('.');
  for (const bearer of ['', 'made.up.token', `${head}.${payload}.AAAA`, stack.state.keys.publishable]) {
    const reply = await fetch(`${stack.state.urls.supabase}/rest/v1/stripe_charges?select=id`, {
      headers: { apikey: stack.state.keys.publishable, ...(bearer && { authorization: `Bearer ${bearer}` }) },
    });
    assert.deepEqual(reply.ok ? await reply.json() : [], [], bearer.slice(0, 10));
  }
});

// Joins a private topic; gives the outcome and what is heard on it.
async function listen(topic) {
  const client = new RealtimeClient(`${stack.state.urls.supabase.replace('http', 'ws')}/realtime/v1`, {
    params: { apikey: stack.state.keys.publishable },
    accessToken: async () => token,
  });
  await client.setAuth(token);
  const heard = [];
  const channel = client.channel(topic, { config: { private: true } });
  channel.on('broadcast', { event: '*' }, (message) => heard.push(message));
  const status = await new Promise((resolve) => channel.subscribe((state) => resolve(state)));
  return { status, heard, close: () => client.disconnect() };
}

test("realtime: the own topic is heard, another's cannot be joined and is not heard", async () => {
  const own = await listen(`workspace:${CLIENT[NORTHWIND]}`);
  const other = await listen(`workspace:${CLIENT[BAKERY]}`);
  try {
    assert.equal(own.status, 'SUBSCRIBED');
    assert.equal(other.status, 'CHANNEL_ERROR');
    await makeDue(stack, BAKERY, 'charges');
    await stack.tick();
    await untilRested(stack);
    // Said after all of that: nothing came before it.
    await one(stack, `select realtime.send('{}', 'mark', $1, true)`, [`workspace:${CLIENT[NORTHWIND]}`]);
    await until('the mark', async () => own.heard.length > 0);
    assert.deepEqual(
      own.heard.map(({ event }) => event),
      ['mark'],
    );
    await makeDue(stack, NORTHWIND, 'charges');
    await stack.tick();
    await until('a change heard', async () => own.heard.length > 1);
    assert.deepEqual(other.heard, []);
    assert.doesNotMatch(JSON.stringify(own.heard), new RegExp(CLIENT[BAKERY]));
  } finally {
    own.close();
    other.close();
  }
});

test("the Worker: one client's signature does not open another's webhook", async () => {
  const payload = JSON.stringify({
    id: 'evt_x',
    object: 'event',
    type: 'charge.succeeded',
    created: 1,
    data: { object: {} },
  });
  const signature = signed({ payload, secret: stack.state.webhook_secrets[NORTHWIND] });
  for (const slug of ['fern-studio', BAKERY, 'harbor-yoga']) {
    const reply = await fetch(webhookUrl(stack, slug), {
      method: 'POST',
      headers: { ...signature, ...headers() },
      body: payload,
    });
    assert.ok([400, 404].includes(reply.status), `${slug} ${reply.status}`);
  }
  await letTimePass(stack);
  assert.equal(await count(stack, 'webhook_receipts'), 0);
});

test("the Worker says nothing about any workspace to a client's token", async () => {
  for (const path of ['api/health', 'api/workspaces', 'api/facts', 'config.json']) {
    const text = await (await fetch(stack.state.urls.dashboard + path, { headers: headers() })).text();
    assert.doesNotMatch(text, /bakery|fern|harbor|33333333|22222222|sb_secret/i, path);
  }
});
