// Walks tests/host/scenarios: what goes wrong before a core decides anything, through the host and the
// modules that are deployed. What the cores decide is in tests/scenarios.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

import { Core } from '../../edge-workers/host/core.mjs';
import { makeWorker } from '../../edge-workers/host/host.mjs';
import { signed } from '../sandbox/stripe_webhook.mjs';
import { env, textOf } from './core_double.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const FOLDER = join(import.meta.dirname, 'scenarios');

const readJson = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'));
// What cannot be identified is named by its flow.
const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
const moduleNamed = (name) => new WebAssembly.Module(readFileSync(join(ROOT, `build/edge/${name}.wasm`)));
const [edge, gateway] = ['edge', 'gateway'].map(moduleNamed);

// A delivery as Stripe sends it, or so many bytes of nothing.
function requestOf({ post, fixture, secret, bytes, headers: given }) {
  const payload = fixture ? readFileSync(join(ROOT, 'tests/fixtures', fixture), 'utf8') : ' '.repeat(bytes);
  const headers = given ?? signed({ payload, secret: secret ?? 'whsec_of_nobody' });
  return new Request(`https://worker.example${post}`, { method: 'POST', body: payload, headers });
}

async function run(t, { vars = {}, replies, events }) {
  const seen = { responses: [], asked: [], objects: [], queued: [], log: [] };
  t.mock.method(console, 'log', (line) => seen.log.push(JSON.parse(line)));
  t.mock.method(globalThis, 'fetch', async (url, { body }) => {
    const to = new URL(url).pathname.split('/').at(-1);
    seen.asked.push({ to, sends: body?.length ? JSON.parse(textOf(body)).p : null });
    assert.ok(to in replies, `${to} has no reply`);
    return Response.json(replies[to]);
  });
  const bindings = env({
    ...vars,
    RAW: { put: async (key) => (seen.objects.push(key.replace(UUID, '<flow>')), {}) },
    JOBS: { send: async (message) => seen.queued.push(message) },
  });
  const worker = makeWorker({ edge: new Core(edge), gateway: new Core(gateway) });
  for (const event of events) {
    const waiting = [];
    if (event.tick) {
      await worker.scheduled({ scheduledTime: Date.parse(event.tick) }, bindings);
    } else {
      const context = { waitUntil: (promise) => waiting.push(promise) };
      seen.responses.push((await worker.fetch(requestOf(event), bindings, context)).status);
    }
    await Promise.all(waiting);
  }
  return seen;
}

for (const name of readdirSync(FOLDER))
  test(`${name}: ${readJson(FOLDER, name, 'scenario.json').about}`, async (t) => {
    const { asked, ...seen } = await run(t, readJson(FOLDER, name, 'scenario.json'));
    const { asked: expectedCalls, ...expected } = readJson(FOLDER, name, 'expected.json');
    assert.deepEqual(seen, expected);
    assert.equal(asked.length, expectedCalls.length);
    assert.partialDeepStrictEqual(asked, expectedCalls);
  });
