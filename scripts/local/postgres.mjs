// A real Postgres server from the system's packages, its cluster under the stack's folder. It never
// runs as root, listens on 127.0.0.1 only, and asks for a password.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { Child } from './child.mjs';

const READY_MS = 20_000;
const PACKAGES = '/usr/lib/postgresql';

function newestBin() {
  const versions = existsSync(PACKAGES) ? readdirSync(PACKAGES).map(Number).filter(Boolean) : [];
  const found = versions.sort((a, b) => b - a).map((version) => join(PACKAGES, String(version), 'bin'));
  const bin = found.find((path) => existsSync(join(path, 'initdb')));
  if (!bin) throw new Error('no Postgres server here: apt-get install postgresql');
  return bin;
}

// As root the server gets the packages' own user; anyone else runs it as themselves.
function owner() {
  if (process.getuid() !== 0) return null;
  const field = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: field('-u'), gid: field('-g') };
}

function asOwner(user, command, args) {
  if (!user) return [command, args];
  return ['setpriv', [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', command, ...args]];
}

// Whole or not at all: of one that was broken off nothing is used.
function createCluster({ bin, data, user, password }) {
  const unfinished = `${data}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  const secret = join(data, '..', 'postgres-password');
  writeFileSync(secret, password, { mode: 0o600 });
  if (user) [unfinished, secret].forEach((path) => chownSync(path, user.uid, user.gid));
  const [command, args] = asOwner(user, join(bin, 'initdb'), [
    '-D',
    unfinished,
    '-U',
    'postgres',
    '-A',
    'scram-sha-256',
    `--pwfile=${secret}`,
    '-E',
    'UTF8',
    '--no-locale',
  ]);
  const made = spawnSync(command, args, { encoding: 'utf8' });
  rmSync(secret);
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  renameSync(unfinished, data);
}

// `ready`: once it accepts connections.
export function startPostgres({ dir, port, password }) {
  const bin = newestBin();
  const user = owner();
  const data = join(dir, 'postgres');
  if (user) chmodSync(dir, 0o711); // the server's user passes through, and reads nothing
  if (!existsSync(join(data, 'PG_VERSION'))) createCluster({ bin, data, user, password });
  const [command, args] = asOwner(user, join(bin, 'postgres'), [
    '-D',
    data,
    '-p',
    String(port),
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'unix_socket_directories=',
  ]);
  const child = new Child({
    name: 'Postgres',
    command,
    args,
    cwd: '/',
    logFile: join(dir, 'logs', 'postgres.log'),
  });
  const accepts = async () =>
    spawnSync(join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)]).status === 0;
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  return { url, child, ready: child.waitFor(accepts, READY_MS) };
}
