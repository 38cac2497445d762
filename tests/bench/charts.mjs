// How many pages of the database one workspace's charts read, beside the rows of many others: with the indexes as
// they are, and with their keys alone. See scripts/bench and docs/benchmarks.md.
import { parseArgs } from 'node:util';

import { northwind, startStack } from '../database/stack.mjs';

const { values: options } = parseArgs({
  options: { charts: { type: 'boolean' }, workspaces: { type: 'string', default: '100' } },
});
const DAYS = 2;

// In the order in which ticks write them: three probes each, and a run of each of four streams each quarter of an hour.
const FILL = `
  insert into public.workspaces (client_id, slug, name, time_zone)
  select ('33333333-3333-4333-8333-' || lpad(n::text, 12, '0'))::uuid, 'w' || n, 'W', 'UTC'
  from generate_series(1, ${Number(options.workspaces) - 2}) n;
  set session_replication_role = replica;
  insert into public.probe_results (client_id, probe, subject, probed_at, ok, latency_ms, source_at)
  select w.client_id, p, '', t, true, 40, t
  from generate_series(now() - interval '${DAYS} days', now(), interval '5 minutes') t, public.workspaces w,
    unnest(array['auth', 'realtime', 'rest']) p order by t, w.client_id, p;
  insert into public.sync_runs
    (run_id, client_id, service, stream, state, created_at, started_at, finished_at, updated_at, rows_written)
  select gen_random_uuid(), w.client_id, 'cloudflare', s, 'succeeded', t, t, t, t, 3
  from generate_series(now() - interval '${DAYS} days', now(), interval '15 minutes') t, public.workspaces w,
    unnest(array['workers', 'zone', 'r2_storage', 'r2_operations']) s order by t, w.client_id, s;
  set session_replication_role = origin`;
const KEYS_ALONE = `
  drop index public.probe_results_recent, public.sync_runs_recent;
  create index probe_results_recent on public.probe_results (client_id, probed_at);
  create index sync_runs_recent on public.sync_runs (client_id, updated_at)`;
const CALLS = {
  daily_series: `public.daily_series('{"client_id":"${northwind}","days":90}')`,
  service_daily: `public.service_daily('${northwind}', 30)`,
};

const stack = await startStack();
try {
  const each = async (sql) => {
    for (const one of sql.split(';')) await stack.query(one);
  };
  await each(FILL);
  const pagesRead = async () => {
    for (const table of ['probe_results', 'sync_runs']) await stack.query(`vacuum analyze public.${table}`);
    const read = {};
    for (const [name, call] of Object.entries(CALLS)) {
      await stack.query(`select * from ${call}`); // what is read of the catalogue, once
      const [row] = await stack.query(`explain (analyze, buffers, format json) select * from ${call}`);
      const { Plan: plan } = row['QUERY PLAN'][0];
      read[name] = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
    }
    return read;
  };
  const now = await pagesRead();
  await each(KEYS_ALONE);
  const before = await pagesRead();
  const rows = await stack.query('select count(*)::int as n from public.probe_results where client_id = $1', [
    northwind,
  ]);
  console.log(`${options.workspaces} workspaces, ${DAYS} days; of one ${rows[0].n} probes`);
  console.log('pages of 8 KB     keys alone   as migrated');
  for (const name of Object.keys(CALLS))
    console.log(`${name.padEnd(18)}${String(before[name]).padStart(10)}${String(now[name]).padStart(14)}`);
} finally {
  await stack.close();
}
