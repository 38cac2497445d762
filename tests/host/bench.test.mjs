// The benchmarks run, and compare what comes to the same: what they measure is not looked at.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'node:test';

const ROOT = resolve(import.meta.dirname, '../..');
const run = (script, ...options) =>
  execFileSync(process.execPath, [`tests/bench/${script}`, ...options], { cwd: ROOT, encoding: 'utf8' });

test('one large page, here a small one', () => {
  const said = run('bench.mjs', '--pairs', '1', '--times', '1', '--rows', '50');
  assert.match(said, /wasm 0 \/ bytes to bytes: CPU/);
  assert.match(said, /build\/edge\/edge\.wasm, memory \d+\.\d MiB/);
});

test('a start', () => assert.match(run('start.mjs', '--start', '--rounds', '1'), /CPU/));
