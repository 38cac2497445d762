-- What whoever runs it has to see, and what may not pile up.

-- Detection may fail in a tick that is otherwise in order. Of a row that is made by the first tick, from then on.
alter table app.heartbeat add column detected_at timestamptz not null default now();
select app.exchange_text('public.record_detection', '  return ''{"recorded": true}''',
  '  update app.heartbeat h set detected_at = clock_timestamp();
  return ''{"recorded": true}''');

create or replace function public.health(p jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'ticked_secs_ago', (select extract(epoch from now() - h.ticked_at)::int from app.heartbeat h),
    'detected_secs_ago', (select extract(epoch from now() - h.detected_at)::int from app.heartbeat h),
    'first_workspace_secs_ago', (select extract(epoch from now() - min(w.created_at))::int from public.workspaces w),
    'runs_left_behind', (select count(*) from public.sync_runs r left join public.sync_cursors c using (run_id)
      where r.state in ('queued', 'running', 'waiting') and app.is_left_behind(r, c.lease_until)
        and app.is_runnable(r.client_id, r.service, r.stream, r.partition)),
    'deliveries_waiting', (select count(*) from public.webhook_receipts r where r.state = 'received'
      and (r.retry_at is null or r.retry_at <= now()) and not app.has_unreadable_settings(r.client_id)
      and r.received_at < now() - interval '2 minutes'),
    'schedules_failing', (select count(*) from public.sync_cursors c
      join public.service_facts f using (client_id, service, stream, partition)
      where f.failure_final and app.is_runnable(c.client_id, c.service, c.stream, c.partition)))
$$;
comment on function public.health is
  '{} -> {"ticked_secs_ago","detected_secs_ago": null before the first tick,"first_workspace_secs_ago": null before there is one,"runs_left_behind","deliveries_waiting","schedules_failing"}: of all workspaces together, and naming none. schedules_failing: partitions of streams whose last run failed for good.';

-- A queue that is paused, or whose messages nobody takes, gets a message of a run after 2, 4, 8 and then each 15
-- minutes, not with each tick.
alter table public.sync_runs add column wakes smallint not null default 0;
comment on column public.sync_runs.wakes is 'how often in a row it was queued again because nobody had taken it';
select app.exchange_text('app.choose_work', 'or app.is_left_behind(r, c.lease_until))',
  'or app.is_left_behind(r, c.lease_until)
        and (r.wakes = 0 or r.state <> ''queued''
          or r.updated_at < now() - interval ''1 minute'' * least(2 * 2 ^ r.wakes, 15)))');
select app.exchange_text('app.revive_run', 'stops_page = run.pages
', 'stops_page = run.pages,
    wakes = case when run.state = ''queued'' then least(run.wakes + 1, 3) else 0 end
');
select app.exchange_text('public.take_lease', 'set state = ''running'', retry_at = null,',
  'set state = ''running'', retry_at = null, wakes = 0,');

-- What is ours to mend costs the provider nothing until it is asked, and is mostly mended soon (R2 was away). Only a
-- page at which the Worker stopped again and again rests longer.
select app.exchange_text('app.revive_run', 'set error_kind = ''ours'',', 'set stops = run.stops, error_kind = ''ours'',');
select app.exchange_text('app.plan_after_failure', '"ours": 21600', '"ours": 3600, "stopped": 21600');
select app.exchange_text('app.plan_after_failure', '
begin
', '
  reason constant text := case when new.stops >= 12 then ''stopped'' else new.error_kind end;
begin
');
select app.exchange_text('app.plan_after_failure', 'when least_secs ? new.error_kind then', 'when least_secs ? reason then');
select app.exchange_text('app.plan_after_failure', 'least_secs ->> new.error_kind', 'least_secs ->> reason');

-- Hosted Supabase gives a call 8 s, the Worker waits 20: PostgREST takes a function's own limit for the transaction.
-- https://docs.postgrest.org/en/stable/references/transactions.html#function-settings
alter function public.apply_page(jsonb) set statement_timeout = '18s';
alter function public.claim_due(jsonb) set statement_timeout = '18s';
alter function public.record_detection(jsonb) set statement_timeout = '18s';

-- What a new deployment is compared with. A project may have migrations of its own: which were applied is asked, not
-- which was the last. `newest_migration` stays for who goes back to an older version.
create function public.deployment(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  migrations jsonb := '[]';
begin
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    select coalesce(jsonb_agg(m.version order by m.version), '[]') into migrations
    from supabase_migrations.schema_migrations m;
  end if;
  return jsonb_build_object('migrations', migrations,
    'service_settings', coalesce((select h.service_settings from app.heartbeat h), '{}'));
end
$$;
revoke all on function public.deployment(jsonb) from public, anon, authenticated;
grant execute on function public.deployment(jsonb) to service_role;
comment on function public.deployment is
  '{} -> {"migrations":["0001", ...] that were applied, by anybody; none where nobody has kept a record,"service_settings":{"<slug> <service>" or " <service>": digest} of the last tick}.';

-- `detected_at` is since when a service may run (its keys complete, its settings readable), `keys_since` since when its
-- keys and settings are these: what was refused to others counts no more, and settings that could not be read for a while
-- are the same as before.
alter table public.service_facts add column keys_since timestamptz;
comment on column public.service_facts.keys_since is 'since when its keys and settings are these; of stream ''''';
update public.service_facts f set keys_since = f.detected_at where f.stream = '';
select app.exchange_text('app.detect_service', 'detection_problem = null, detected_at = now()',
  'detection_problem = null,
    keys_since = case when (f.present_keys, f.missing_keys) is distinct from (present, missing) then now()
      else f.keys_since end,
    detected_at = case when f.missing_keys is distinct from missing or f.present_keys = ''{}''
      or f.detection_problem is not null or f.detected_at is null then now() else f.detected_at end');
select app.exchange_text('app.detect_service', 'missing_keys, detected_at)', 'missing_keys, detected_at, keys_since)');
select app.exchange_text('app.detect_service', ''''', present, missing, now()', ''''', present, missing, now(), now()');
select app.exchange_text('app.detect_workspace', 'detection_problem = problem, detected_at = now()',
  'detection_problem = problem, detected_at = now(),
    keys_since = case when problem is null and (f.present_keys, f.missing_keys) is distinct from (k.present, k.missing)
      then now() else f.keys_since end');
select app.exchange_text('app.note_settings', 'set detected_at = beat.ticked_at', 'set keys_since = beat.ticked_at');
select app.exchange_text('app.note_settings', 'u.failed_at >= f.detected_at', 'u.failed_at >= coalesce(f.keys_since, ''-infinity'')');
-- What a bundle names no more is forgotten, unless it cannot be read: `deployment` tells what the Worker runs with.
select app.exchange_text('app.note_settings', 'beat constant app.heartbeat := (select h from app.heartbeat h);
begin
  if beat.service_settings @> p_found then return; end if;', 'beat constant app.heartbeat := (select h from app.heartbeat h);
  runs_with jsonb;
begin
  select p_found || coalesce(jsonb_object_agg(e.key, e.value), ''{}'') into runs_with
  from jsonb_each(beat.service_settings) e
  join public.workspaces w on w.slug = split_part(e.key, '' '', 1) and w.configuration_problem is not null
  where not p_found ? e.key;
  if beat.service_settings = runs_with then return; end if;');
select app.exchange_text('app.note_settings', 'jsonb_each(beat.service_settings || p_found)', 'jsonb_each(runs_with)');

-- What a run wrote before it failed was written; what was taken away by who set it up did not fail.
select app.exchange_text('public.service_daily', 'coalesce(sum(d.rows) filter (where d.good), 0)::bigint',
  'coalesce(sum(d.rows), 0)::bigint');
select app.exchange_text('public.service_daily', 'r.requested_at, 1, r.state', 'r.requested_at, (r.state = ''succeeded'')::int, r.state');
select app.exchange_text('public.service_daily', 'r.state in (''succeeded'', ''failed'')',
  'r.state in (''succeeded'', ''failed'')
      and r.error_message is distinct from ''no longer configured''');
