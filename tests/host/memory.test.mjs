// What somebody may send to keep a Worker's memory busy: an isolate has 128 MB, and all workspaces share it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

import { Core, runFlow } from '../../edge-workers/host/core.mjs';
import { bytesOf } from './core_double.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const moduleOf = (name) => new WebAssembly.Module(readFileSync(join(ROOT, `build/edge/${name}.wasm`)));
const config = { supabase_url: 'http://127.0.0.1:1', publishable_key: 'sb_publishable_test' };
const MOST_MIB = 64;
const BYTES = 4.9e6;

const filled = (text) => text.repeat(Math.floor(BYTES / text.length));
const latin1 = (text) => Uint8Array.from(text, (char) => char.charCodeAt(0));

// Runs it in a module of its own. `answers`: what each kind of effect comes to.
async function memoryAfter(name, event, parts, answers) {
  const core = new Core(moduleOf(name));
  const instance = core.instance();
  const seen = [];
  await runFlow(core, { event, config, parts }, (effect) => {
    seen.push(effect.status ?? effect.url?.split('/').at(-1) ?? effect.kind);
    if (effect.kind === 'log' || effect.kind === 'respond') return undefined;
    return Promise.resolve(answers[effect.kind]);
  });
  return { mebibytes: instance.exports.memory.buffer.byteLength / 2 ** 20, seen };
}

const json = (value) => ({
  status: 200,
  headers: [],
  elapsed_ms: 1,
  bytes: bytesOf(JSON.stringify(value)),
});

for (const [what, item] of [
  ['numbers', '1,'],
  ['empty lists', '[],'],
  ['small objects', '{"a":1},'],
])
  test(`a member's request that is a list of ${what}`, async () => {
    const path = '/api/workspaces/northwind-dental/email';
    const event = { kind: 'api', method: 'POST', path, headers: [], ids: {}, body: 1 };
    const body = bytesOf(`{"to":[${filled(item)}1]}`);
    const http = json({ client_id: 'a', user_id: 'b', role: 'manager' });
    const { mebibytes, seen } = await memoryAfter('gateway', event, [body], { http });
    assert.equal(seen.at(-1), 400);
    assert.ok(mebibytes < MOST_MIB, `${mebibytes} MiB`);
  });

const field = (name, content) =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${content}\r\n`;
const form = (mail) =>
  latin1(
    `${field('envelope', '{"to":["a@in.example.com"],"from":"b@example.com"}')}${field('email', mail)}--b--\r\n`,
  );

for (const [what, mail] of [
  ['a million headers', `${filled('a:b\n')}\nhello`],
  [
    'a million headers of a part',
    `Content-Type: multipart/mixed; boundary=c\n\n--c\n${filled('a:b\n')}\nhello\n--c--`,
  ],
  ['a text of control characters', `Content-Type: text/plain\n\n${filled('\x01')}`],
])
  test(`a stranger's mail with ${what}`, async () => {
    const put_object = { stored: true };
    const webhook = {
      kind: 'webhook',
      service: 'sendgrid',
      workspace: 'northwind-dental',
      headers: [['content-type', 'multipart/form-data; boundary=b']],
      body: 1,
    };
    const received = await memoryAfter('gateway', webhook, [form(mail)], {
      verify: { valid: true, secret_present: true },
      put_object,
      http: json({ new: true, state: 'received', client_id: 'a' }),
      enqueue: { queued: true },
    });
    assert.ok(received.seen.includes(200), received.seen.join());
    assert.ok(received.mebibytes < MOST_MIB, `received: ${received.mebibytes} MiB`);

    const message = { job: 'delivery', workspace: 'northwind-dental', client_id: 'a', service: 'sendgrid' };
    const job = { kind: 'job', message: { ...message, delivery_key: 'k', object_key: 'k' }, ids: {} };
    const applied = await memoryAfter('edge', job, [], {
      get_object: { found: true, bytes: form(mail) },
      put_object,
      http: json({ applied: true, ties: [] }),
    });
    assert.ok(applied.seen.includes('apply_page'), applied.seen.join());
    assert.ok(applied.mebibytes < MOST_MIB, `applied: ${applied.mebibytes} MiB`);
  });
