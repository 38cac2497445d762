-- What is known of each service of a workspace (facts, never verdicts), and the
-- bookkeeping of syncs: runs, cursors with leases, webhook receipts.

create table public.service_facts (
  client_id uuid not null references public.workspaces (client_id),
  service text not null check (service <> ''),
  -- '' is the service itself (detection), 'webhook' its webhook, others sync streams
  stream text not null default '',
  -- property, URL, account: what the stream is split by; '' when it is not
  partition text not null default '',
  enabled boolean not null default true,
  present_keys text[] not null default '{}',
  missing_keys text[] not null default '{}',
  detection_problem text,
  detected_at timestamptz,
  last_attempt_at timestamptz,
  last_success_at timestamptz,
  newest_row_at timestamptz,
  failure_kind text check (failure_kind in
    ('credentials', 'configuration', 'provider', 'rate_limit', 'data', 'ours')),
  failure_message text,
  failed_at timestamptz,
  failures int not null default 0,
  failure_final boolean not null default false,
  rate_limited_until timestamptz,
  provisional_until date,
  last_rows bigint,
  usual_rows_min bigint,
  run_rows bigint,
  progress_done int,
  progress_total int,
  running_since timestamptz,
  last_event_at timestamptz,
  usual_gap_secs int,
  bad_signatures int not null default 0,
  last_bad_signature_at timestamptz,
  reconciled_at timestamptz,
  reconciled_missed int,
  updated_at timestamptz not null default now(),
  primary key (client_id, service, stream, partition)
);
comment on table public.service_facts is
  'What was configured, attempted and received, one row per workspace, service, stream and partition. Key columns hold names, never values. failures: in a row. usual_rows_min: learned, null until known. run_rows: rows so far of the running run. bad_signatures: in a row; above 10 counted once a minute.';

create table public.facts_history (
  id bigint generated always as identity primary key,
  client_id uuid not null references public.workspaces (client_id),
  service text not null,
  stream text not null,
  partition text not null default '',
  facts jsonb not null,
  recorded_at timestamptz not null default clock_timestamp()
);
create index facts_history_by_service
  on public.facts_history (client_id, service, stream, partition, recorded_at);
comment on table public.facts_history is
  'Each state that a service_facts row ever had, append-only: "what did this card show last Tuesday at 9:00". Progress alone is not recorded. facts {}: the row was removed.';

create table public.sync_runs (
  run_id uuid primary key default gen_random_uuid(),
  client_id uuid not null references public.workspaces (client_id),
  service text not null,
  stream text not null,
  partition text not null default '',
  state text not null default 'queued' check (state in
    ('queued', 'running', 'waiting', 'succeeded', 'failed')),
  cause text not null default 'schedule' check (cause in ('schedule', 'webhook', 'manual')),
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  pages int not null default 0,
  rows_written bigint not null default 0,
  attempt int not null default 0,
  retry_at timestamptz,
  error_kind text,
  error_message text,
  updated_at timestamptz not null default now()
);
-- One unfinished run per partition, whatever two ticks at once may try.
create unique index sync_runs_unfinished
  on public.sync_runs (client_id, service, stream, partition)
  where state in ('queued', 'running', 'waiting');
create index sync_runs_recent on public.sync_runs (client_id, updated_at);
create index sync_runs_by_service on public.sync_runs (client_id, service, updated_at);
comment on table public.sync_runs is
  'One sync of one partition of a stream. pages: pages applied so far. attempt: failures in a row since the last applied page. waiting: until retry_at.';

create table public.sync_cursors (
  client_id uuid not null references public.workspaces (client_id),
  service text not null,
  stream text not null,
  partition text not null default '',
  cadence text not null check (cadence in ('daily', 'weekly', 'interval')),
  every_secs int check (every_secs > 0),
  next_due_at timestamptz,
  cursor jsonb,
  run_id uuid references public.sync_runs (run_id),
  lease uuid,
  lease_until timestamptz,
  updated_at timestamptz not null default now(),
  primary key (client_id, service, stream, partition),
  check (cadence <> 'interval' or every_secs is not null),
  check ((lease is null) = (lease_until is null))
);
create index sync_cursors_due on public.sync_cursors (next_due_at) where run_id is null;
comment on table public.sync_cursors is
  'Where each partition stands and when it is due. next_due_at null: not scheduled. run_id: its unfinished run. lease: held by the worker that may write pages, until lease_until unless extended.';

