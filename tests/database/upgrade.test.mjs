// A migration that changes what is stored: what an older database holds is right after it.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { openPglite } from '../../scripts/local/supabase/database.mjs';
import { applyMigrations, applyPrelude, readMigrations } from '../../scripts/local/supabase/migrations.mjs';
import { northwind } from './stack.mjs';

const folder = mkdtempSync(join(tmpdir(), 'upgrade-'));
const database = await openPglite(join(folder, 'pglite'));
after(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

before(async () => {
  await database.transaction((query, run) =>
    run(`create schema auth;
      create table auth.users (id uuid primary key);
      create function auth.uid() returns uuid language sql stable as $$ select null::uuid $$;`),
  );
  await applyPrelude(database);
  await applyMigrations(
    database,
    readMigrations().filter(({ version }) => version < '0051'),
  );
  await database.query(`insert into public.workspaces (client_id, slug, name, time_zone)
    values ('${northwind}', 'northwind-dental', 'Northwind', 'Europe/Berlin')`);
  // All touched today, as 0046 left them.
  await database.query(`insert into public.webhook_receipts
    (client_id, service, delivery_key, object_key, state, error, received_at)
    select '${northwind}', 'sendgrid', v.key, v.key, 'applied', v.error, now() - v.ago * interval '1 day'
    from (values ('old', '1 of 2 rows', 9), ('whole', null, 9), ('late', '1 of 2 rows', 1)) v (key, error, ago)`);
  // Of one Page something was told, of the other nothing; posts may well be none.
  for (const [stream, partition, newest] of [
    ['page', 'told', 'now()'],
    ['page', 'silent', 'null'],
    ['page_posts', 'silent', 'null'],
  ]) {
    await database.query(`insert into public.service_facts (client_id, service, stream, partition, newest_row_at)
      values ('${northwind}', 'meta', '${stream}', '${partition}', ${newest})`);
    await database.query(`insert into public.sync_cursors (client_id, service, stream, partition, cadence, every_secs, cursor)
      values ('${northwind}', 'meta', '${stream}', '${partition}', 'daily', 86400,
        '{"run_id": "r", "covered_from": "2026-08-01T00:00:00Z", "covered_until": "2026-11-01T00:00:00Z"}')`);
  }
  await applyMigrations(database);
});

test('0051: what was lost long ago is not told anew, what was lost lately is', async () => {
  const told = await database.query(`select delivery_key from public.webhook_receipts
    where error is not null and updated_at > now() - interval '3 days'`);
  assert.deepEqual(
    told.map((row) => row.delivery_key),
    ['late'],
  );
  // The trigger is on again: a receipt that changes says when.
  await database.query(`update public.webhook_receipts set state = 'failed' where delivery_key = 'old'`);
  const [{ recent }] = await database.query(`select updated_at > now() - interval '1 minute' as recent
    from public.webhook_receipts where delivery_key = 'old'`);
  assert.equal(recent, true);
});

test('0052: of a Page that has told nothing yet all 90 days are asked for again', async () => {
  const cursors = await database.query(`select stream, partition, cursor ? 'covered_until' as covered
    from public.sync_cursors where cursor ? 'run_id' order by 1, 2`);
  assert.deepEqual(cursors, [
    { stream: 'page', partition: 'silent', covered: false },
    { stream: 'page', partition: 'told', covered: true },
    { stream: 'page_posts', partition: 'silent', covered: true },
  ]);
});
