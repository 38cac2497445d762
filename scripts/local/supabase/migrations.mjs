// Applies supabase/migrations in the order of their numbers, each in one transaction with
// its own record, in the table that the Supabase CLI uses for the same purpose.

import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const migrationsFolder = fileURLToPath(new URL('../../../supabase/migrations/', import.meta.url));
const preludeFile = fileURLToPath(new URL('./prelude.sql', import.meta.url));

const recordsTable = `
  create schema if not exists supabase_migrations;
  create table if not exists supabase_migrations.schema_migrations (
    version text primary key, name text, statements text[],
    applied_at timestamptz not null default now())`;

/** [{version, name, sql}] in the order to be applied. */
export function readMigrations(folder = migrationsFolder) {
  return readdirSync(folder)
    .map((file) => /^(\d+)_(.+)\.sql$/.exec(file))
    .filter(Boolean)
    .map(([file, version, name]) => ({ version, name, sql: readFileSync(`${folder}/${file}`, 'utf8') }))
    .sort((a, b) => (a.version < b.version ? -1 : 1));
}

/** `work(query, run)`, or nothing of it. `run` takes several statements, without parameters. */
export async function inTransaction(query, run, work) {
  await run('begin');
  try {
    const result = await work(query, run);
    await run('commit');
    return result;
  } catch (error) {
    await run('rollback');
    throw error;
  }
}

/** Roles, schemas and functions that a hosted project has by itself. */
export async function applyPrelude(database) {
  await database.transaction((query, run) => run(readFileSync(preludeFile, 'utf8')));
}

/** Returns the names of what was applied now. Throws when an applied file has changed. */
export async function applyMigrations(database, migrations = readMigrations()) {
  await database.transaction((query, run) => run(recordsTable));
  const rows = await database.query('select version, statements from supabase_migrations.schema_migrations');
  const applied = new Map(rows.map((row) => [row.version, row.statements]));
  const pending = migrations.filter(({ version }) => !applied.has(version));
  for (const { version, name, sql } of migrations) {
    const known = applied.get(version);
    if (isWholeFile(known) && known[0] !== sql)
      throw new Error(
        `migration ${version}_${name} changed after it was applied (locally: start with --reset)`,
      );
  }
  for (const migration of pending) await applyOne(database, migration);
  return pending.map(({ version, name }) => `${version}_${name}`);
}

// The CLI records each statement by itself, without the end of its line: that is not compared.
const isWholeFile = (statements) => statements?.length === 1 && statements[0].endsWith('\n');

async function applyOne(database, { version, name, sql }) {
  try {
    await database.transaction(async (query, run) => {
      await run(sql);
      await query(
        `insert into supabase_migrations.schema_migrations (version, name, statements)
         values ($1, $2, array[$3::text])`,
        [version, name, sql],
      );
    });
  } catch (error) {
    throw new Error(`migration ${version}_${name}: ${error.message}`, { cause: error });
  }
}
