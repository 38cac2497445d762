// After every flow, with providers that give keys back in their replies: no configured secret is in
// the core's memory, a log, the storage, the database or any HTTP reply.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { sandboxAccounts } from '../../scripts/local/accounts.mjs';
import { signed } from '../sandbox/stripe_webhook.mjs';
import { readFixture } from '../sandbox/stripe_account.mjs';
import {
  NORTHWIND,
  bucketObjects,
  count,
  fault,
  letTimePass,
  makeDue,
  signIn,
  steer,
  testStack,
  until,
  untilRested,
} from './harness.mjs';
import { LocalHost } from './local_host.mjs';
import { secretForms } from './secret_forms.mjs';

const STREAMS = ['charges', 'payment_intents', 'payment_links', 'balance_transactions', 'events'];

const HARBOR = 'harbor-yoga'; // which has an account with SendGrid
const ASKED = {
  email: { to: [{ email: 'jo@contact.example' }], subject: 'Hello', text: 'Hi' },
  insights: {},
  content: { kind: 'social_post', intent: 'Say that we are open on Saturday' },
};

let stack, needles;
const replies = [];

before(async () => {
  stack = await testStack('secrets');
  needles = secretForms(stack);
});
after(() => stack?.stop());

function assertClean(where, content) {
  const text = Buffer.isBuffer(content) ? content.toString('latin1') : content;
  for (const { name, form } of needles) assert.ok(!text.includes(form), `${name} is in ${where}`);
}

function* files(folder) {
  for (const name of readdirSync(folder, { recursive: true })) {
    const path = join(folder, name);
    if (statSync(path).isFile()) yield path;
  }
}

async function keep(reply) {
  const text = await reply.text();
  replies.push(`${reply.status} ${JSON.stringify([...reply.headers])} ${text}`);
  return reply;
}

// Every provider gives back the key that it was asked with, or none does.
async function echoKeys(on) {
  for (const { key, service = 'stripe' } of sandboxAccounts(stack.vars))
    await steer(stack, '/scenario', { key, service, fault: on ? 'echo_key' : null });
}

// The flows that a target is put through: tick, syncs, refusals, deliveries, good and bad.
async function putThrough(target) {
  await target.sync();
  await echoKeys(true);
  await stack.query(`update sync_cursors set next_due_at = now() - interval '1 second'`);
  await target.sync();
  await echoKeys(false);
  for (const scenario of ['echo_key', 'echo_key_401', '500', 'html']) {
    await fault(stack, { fault: scenario });
    for (const stream of STREAMS) await makeDue(stack, NORTHWIND, stream);
    await target.sync();
    await fault(stack, { fault: null });
  }
  await letTimePass(stack);
  await target.sync();
  const secret = stack.state.webhook_secrets[NORTHWIND];
  const key = stack.state.stripe_keys[NORTHWIND];
  for (const with_ of ['nothing', secret, key, Buffer.from(`x${key}`).toString('base64')]) {
    const recorded = readFixture('events/charge_succeeded.json');
    const object = {
      ...recorded.data.object,
      id: `ch_${randomUUID().slice(0, 8)}`,
      description: `holds ${with_}`,
    };
    const event = {
      ...recorded,
      id: `evt_${randomUUID()}`,
      created: Math.floor(Date.now() / 1000),
      data: { object },
    };
    const payload = JSON.stringify(event);
    await target.deliver(payload, signed({ payload, secret }));
    await target.deliver(payload, signed({ payload, secret: 'whsec_wrong_secret' }));
    await target.deliver(payload.slice(0, 99), signed({ payload: payload.slice(0, 99), secret }));
  }
  await target.settle();
}

