// The folder that a stack lives in: what must survive a restart, what a reset removes, and what a
// killed stack may have left running.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { USERS, random } from './demo.mjs';

// All of it or as it was, also when the disk is full; without a reason it is not touched.
export function keepFile(file, text) {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

const keepJson = (file, value) => keepFile(file, `${JSON.stringify(value, null, 2)}\n`);

function readKeys(file) {
  if (!existsSync(file)) return null;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be read (${error.message}): with --reset all is made anew`, {
      cause: error,
    });
  }
}

function readState(dir) {
  try {
    return JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8'));
  } catch {
    return {}; // none, or none that tells anything
  }
}

export const keepState = (dir, state) => keepJson(join(dir, 'state.json'), state);

// When a process started, in clock ticks since the boot; undefined: it has ended. Pids come again.
export function startOf(pid) {
  try {
    const [state, ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return state === 'Z' ? undefined : fields[18];
  } catch {
    return undefined;
  }
}

// What belongs to this folder's database and must survive a restart, besides the Worker's variables.
export function prepareKeys(file) {
  const keys = readKeys(file) ?? {
    jwt_secret: random('', 32),
    postgres_password: random('', 16),
    passwords: Object.fromEntries(USERS.map(({ email }) => [email, random('', 8)])),
  };
  keepJson(file, keys);
  return keys;
}

// Processes of an earlier start in this folder that was killed; a living one is an error.
export async function clearLeftovers(dir) {
  const { pids = {} } = readState(dir);
  const places = [dir, join(dir, 'wrangler'), join(dir, 'postgres')];
  const isOurs = (pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words.some((word) => places.includes(word));
    } catch {
      return false; // it is gone
    }
  };
  if (pids.stack !== process.pid && pids.stack_started && pids.stack_started === startOf(pids.stack))
    throw new Error(`already running in ${dir} (process ${pids.stack})`);
  const left = [pids.worker, pids.services, pids.postgres].filter((pid) => pid && isOurs(pid));
  for (const pid of left) process.kill(-pid, 'SIGKILL');
  while (left.some((pid) => isOurs(pid))) await pause(20);
  // Its owner may live on as a zombie that nobody has waited for, which looks alive to the lock.
  const lock = join(dir, 'database.lock');
  if (existsSync(lock) && Number(readFileSync(lock, 'utf8')) === pids.services) rmSync(lock);
}

// Removes what a stack keeps, and nothing else that lives in the folder. Without its keys, which go last, none kept it.
export function resetFolder(dir) {
  const kept = [
    'database',
    'database.lock',
    'postgres',
    'postgres.new',
    'wrangler',
    'sources',
    'wrangler-registry',
    'logs',
    '.dev.vars',
    'state.json',
    'keys.json',
  ];
  if (!existsSync(join(dir, 'keys.json'))) {
    const others = ['database', 'postgres', 'wrangler'].filter((name) => existsSync(join(dir, name)));
    if (others.length === 0) return;
    throw new Error(`${dir} is no stack's folder: its ${others.join(', ')} would be removed`);
  }
  for (const name of kept) rmSync(join(dir, name), { recursive: true, force: true });
}
