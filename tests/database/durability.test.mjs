// kill -9 at any moment: what was acknowledged is there, and the next start needs no help.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { createClient } from '@supabase/supabase-js';

import { killAll, serve } from './served.mjs';
import { newKeys, northwind } from './stack.mjs';

afterEach(killAll);

const keys = newKeys();
const seed = {
  workspaces: [
    { client_id: northwind, slug: 'northwind-dental', name: 'Northwind', time_zone: 'Europe/Berlin' },
  ],
  users: [],
};

const clientOf = (url) => createClient(url, keys.secret, { auth: { persistSession: false } });
const receipt = (delivery_key) => ({
  p: {
    workspace: 'northwind-dental',
    service: 'stripe',
    delivery_key,
    object_key: 'k',
    event_type: 't',
    readable: true,
  },
});

// Writes as fast as it can until the server is gone; remembers what was acknowledged.
async function writeUntilGone(client, round, acknowledged) {
  const writers = [0, 1, 2].map(async (writer) => {
    for (let i = 0; ; i += 1) {
      const key = `evt_${round}_${writer}_${i}`;
      const { data, error } = await client.rpc('record_receipt', receipt(key));
      if (error) return;
      if (data.new) acknowledged.push(key);
    }
  });
  await Promise.all(writers);
}

test('kill -9 in mid-write loses nothing that was acknowledged', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'durability-'));
  const dataDir = join(folder, 'pglite');
  const acknowledged = [];
  try {
    for (let round = 0; round < 3; round += 1) {
      const server = await serve({ dataDir, keys, seed });
      const writing = writeUntilGone(clientOf(server.url), round, acknowledged);
      while (acknowledged.length < 20 * (round + 1)) await sleep(5);
      await sleep(13 * round);
      await server.kill('SIGKILL');
      await writing;
    }
    const server = await serve({ dataDir, keys, seed });
    const kept = new Set();
    for (let from = 0; ; from += 1000) {
      const { data, error } = await clientOf(server.url)
        .from('webhook_receipts')
        .select('delivery_key')
        .order('delivery_key')
        .range(from, from + 999);
      assert.equal(error, null);
      data.forEach((row) => kept.add(row.delivery_key));
      if (data.length < 1000) break;
    }
    assert.deepEqual(
      acknowledged.filter((key) => !kept.has(key)),
      [],
    );
    await server.kill('SIGTERM');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a folder in use is refused, and free again after a graceful close', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'durability-'));
  const dataDir = join(folder, 'pglite');
  try {
    const server = await serve({ dataDir, keys, seed });
    await assert.rejects(serve({ dataDir, keys, seed }), /is in use by process/);
    assert.equal((await clientOf(server.url).from('workspaces').select()).data.length, 1);
    assert.equal(await server.kill('SIGTERM'), 0);
    const again = await serve({ dataDir, keys, seed });
    assert.equal(await again.kill('SIGTERM'), 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