test('the core never has a secret in its memory, nor its storage, log or replies', async () => {
  const host = new LocalHost(stack.vars);
  const memory = () => assertClean("the core's memory", host.memory());
  const gaveBack = new Set(); // services whose stored replies did hold a key
  await putThrough({
    async sync() {
      await host.tick();
      memory();
      await host.drain();
      memory();
      for (const [key, bytes] of host.bucket.objects)
        if (key.startsWith('raw/') && bytes.includes('[redacted]')) gaveBack.add(key.split('/')[2]);
    },
    async deliver(body, headers) {
      const reply = await host.fetch(`/webhooks/stripe/${NORTHWIND}`, { method: 'POST', headers, body });
      assertClean('a reply', `${JSON.stringify([...reply.headers])} ${reply.text}`);
      await host.drain();
      memory();
    },
    settle: () => host.drain(),
  });
  assert.ok(host.bucket.objects.size > 10 && host.log.length > 5);
  for (const [key, bytes] of host.bucket.objects) assertClean(`object ${key}`, bytes);
  assertClean('the log', host.log.join('\n'));
  // Search Console is asked as a service account, whose name is no secret.
  const all = ['cloudflare', 'google_ads', 'meta', 'pagespeed', 'sendgrid', 'stripe'];
  assert.deepEqual([...gaveBack].sort(), all);
});

test('the running Worker leaks none either', async () => {
  // What the queue of the test before still held is lost; the database remembers it.
  await letTimePass(stack);
  for (const stream of STREAMS) await makeDue(stack, NORTHWIND, stream);
  const { dashboard } = stack.state.urls;
  await putThrough({
    async sync() {
      await stack.tick();
      await until(
        'nothing at work',
        async () => (await count(stack, 'sync_runs', `state in ('queued', 'running')`)) === 0,
      );
    },
    deliver: (body, headers) =>
      fetch(`${dashboard}webhooks/stripe/${NORTHWIND}`, { method: 'POST', headers, body }).then(keep),
    settle: () =>
      until(
        'receipts settled',
        async () => (await count(stack, 'webhook_receipts', `state = 'received'`)) === 0,
      ),
  });
  await letTimePass(stack);
  await stack.tick();
  await untilRested(stack);
  await echoKeys(true);
  const token = await signIn(stack, 'agency@webfluentia.example');
  for (const [action, body] of Object.entries(ASKED)) {
    const reply = await fetch(`${dashboard}api/workspaces/${HARBOR}/${action}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    await keep(reply);
  }
  await echoKeys(false);
  const { requests } = await steer(stack, '/requests');
  const calls = requests.filter(({ path }) => ['/v3/mail/send', '/v1/responses'].includes(path));
  assert.equal(calls.length, 3, 'each was asked of its provider');
  for (const path of ['', 'config.json', 'api/health', 'webhooks/stripe/none', 'no/such/page'])
    await keep(await fetch(dashboard + path));
});

test('no HTTP reply holds a secret', async () => {
  const token = await signIn(stack, 'agency@webfluentia.example');
  const headers = { apikey: stack.state.keys.publishable, authorization: `Bearer ${token}` };
  const tables = await stack.query(
    `select table_name from information_schema.tables where table_schema = 'public'`,
  );
  for (const { table_name } of tables)
    await keep(await fetch(`${stack.state.urls.supabase}/rest/v1/${table_name}?select=*`, { headers }));
  assert.ok(replies.length > 20);
  for (const reply of replies) assertClean('a reply', reply);
});

test('no row of the database holds a secret', async () => {
  const tables = await stack.query(
    `select table_schema as schema, table_name as name from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  );
  for (const { schema, name } of tables) {
    const rows = await stack.query(`select to_jsonb(t)::text as row from "${schema}"."${name}" t`);
    assertClean(`${schema}.${name}`, rows.map(({ row }) => row).join('\n'));
  }
});

test('no object in storage holds a secret', () => {
  const objects = bucketObjects(stack);
  assert.ok(objects.length > 10);
  for (const { key, bytes } of objects) assertClean(`object ${key}`, bytes());
  assert.ok(objects.some(({ bytes }) => bytes().includes('[redacted]')));
});

test('no file of the stack holds a secret, but the three that are for secrets', () => {
  const own = new Set(['.dev.vars', 'keys.json', 'state.json'].map((name) => join(stack.dir, name)));
  for (const path of files(stack.dir)) if (!own.has(path)) assertClean(path, readFileSync(path));
  for (const path of own) assert.equal(statSync(path).mode & 0o077, 0, `${path} is for its owner only`);
});
