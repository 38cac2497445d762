-- What the probes of the agency's own Supabase found, every 5 minutes.
-- https://supabase.com/docs/guides/api, https://supabase.com/docs/guides/realtime/protocol

-- probe: rest, auth, realtime or table_rows (open list). subject: the table of a
-- table_rows probe, else ''. detail: what the service said of itself, such as its version.
create table public.probe_results (
  client_id uuid not null references public.workspaces (client_id),
  probe text not null check (probe <> ''),
  subject text not null,
  probed_at timestamptz not null,
  ok boolean not null,
  latency_ms bigint check (latency_ms >= 0),
  http_status int,
  row_count bigint,
  state text,
  detail jsonb,
  failure_message text,
  source_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (client_id, probe, subject, probed_at)
);
comment on table public.probe_results is
  'One row per probe and moment. latency_ms: request to last byte. row_count: of the table probed, exact or estimated as detail says. state: of realtime, e.g. joined.';
create index probe_results_recent on public.probe_results (client_id, probed_at);
select app.add_sync_target('probe_results', p_refetched => false);

-- Rows of one workspace in every table that a sync may write: {"client_id"} ->
-- {"counts": {"stripe_charges": 12}}. Exact: the planner's guess is of the whole table.
create function public.count_rows(p jsonb) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  name text;
  found bigint;
  counts jsonb := '{}';
begin
  for name in select t.table_name from app.sync_targets t order by 1 loop
    execute format('select count(*) from public.%I where client_id = $1', name)
      into found using (p ->> 'client_id')::uuid;
    counts := counts || jsonb_build_object(name, found);
  end loop;
  return jsonb_build_object('counts', counts);
end
$$;
revoke all on function public.count_rows(jsonb) from public, anon, authenticated;
grant execute on function public.count_rows(jsonb) to service_role;
