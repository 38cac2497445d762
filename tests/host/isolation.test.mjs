// What stops the module of the queued work takes nothing of what is answered at once: the modules that are
// deployed, with the memory of one destroyed while a flow of the other waits for its reply.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

import { Core } from '../../edge-workers/host/core.mjs';
import { makeWorker } from '../../edge-workers/host/host.mjs';
import { env } from './core_double.mjs';
import { batch, message } from './worker_double.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const coreOf = (name) =>
  new Core(new WebAssembly.Module(readFileSync(join(ROOT, `build/edge/${name}.wasm`))));
const client_id = '22222222-2222-4222-8222-222222222222';
const sync = { job: 'sync', workspace: 'northwind-dental', client_id, service: 'stripe', stream: 'charges' };

// Until `release`, the database keeps every call waiting.
function databaseThatWaits(t) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  const asked = [];
  t.mock.method(console, 'log', () => {});
  t.mock.method(globalThis, 'fetch', async (url) => {
    const name = new URL(url).pathname.split('/').at(-1);
    asked.push(name);
    await released;
    return Response.json(name === 'health' ? { ticked_secs_ago: 5 } : { granted: false });
  });
  return { asked, release };
}

for (const [stopped, other] of [
  ['edge', 'gateway'],
  ['gateway', 'edge'],
])
  test(`${stopped}.wasm that stops fails its own flows, and none of ${other}.wasm`, async (t) => {
    const { asked, release } = databaseThatWaits(t);
    const cores = { edge: coreOf('edge'), gateway: coreOf('gateway') };
    const worker = makeWorker(cores);
    const waiting = [];
    const context = { waitUntil: (promise) => waiting.push(promise) };
    const ask = async () =>
      (await worker.fetch(new Request('http://worker/api/health'), env(), context)).status;
    const work = async () => {
      const one = message({ ...sync, partition: '', run_id: client_id });
      await worker.queue(batch('webfluentia-jobs', one), env());
      return one.became;
    };
    const both = Promise.all([ask(), work()]);
    while (asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
    new Uint8Array(cores[stopped].instance().exports.memory.buffer).fill(0xff);
    release();
    const [status, became] = await both;
    if (stopped === 'edge') assert.deepEqual([status, became], [200, ['retry', 30]]);
    else assert.deepEqual([status, became], [503, 'ack']);
    assert.deepEqual([await ask(), await work()], [200, 'ack'], 'the next ones have a new instance');
    await Promise.all(waiting);
  });
