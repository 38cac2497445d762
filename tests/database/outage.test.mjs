// A real Postgres that is killed and comes back: errors in between say "later", nothing
// crashes, and listeners are told to join again.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { createClient } from '@supabase/supabase-js';

import { openPostgres } from '../../scripts/local/supabase/database.mjs';
import { startCluster } from './cluster.mjs';
import { detect } from './runs.mjs';
import { killAll, serve } from './served.mjs';
import { newKeys, northwind, password, postgresInstallations, users, workspaces } from './stack.mjs';

const [installation] = postgresInstallations();
const skip = !installation && 'no Postgres server here';

async function newCluster() {
  const folder = mkdtempSync(join(tmpdir(), 'outage-'));
  chmodSync(folder, 0o711);
  const cluster = await startCluster({ bin: installation.bin, folder });
  return {
    ...cluster,
    async remove() {
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

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

test('Postgres is killed for a while', { skip }, async () => {
  const cluster = await newCluster();
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

    await cluster.start();
    await until(async () => (await read()).error === null, 20);
    assert.ok(server.isAlive());
    // the channel failed and was joined again: what was missed is read again, then it is live
    await until(() => states.filter((state) => state === 'SUBSCRIBED').length > 1, 30);
    await detect({ service: () => service }, {});
    await until(() => messages.length > 0, 5);
  } finally {
    await viewer.removeAllChannels();
    await viewer.realtime.disconnect();
    await server.kill('SIGTERM');
    await cluster.remove();
  }
});

// postgres.js alone never answers the second query of the lost transaction, nor the next user
// of its connection.
test('a connection is lost within a transaction', { skip, timeout: 60_000 }, async () => {
  const cluster = await newCluster();
  const database = await openPostgres(cluster.url);
  const loseConnection = async (query) => {
    const [{ pid }] = await query('select pg_backend_pid() as pid');
    await database.query('select pg_terminate_backend($1)', [pid]);
    await until(
      async () => !(await database.query('select 1 from pg_stat_activity where pid = $1', [pid])).length,
      5,
    );
  };
  // as the REST API does
  const reserve = async (work) => {
    const reserved = await database.connection.driver.reserve();
    try {
      return await work(async (text) => [...(await reserved.unsafe(text))]);
    } finally {
      reserved.release();
    }
  };
  const ways = [database.transaction, reserve];
  try {
    for (let i = 0; i < 20; i++) {
      const lost = ways[i % 2](async (query) => {
        await loseConnection(query);
        await query('select 1');
      });
      await assert.rejects(lost, /CONNECTION_CLOSED|ECONNRESET|terminating connection/);
    }
    const answers = Array.from({ length: 40 }, (_, i) => ways[i % 2]((query) => query('select 1 as one')));
    for (const answer of await Promise.all(answers)) assert.deepEqual(answer, [{ one: 1 }]);
  } finally {
    await database.close();
    await cluster.remove();
  }
});
