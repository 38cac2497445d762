// What counts as applied, by whom it was written down.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { applyMigrations } from '../../scripts/local/supabase/migrations.mjs';

const file = { version: '0001', name: 'tables', sql: 'create table a ();\n' };

/** A database in which 0001 is recorded with these statements; `ran` is what was run in it. */
function recorded(statements) {
  const ran = [];
  return {
    ran,
    transaction: (work) =>
      work(
        async () => [],
        async (sql) => ran.push(sql),
      ),
    query: async () => (statements ? [{ version: '0001', statements }] : []),
  };
}

test('a file that is not recorded is run', async () => {
  const database = recorded(null);
  assert.deepEqual(await applyMigrations(database, [file]), ['0001_tables']);
  assert.ok(database.ran.includes(file.sql));
});

test('what the Supabase CLI recorded, statement by statement, is applied', async () => {
  for (const statements of [['create table a ()'], ['create table a ()', 'select 1'], []]) {
    const database = recorded(statements);
    assert.deepEqual(await applyMigrations(database, [file]), []);
    assert.ok(!database.ran.includes(file.sql));
  }
});

test('a file that changed after it was applied is refused', async () => {
  assert.deepEqual(await applyMigrations(recorded([file.sql]), [file]), []);
  await assert.rejects(applyMigrations(recorded(['create table b ();\n']), [file]), /0001_tables changed/);
});
