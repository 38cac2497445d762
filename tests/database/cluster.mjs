// A private Postgres cluster for one test run: 127.0.0.1 on a free port, never as root.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import postgres from 'postgres';

import { freePort } from '../../scripts/local/ports.mjs';

// As root the server gets the least user there is for it; anyone else runs it as themselves.
function serverUser() {
  if (process.getuid() !== 0) return null;
  for (const name of ['postgres', 'nobody']) {
    const uid = spawnSync('id', ['-u', name], { encoding: 'utf8' });
    if (uid.status !== 0) continue;
    return { uid: Number(uid.stdout), gid: Number(execFileSync('id', ['-g', name], { encoding: 'utf8' })) };
  }
  throw new Error('no user to run Postgres as');
}

/** Returns {url, start(), stop(signal)}; a stopped cluster can be started again. */
export async function startCluster({ bin, folder }) {
  const user = serverUser();
  const data = join(folder, 'cluster');
  mkdirSync(data, { mode: 0o700 });
  if (user) chownSync(data, user.uid, user.gid);
  const options = { cwd: '/', stdio: 'ignore', ...user };
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale'],
    {
      ...options,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const args = [
    '-D',
    data,
    '-p',
    String(port),
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'unix_socket_directories=',
    '-c',
    'timezone=UTC',
  ];
  let server;
  process.once('exit', () => server?.kill('SIGKILL')); // also of a test that gave up
  const cluster = {
    url,
    async start() {
      server = spawn(join(bin, 'postgres'), args, options);
      await untilReady(url);
    },
    async stop(signal = 'SIGINT') {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill(signal);
      await ended;
    },
  };
  await cluster.start();
  return cluster;
}

async function untilReady(url) {
  for (let tries = 0; tries < 200; tries += 1) {
    const sql = postgres(url, { max: 1, connect_timeout: 2, onnotice: () => {} });
    try {
      await sql`select 1`;
      return;
    } catch {
      await sleep(100);
    } finally {
      await sql.end({ timeout: 0 }).catch(() => {});
    }
  }
  throw new Error('Postgres did not become ready');
}
