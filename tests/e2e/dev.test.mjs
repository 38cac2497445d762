// The command itself: it says where to go, keeps what it had, and leaves nothing running.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { ROOT } from '../../scripts/local/wrangler.mjs';
import { until } from './harness.mjs';

const dir = join(ROOT, '.dev', 'e2e', 'dev');
const hasPostgres = existsSync('/usr/lib/postgresql');
const readState = () => JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8'));
const isAlive = (pid) =>
  existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
const pidsOf = ({ pids }) => [pids.services, pids.worker, ...pids.workerd, pids.postgres].filter(Boolean);

const running = new Set();
let keysOfFirst;
after(() => running.forEach((child) => child.kill('SIGTERM')));

// Runs the command until it has introduced itself.
async function dev(...options) {
  const args = [join(ROOT, 'scripts/dev.mjs'), '--dir', dir, '--free-ports', ...options];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.on('exit', () => running.delete(child));
  let output = '';
  await new Promise((resolve, reject) => {
    const read = (data) => {
      output += data;
      if (output.includes('Ctrl-C stops all of it')) resolve();
    };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', read);
    child.on('close', () => reject(new Error(output)));
  });
  return { child, output: () => output, state: readState() };
}

async function interrupt({ child, state }) {
  child.kill('SIGINT');
  await once(child, 'exit');
  await until('all processes gone', async () => !pidsOf(state).some(isAlive), 5000);
  return child.exitCode;
}

async function rows(state, table) {
  const headers = { apikey: state.keys.secret, 'user-agent': 'webfluentia-tests' };
  return (await fetch(`${state.urls.supabase}/rest/v1/${table}`, { headers })).json();
}

test('it starts, prints URL and sign-ins, syncs by itself, and Ctrl-C stops all of it', async () => {
  rmSync(dir, { recursive: true, force: true });
  const first = await dev();
  const { urls, users } = first.state;
  keysOfFirst = first.state.keys;
  assert.ok(first.output().includes(urls.dashboard));
  for (const { email, password } of users) assert.match(first.output(), new RegExp(`${email} +${password}`));
  assert.ok(pidsOf(first.state).every(isAlive));
  await until(
    'the first sync',
    async () => (await rows(first.state, 'stripe_charges?select=id')).length === 5,
  );
  assert.equal(await interrupt(first), 0);
});

test('a second start has everything as it was', async () => {
  const second = await dev();
  assert.deepEqual(second.state.keys, keysOfFirst);
  assert.equal((await rows(second.state, 'stripe_charges?select=id')).length, 5);
  await assert.rejects(dev(), /already running in/);
  second.child.kill('SIGKILL');
  await once(second.child, 'exit');
});

test('a start after a kill -9 clears what was left running', async () => {
  const before = readState();
  const again = await dev();
  await until('what was left has ended', async () => !pidsOf(before).some(isAlive), 5000);
  await interrupt(again);
});

test('a test that is interrupted leaves nothing running', async (t) => {
  const code = `
    import { Child } from '${ROOT}/scripts/local/child.mjs';
    import '${ROOT}/tests/e2e/harness.mjs';
    const started = new Child({ name: 'sleep', command: 'sleep', args: ['600'], logFile: '/dev/null' });
    console.log(started.pid);`;
  const interrupted = spawn(process.execPath, ['--input-type=module', '-e', code]);
  const pid = Number((await once(interrupted.stdout, 'data'))[0]);
  t.after(() => isAlive(pid) && process.kill(pid));
  assert.ok(isAlive(pid));
  interrupted.kill('SIGINT');
  await once(interrupted, 'exit');
  await until('what it started has ended', async () => !isAlive(pid), 5000);
});

test('a port that is none is refused, and says what is wanted', async () => {
  for (const port of ['abc', '0', '65536', '80.5', '']) {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/dev.mjs', `--port=${port}`], {
      cwd: ROOT,
    });
    assert.equal(status, 2, port);
    assert.ok(String(stderr).startsWith(`--port takes a number of 1 to 65535, not '${port}'`), port);
  }
});

test('--reset starts from an empty database and new keys', async () => {
  const before = readState();
  const reset = await dev('--reset');
  assert.notEqual(reset.state.keys.secret, before.keys.secret);
  assert.notEqual(reset.state.users[0].password, before.users[0].password);
  await interrupt(reset);
});

test('--postgres runs on a real server, which does not run as root', { skip: !hasPostgres }, async () => {
  const real = await dev('--reset', '--postgres');
  const owner = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${real.state.pids.postgres}/status`, 'utf8'))[1];
  assert.notEqual(owner, '0');
  await until(
    'the first sync',
    async () => (await rows(real.state, 'stripe_charges?select=id')).length === 5,
  );
  await interrupt(real);
});