create table public.webhook_receipts (
  client_id uuid not null references public.workspaces (client_id),
  service text not null,
  delivery_key text not null check (delivery_key <> ''),
  object_key text,
  event_type text,
  source text not null default 'delivered' check (source in ('delivered', 'reconciled')),
  state text not null default 'received' check (state in
    ('received', 'applied', 'ignored', 'unreadable', 'failed')),
  error text,
  received_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (client_id, service, delivery_key)
);
create index webhook_receipts_open on public.webhook_receipts (updated_at) where state = 'received';
create index webhook_receipts_recent on public.webhook_receipts (client_id, received_at);
comment on table public.webhook_receipts is
  'One row per provider''s delivery key: what makes a duplicate a duplicate. object_key: the raw bytes in R2. source reconciled: never delivered, found by the reconciliation.';

select app.protect_table(t::regclass) from unnest(array['public.service_facts',
  'public.facts_history', 'public.sync_runs', 'public.sync_cursors',
  'public.webhook_receipts']) t;

create trigger a_skip_unchanged before update on public.service_facts
  for each row execute function suppress_redundant_updates_trigger();
create trigger b_touch before insert or update on public.service_facts
  for each row execute function app.touch();
create trigger b_touch before insert or update on public.sync_runs
  for each row execute function app.touch();
create trigger b_touch before insert or update on public.sync_cursors
  for each row execute function app.touch();
create trigger b_touch before insert or update on public.webhook_receipts
  for each row execute function app.touch();

-- History ------------------------------------------------------------------------

create function app.record_facts() returns trigger language plpgsql set search_path = '' as $$
declare
  progress constant text[] := array['progress_done', 'progress_total', 'run_rows', 'updated_at'];
begin
  if tg_op = 'DELETE' then
    insert into public.facts_history (client_id, service, stream, partition, facts)
    values (old.client_id, old.service, old.stream, old.partition, '{}');
    return null;
  end if;
  if tg_op = 'UPDATE' and to_jsonb(old) - progress = to_jsonb(new) - progress then
    return null;
  end if;
  insert into public.facts_history (client_id, service, stream, partition, facts)
  values (new.client_id, new.service, new.stream, new.partition, to_jsonb(new));
  return null;
end
$$;
revoke all on function app.record_facts from public;
create trigger record_facts after insert or update or delete on public.service_facts
  for each row execute function app.record_facts();

create function app.refuse_change() returns trigger language plpgsql set search_path = '' as $$
begin
  raise exception '% is append-only: % refused', tg_table_name, lower(tg_op)
    using errcode = 'insufficient_privilege';
end
$$;
revoke all on function app.refuse_change from public;
create trigger append_only before update or delete on public.facts_history
  for each row execute function app.refuse_change();
create trigger append_only_whole before truncate on public.facts_history
  for each statement execute function app.refuse_change();

-- Tables that sync pages may write -----------------------------------------------

-- Tables that apply_page may write. A connector's migration adds its own.
create table app.sync_targets (
  table_name text primary key,
  refetched boolean not null
);
alter table app.sync_targets enable row level security;
alter table app.sync_targets force row level security;
grant select on app.sync_targets to service_role;
create policy service_reads on app.sync_targets for select to service_role using (true);
create policy owner_adds on app.sync_targets for all to current_user using (true) with check (true);
comment on table app.sync_targets is
  'Allow list of apply_page: tables of schema public with client_id, source_at and updated_at. refetched: a tie is settled by fetching the object again; where there is no such object (reports, events), the later reading stands.';

create function app.add_sync_target(p_table text, p_refetched boolean default true) returns void
language plpgsql set search_path = '' as $$
begin
  perform app.protect_table(format('public.%I', p_table)::regclass);
  insert into app.sync_targets (table_name, refetched) values (p_table, p_refetched);
end
$$;
comment on function app.add_sync_target is
  'Protects the table and lets apply_page write to it. p_refetched false: a table of reports or events, whose rows cannot be fetched one by one.';
revoke all on function app.add_sync_target from public;
