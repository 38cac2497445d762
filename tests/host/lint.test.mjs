// A check of the sources whose tool could not work is not passed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const ROOT = resolve(import.meta.dirname, '../..');

test('a check fails by what is not formatted, and by a tool that cannot work', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lint-'));
  t.after(() => rmSync(folder, { recursive: true }));
  cpSync(join(ROOT, 'scripts/lint'), join(folder, 'scripts/lint'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  spawnSync('git', ['init', '-q'], { cwd: folder });
  const lint = (check, files) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return spawnSync(join(folder, 'scripts/lint'), [check], { encoding: 'utf8' }).status;
  };
  const style = { '.clang-format': 'BasedOnStyle: Google\n' };
  assert.equal(lint('format', { ...style, 'a.cpp': 'int x;\n' }), 0);
  assert.equal(lint('format', { 'a.cpp': 'int   x;\n' }), 1);
  assert.equal(lint('format', { 'a.cpp': 'int x;\n', '.clang-format': 'Nonsense: 3\n' }), 1);
  assert.equal(lint('prettier', { 'a.mjs': 'const x = 1;\n' }), 0);
  assert.equal(lint('prettier', { 'a.mjs': 'const x=1' }), 1);
  assert.equal(lint('prettier', { 'a.mjs': 'const = 1' }), 1);
  assert.equal(lint('formt', {}), 2);
});
