// A function's text is put together by several migrations (docs/database.md): an empty database says what came of it.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startSupabase } from './local/supabase/server.mjs';

const functions = `
  select n.nspname || '.' || p.proname as name, p.proname as short, pg_get_functiondef(p.oid) as text,
    pg_get_function_identity_arguments(p.oid) as takes, obj_description(p.oid, 'pg_proc') as comment
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname in ('app', 'public') and p.prokind = 'f'
    and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
  order by n.nspname, p.proname`;

const names = process.argv.slice(2);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));
const folder = mkdtempSync(join(tmpdir(), 'sql-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const key = () => randomBytes(24).toString('hex');
const supabase = await startSupabase({
  dataDir: join(folder, 'pglite'),
  keys: { publishable: key(), secret: key(), jwtSecret: key() },
});
let unknown = [];
try {
  const all = await supabase.query(functions);
  const isNamed = (row, name) => name === row.short || name === row.name;
  unknown = names.filter((name) => !all.some((row) => isNamed(row, name)));
  for (const name of unknown) console.error(`sql: no function ${name}; ./scripts/sql lists them`);
  for (const row of all) {
    if (names.length === 0) console.log(`${row.name}(${row.takes})`);
    else if (names.some((name) => isNamed(row, name)))
      console.log(`${row.comment ? `-- ${row.comment}\n` : ''}${row.text.trimEnd()};\n`);
  }
} finally {
  await supabase.close();
}
// Only now: PGlite sets it when it ends.
if (unknown.length > 0) process.exitCode = 1;
