// A real Postgres that is killed and comes back: errors in between say "later", nothing
// crashes, and listeners are told to join again.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { createClient } from '@supabase/supabase-js';

import { startCluster } from './cluster.mjs';
import { detect } from './runs.mjs';
import { killAll, serve } from './served.mjs';
import { newKeys, northwind, password, postgresInstallations, users, workspaces } from './stack.mjs';

const [installation] = postgresInstallations();

async function until(check, seconds) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const done = await check();
    if (done) return done;
    if (Date.now() > end) assert.fail(`not within ${seconds} s`);
    await sleep(100);
  }
}

afterEach(killAll);

test('Postgres is killed for a while', { skip: !installation && 'no Postgres server here' }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'outage-'));
  chmodSync(folder, 0o711);
  const cluster = await startCluster({ bin: installation.bin, folder });
  const keys = newKeys();
  const server = await serve({ postgresUrl: cluster.url, keys, seed: { workspaces, users } });
  const service = createClient(server.url, keys.secret, { auth: { persistSession: false } });
  const viewer = createClient(server.url, keys.publishable, { auth: { persistSession: false } });
  await viewer.auth.signInWithPassword({ email: users[0].email, password });
  await viewer.realtime.setAuth();
  const messages = [];
  const states = [];
  const channel = viewer.channel(`workspace:${northwind}`, { config: { private: true } });
  channel.on('broadcast', { event: '*' }, (message) => messages.push(message));
  channel.subscribe((state) => states.push(state));
  try {
    await until(() => states.includes('SUBSCRIBED'), 5);
    const read = () => service.from('workspaces').select('slug');
    assert.equal((await read()).error, null);

    await cluster.stop('SIGKILL');
    const { error, status } = await read();
    assert.ok(error && status >= 500, `status ${status}`);
    await sleep(500);
    assert.ok(server.isAlive());

    await cluster.start();
    await until(async () => (await read()).error === null, 20);
    // the channel failed and was joined again: what was missed is read again, then it is live
    await until(() => states.filter((state) => state === 'SUBSCRIBED').length > 1, 30);
    await detect({ service: () => service }, {});
    await until(() => messages.length > 0, 5);
  } finally {
    await viewer.removeAllChannels();
    await viewer.realtime.disconnect();
    await server.kill('SIGTERM');
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
