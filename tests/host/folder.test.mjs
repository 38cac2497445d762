// What a start finds in a stack's folder: a half-written file, another stack, somebody else's data.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import {
  clearLeftovers,
  keepFile,
  keepState,
  prepareKeys,
  resetFolder,
  startOf,
} from '../../scripts/local/folder.mjs';

function folderOf(t) {
  const dir = mkdtempSync(join(tmpdir(), 'stack-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

test('a reset removes nothing where no stack has been', (t) => {
  const dir = folderOf(t);
  for (const name of ['database', 'logs']) mkdirSync(join(dir, name));
  assert.throws(() => resetFolder(dir), /is no stack's folder: its database would be removed/);
  assert.ok(existsSync(join(dir, 'database')));
  rmSync(join(dir, 'database'), { recursive: true });
  resetFolder(dir);
  assert.ok(existsSync(join(dir, 'logs')), 'the tests leave theirs in the same folder');
  mkdirSync(join(dir, 'database'));
  prepareKeys(join(dir, 'keys.json'));
  writeFileSync(join(dir, 'mine'), '');
  resetFolder(dir);
  assert.deepEqual(
    ['database', 'logs', 'keys.json', 'mine'].map((name) => existsSync(join(dir, name))),
    [false, false, false, true],
  );
  resetFolder(dir);
});

test('files are written whole, and only when they change', (t) => {
  const file = join(folderOf(t), 'keys.json');
  const keys = prepareKeys(file);
  const { ino } = statSync(file);
  assert.deepEqual(prepareKeys(file), keys);
  assert.equal(statSync(file).ino, ino);
  keepFile(file, '');
  assert.notEqual(statSync(file).ino, ino);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.throws(() => prepareKeys(file), /keys\.json cannot be read .*: with --reset all is made anew/);
  assert.equal(readFileSync(file, 'utf8'), '');
});

test('a stack that only just starts is running, one whose pid has come again is not', async (t) => {
  const dir = folderOf(t);
  const other = spawn('sleep', ['600']);
  t.after(() => other.kill());
  const pids = { stack: other.pid, stack_started: startOf(other.pid) };
  keepState(dir, { pids });
  await assert.rejects(clearLeftovers(dir), new RegExp(`already running in .* \\(process ${other.pid}\\)`));
  keepState(dir, { pids: { ...pids, stack_started: '1' } });
  await clearLeftovers(dir);
  keepState(dir, { pids });
  other.kill();
  await once(other, 'exit');
  await clearLeftovers(dir);
  writeFileSync(join(dir, 'state.json'), '');
  await clearLeftovers(dir);
});
