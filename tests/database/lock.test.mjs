// PGlite has one session, so whoever holds it holds it until the reply is whole. Seen from
// outside two requests seldom meet there; here they are made to.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { openPglite } from '../../scripts/local/supabase/database.mjs';
import { createFront } from '../../scripts/local/supabase/front.mjs';

let folder;
let database;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
  database = await openPglite(join(folder, 'pglite'));
});
after(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

// An API that takes its time, also over its body, and notes who was in it together.
function slowApi() {
  const seen = { inside: 0, most: 0, order: [] };
  const enter = () => (seen.most = Math.max(seen.most, (seen.inside += 1)));
  const fetchApp = async (request) => {
    enter();
    const name = new URL(request.url).pathname.slice(1);
    seen.order.push(name);
    await sleep(5);
    if (name === 'broken') {
      seen.inside -= 1;
      throw new Error('broken on purpose');
    }
    const body = new ReadableStream({
      async pull(controller) {
        await sleep(5);
        controller.enqueue(new TextEncoder().encode(name));
        controller.close();
        seen.inside -= 1;
      },
    });
    return new Response(body);
  };
  return { seen, fetchApp };
}

test('requests on PGlite take turns, up to the last byte of the reply', async () => {
  const { exclusive } = database;
  const { seen, fetchApp } = slowApi();
  const origin = () => 'http://127.0.0.1';
  const front = createFront({ fetchApp, exclusive, secretKey: 'x', maxBindParameters: 9, origin });
  const server = http.createServer(front).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const ask = (name) => fetch(`http://127.0.0.1:${server.address().port}/${name}`);
  const names = ['a', 'b', 'broken', 'c', 'd', 'e', 'f'];
  const replies = await Promise.all(names.map(ask));
  server.closeAllConnections();
  server.close();
  assert.equal(seen.most, 1);
  assert.deepEqual([...seen.order].sort(), [...names].sort());
  const statuses = Object.fromEntries(names.map((name, i) => [name, replies[i].status]));
  assert.deepEqual(statuses, { a: 200, b: 200, broken: 503, c: 200, d: 200, e: 200, f: 200 });
});

test('a transaction on PGlite is never entered by a query from outside', async () => {
  const { query, transaction, exclusive } = database;
  await query('create role other nologin');
  const whoami = async () => (await query('select current_user as name'))[0].name;
  const inside = transaction(async (own) => {
    await own('set local role other');
    await sleep(50);
    return (await own('select current_user as name'))[0].name;
  });
  await sleep(10);
  const outside = Promise.all([whoami(), whoami(), exclusive(async () => 'a request')]);
  assert.equal(await inside, 'other');
  assert.deepEqual(await outside, ['postgres', 'postgres', 'a request']);
});

test('those who wait are served in the order of asking, and an error holds nobody up', async () => {
  const { exclusive } = database;
  const order = [];
  const turns = [30, 1, 10].map((wait, i) =>
    exclusive(async () => {
      await sleep(wait);
      order.push(i);
      if (i === 1) throw new Error('no');
    }),
  );
  const results = await Promise.allSettled(turns);
  assert.deepEqual(order, [0, 1, 2]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});

test('of many who find the lock of a dead process, one has it', async () => {
  const held = join(folder, 'held');
  const script = `import { lockFolder } from '${new URL('../../scripts/local/supabase/folder_lock.mjs', import.meta.url)}';
    process.stdin.once('data', () => {
      try { lockFolder('${held}'); console.log('mine'); } catch (error) { console.log(error.message); }
    });
    console.log('ready');`;
  for (const left of ['', '999999999']) {
    writeFileSync(`${held}.lock`, left);
    const all = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    const line = async ({ stdout }) => String((await once(stdout, 'data'))[0]).trim();
    await Promise.all(all.map(line));
    const told = all.map(line);
    for (const { stdin } of all) stdin.write('go');
    const words = await Promise.all(told);
    for (const { stdin } of all) stdin.end();
    assert.equal(words.filter((word) => word === 'mine').length, 1, words.join());
    for (const word of words.filter((one) => one !== 'mine'))
      assert.match(word, /is in use by process|cannot lock/);
  }
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('held')),
    ['held.lock'],
  );
});
