// ./scripts/sql: what a function says after all migrations.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

const script = fileURLToPath(new URL('../../scripts/sql.mjs', import.meta.url));
const sql = (...names) =>
  new Promise((resolve) =>
    execFile(process.execPath, ['--no-warnings', script, ...names], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    ),
  );

test('a function comes with its comment and with what later migrations changed in it', async () => {
  const { code, stdout } = await sql('daily_series', 'app.record_missed');
  assert.equal(code, 0);
  assert.match(stdout, /^-- /m);
  assert.match(stdout, /CREATE OR REPLACE FUNCTION public\.daily_series\(p jsonb\)/);
  assert.match(stdout, /CREATE OR REPLACE FUNCTION app\.record_missed/);
  assert.match(stdout, /r\.state in \('failed', 'unreadable'\)/); // 0051's
  assert.doesNotMatch(stdout, /FUNCTION public\.claim_due/);
});

test('without a name all are listed; one that is not there is said', async () => {
  const [list, wrong] = await Promise.all([sql(), sql('claim_duo')]);
  assert.match(list.stdout, /^public\.claim_due\(p jsonb\)$/m);
  assert.match(list.stdout, /^app\.prune\(/m);
  assert.deepEqual(
    [wrong.code, wrong.stdout, wrong.stderr],
    [1, '', 'sql: no function claim_duo; ./scripts/sql lists them\n'],
  );
});

test('one that is interrupted leaves no database behind', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'interrupted-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const watcher = watch(folder);
  const child = spawn(process.execPath, ['--no-warnings', script], {
    env: { ...process.env, TMPDIR: folder },
  });
  await once(watcher, 'change');
  watcher.close();
  child.kill('SIGINT');
  await once(child, 'exit');
  assert.deepEqual(readdirSync(folder), []);
});
