// A database folder with all migrations applied and nothing in it, made once for each state of the
// migrations: a copy of it starts in a second.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { startSupabase } from '../../scripts/local/supabase/server.mjs';
import { ROOT } from '../../scripts/local/wrangler.mjs';

const SOURCES = ['supabase/migrations', 'scripts/local/supabase'];
const KEPT = join(ROOT, '.dev', 'cache', 'databases');

function fingerprint() {
  const hash = createHash('sha256').update(readFileSync(join(ROOT, 'package-lock.json')));
  for (const folder of SOURCES)
    for (const name of readdirSync(join(ROOT, folder)).sort())
      if (/\.(sql|mjs)$/.test(name)) hash.update(name).update(readFileSync(join(ROOT, folder, name)));
  return hash.digest('hex').slice(0, 16);
}

// Other states than the present one are removed: each takes 40 MB.
export async function databaseTemplate() {
  const folder = join(KEPT, fingerprint());
  if (existsSync(folder)) return folder;
  rmSync(KEPT, { recursive: true, force: true });
  mkdirSync(KEPT, { recursive: true });
  const made = join(KEPT, `making-${randomUUID()}`);
  const unused = () => randomUUID() + randomUUID();
  const keys = {
    publishable: `sb_publishable_${unused()}`,
    secret: `sb_secret_${unused()}`,
    jwtSecret: unused(),
  };
  await (await startSupabase({ dataDir: made, keys })).close();
  renameSync(made, folder);
  return folder;
}
