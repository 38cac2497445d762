// The folder that a stack lives in: what must survive a restart, what a reset removes, and what a
// killed stack may have left running.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { USERS, random } from './demo.mjs';

const readJson = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null);
export const writeJson = (file, value) =>
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });

// What belongs to this folder's database and must survive a restart, besides the Worker's variables.
export function prepareKeys(file) {
  const keys = readJson(file) ?? {
    jwt_secret: random('', 32),
    postgres_password: random('', 16),
    passwords: Object.fromEntries(USERS.map(({ email }) => [email, random('', 8)])),
  };
  writeJson(file, keys);
  return keys;
}

// Processes of an earlier start in this folder that was killed; a living one is an error.
export async function clearLeftovers(dir) {
  const { pids = {} } = readJson(join(dir, 'state.json')) ?? {};
  const places = [dir, join(dir, 'wrangler'), join(dir, 'postgres')];
  const isOurs = (pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words.some((word) => places.includes(word));
    } catch {
      return false; // it is gone
    }
  };
  if (
    pids.stack !== process.pid &&
    pids.services &&
    isOurs(pids.services) &&
    existsSync(`/proc/${pids.stack}`)
  )
    throw new Error(`already running in ${dir} (process ${pids.stack})`);
  const left = [pids.worker, pids.services, pids.postgres].filter((pid) => pid && isOurs(pid));
  for (const pid of left) process.kill(-pid, 'SIGKILL');
  while (left.some((pid) => isOurs(pid))) await pause(20);
  // Its owner may live on as a zombie that nobody has waited for, which looks alive to the lock.
  const lock = join(dir, 'database.lock');
  if (existsSync(lock) && Number(readFileSync(lock, 'utf8')) === pids.services) rmSync(lock);
}

// Removes what a stack keeps, and nothing else that lives in the folder.
export function resetFolder(dir) {
  const kept = [
    'database',
    'database.lock',
    'postgres',
    'wrangler',
    'sources',
    'wrangler-registry',
    'logs',
    'keys.json',
    '.dev.vars',
    'state.json',
  ];
  for (const name of kept) rmSync(join(dir, name), { recursive: true, force: true });
}
