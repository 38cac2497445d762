// A stack of its own for each test file: own ports, own folder under .dev/, and the few ways in
// which a test looks into it or makes time pass.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';

import { startStack } from '../../scripts/local/stack.mjs';
import { BUCKET } from '../../scripts/local/worker_config.mjs';
import { ROOT } from '../../scripts/local/wrangler.mjs';
import { databaseTemplate } from './template.mjs';

export const NORTHWIND = 'northwind-dental';
export const CLIENT = {
  [NORTHWIND]: '11111111-1111-4111-8111-111111111111',
  'harbor-yoga': '22222222-2222-4222-8222-222222222222',
  'oak-bakery': '33333333-3333-4333-8333-333333333333',
  'fern-studio': '44444444-4444-4444-8444-444444444444',
};

// An interrupted test ends as a process does that has something to clear away (scripts/local/child.mjs).
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

export async function testStack(name, options = {}) {
  const template = await databaseTemplate();
  return startStack({
    dir: join(ROOT, '.dev', 'e2e', name),
    reset: true,
    frozen: true,
    template,
    ...options,
  });
}

// Waits for `check` to give something truthy; what it gave last is in the message when it never does.
export async function until(what, check, timeoutMs = 20_000) {
  const deadline = Date.now() + timeoutMs;
  let last;
  while (Date.now() < deadline) {
    try {
      last = await check();
      if (last) return last;
    } catch (error) {
      last = error.message;
    }
    await pause(100);
  }
  throw new Error(`${what}: not within ${timeoutMs / 1000} s (${JSON.stringify(last)})`);
}

export async function steer(stack, path, body) {
  const request = body ? { method: 'POST', body: JSON.stringify(body) } : {};
  const reply = await fetch(`${stack.state.urls.sandbox}/_sandbox${path}`, request);
  if (!reply.ok) throw new Error(`${path}: ${await reply.text()}`);
  return reply.json();
}

export const stripeKey = (stack, slug = NORTHWIND) => stack.state.stripe_keys[slug];

export const fault = (stack, scenario) =>
  steer(stack, '/scenario', { key: stripeKey(stack), service: 'stripe', ...scenario });

export const webhookUrl = (stack, slug = NORTHWIND) => `${stack.state.urls.dashboard}webhooks/stripe/${slug}`;

export async function one(stack, sql, params) {
  const rows = await stack.query(sql, params);
  return rows[0];
}

export async function count(stack, table, where = 'true') {
  return Number((await one(stack, `select count(*) as n from ${table} where ${where}`)).n);
}

// Runs that are not over yet; none means that the sync has come to rest.
const UNFINISHED = `state in ('queued', 'running', 'waiting')`;

export function untilRested(stack, timeoutMs = 40_000) {
  const rested = async () => {
    const runs = await stack.query(
      `select service, stream, state, error_message from sync_runs where ${UNFINISHED}`,
    );
    if (runs.length > 0) throw new Error(JSON.stringify(runs));
    return (await count(stack, 'sync_runs')) > 0;
  };
  return until('all runs finished', rested, timeoutMs);
}

// It, and what was due already: the daily hour may come while a test runs.
export async function makeDue(stack, slug, stream) {
  await stack.query(
    `update sync_cursors set next_due_at = now() + interval '5 days' where next_due_at > now()`,
  );
  await stack.query(
    `update sync_cursors set next_due_at = now() - interval '1 second'
     where client_id = $1 and service = 'stripe' and stream = $2`,
    [CLIENT[slug], stream],
  );
}

// What would come about by waiting: leases end, queued messages count as lost, retries are due.
export async function letTimePass(stack) {
  await stack.query(
    `update sync_cursors set lease_until = now() - interval '1 second' where lease_until is not null`,
  );
  for (const table of ['sync_runs', 'webhook_receipts']) {
    await stack.query(`alter table ${table} disable trigger b_touch`);
    await stack.query(`update ${table} set updated_at = updated_at - interval '10 minutes'`);
    await stack.query(`alter table ${table} enable trigger b_touch`);
  }
  await stack.query(`update sync_runs set retry_at = now() - interval '1 second' where state = 'waiting'`);
}

// The objects in the local bucket, read from its files: [{key, bytes()}].
export function bucketObjects(stack) {
  const root = join(stack.dir, 'wrangler', 'v3', 'r2');
  const index = join(root, 'miniflare-R2BucketObject');
  return readdirSync(index)
    .filter((file) => file.endsWith('.sqlite') && file !== 'metadata.sqlite')
    .flatMap((file) => {
      const database = new DatabaseSync(join(index, file), { readOnly: true });
      const rows = database.prepare('select key, blob_id from _mf_objects').all();
      database.close();
      return rows;
    })
    .map(({ key, blob_id }) => ({
      key,
      bytes: () => readFileSync(join(root, BUCKET, 'blobs', blob_id)),
    }));
}

export const bucketObject = (stack, key) =>
  bucketObjects(stack)
    .find((object) => object.key === key)
    ?.bytes();

// {code, out, errors} of scripts/<name>.mjs, as a person would run it.
export function runTool(stack, name, ...args) {
  const script = join(ROOT, `scripts/${name}.mjs`);
  const child = spawn(process.execPath, ['--no-warnings', script, '--dir', stack.dir, ...args]);
  const read = (stream) => {
    let text = '';
    stream.on('data', (chunk) => (text += chunk));
    return () => text;
  };
  const [out, errors] = [read(child.stdout), read(child.stderr)];
  return new Promise((resolve) =>
    child.once('close', (code) => resolve({ code, out: out(), errors: errors() })),
  );
}

export async function signIn(stack, email) {
  const { password } = stack.state.users.find((user) => user.email === email);
  const reply = await fetch(`${stack.state.urls.supabase}/auth/v1/token?grant_type=password`, {
    method: 'POST',
    headers: { apikey: stack.state.keys.publishable, 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  if (!reply.ok) throw new Error(`sign-in of ${email}: ${reply.status}`);
  return (await reply.json()).access_token;
}
