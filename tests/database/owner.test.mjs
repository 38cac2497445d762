// On a hosted project the migrations are run by a role that is no superuser, beside schemas
// that belong to others. Here that role does not even bypass row level security.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import postgres from 'postgres';

import { readMigrations } from '../../scripts/local/supabase/migrations.mjs';
import { startCluster } from './cluster.mjs';
import { northwind, postgresInstallations } from './stack.mjs';

const [installation] = postgresInstallations();
const user = '99999999-9999-4999-8999-999999999999';
const prelude = readFileSync(new URL('../../scripts/local/supabase/prelude.sql', import.meta.url), 'utf8');

// What is there before the first migration, and what its owner may do with it. That a policy can be made on
// realtime.messages is taken from Supabase's documents: there its owner is another, and "postgres" is let do it.
// https://supabase.com/docs/guides/troubleshooting/realtime-must-be-owner-of-table-messages
const hosted = `
  create role project_owner login nosuperuser createrole nobypassrls;
  create schema auth;
  create table auth.users (id uuid primary key);
  create function auth.uid() returns uuid language sql stable as
    $$ select nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
  ${prelude}
  insert into auth.users values ('${user}');
  grant create on database postgres to project_owner;
  grant usage, create on schema public to project_owner;
  grant usage on schema auth, realtime to project_owner;
  grant references on auth.users to project_owner;
  grant insert on realtime.messages to project_owner;
  alter table realtime.messages owner to project_owner;`;

test(
  'the migrations run as an owner who is no superuser, and the policies hold',
  {
    skip: !installation && 'no Postgres server here',
  },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'owner-'));
    chmodSync(folder, 0o711);
    const cluster = await startCluster({ bin: installation.bin, folder });
    const connect = (name) =>
      postgres(cluster.url.replace('//postgres@', `//${name}@`), { max: 1, onnotice: () => {} });
    const admin = connect('postgres');
    const owner = connect('project_owner');
    try {
      await admin.unsafe(hosted).simple();
      for (const { sql } of readMigrations()) await owner.begin((tx) => tx.unsafe(sql).simple());
      await admin
        .unsafe(
          `
      insert into public.workspaces (client_id, slug, name, time_zone)
        values ('${northwind}', 'northwind-dental', 'Northwind', 'Europe/Berlin');
      insert into public.workspace_members values ('${northwind}', '${user}', 'viewer');`,
        )
        .simple();

      const as = (role, sql) =>
        admin.begin(async (tx) => {
          await tx`select set_config('role', ${role}, true), set_config('request.jwt.claim.sub', ${user}, true)`;
          return [...(await tx.unsafe(sql))];
        });
      const [{ result }] = await as(
        'service_role',
        `select public.record_receipt('{"workspace":
      "northwind-dental", "service": "stripe", "delivery_key": "evt_1"}') as result`,
      );
      assert.equal(result.new, true);
      const [{ applied }] = await as(
        'service_role',
        `select public.apply_page('{"receipt": {"client_id":
      "${northwind}", "service": "stripe", "delivery_key": "evt_1"}, "tables": [{"table": "stripe_charges",
      "rows": [{"id": "ch_1", "amount": 1, "currency": "eur", "status": "succeeded",
        "created": "2026-11-23T10:00:00Z", "source_at": "2026-11-23T10:00:00Z"}]}]}') as applied`,
      );
      assert.equal(applied.written, 1);
      assert.equal((await as('authenticated', 'select * from public.stripe_charges')).length, 1);
      assert.equal((await as('authenticated', 'select * from public.workspace_members')).length, 1);
      assert.ok((await as('authenticated', 'select * from realtime.messages')).length > 0);
      await assert.rejects(as('anon', 'select * from public.stripe_charges'), { code: '42501' });
      await assert.rejects(as('authenticated', 'delete from public.stripe_charges'), { code: '42501' });
      await assert.rejects(as('authenticated', `select public.claim_due('{}')`), { code: '42501' });
      const remove = `select app.remove_workspace('northwind-dental') as removed`;
      await assert.rejects(as('service_role', remove), { code: '42501' });
      await admin.unsafe('alter role project_owner bypassrls'); // as Supabase's own `postgres` has
      const [{ removed }] = await owner.unsafe(remove);
      assert.deepEqual(
        [removed.removed.stripe_charges, removed.removed.workspaces, removed.removed.workspace_members],
        [1, 1, 1],
      );
    } finally {
      await Promise.all([admin.end(), owner.end()]);
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
