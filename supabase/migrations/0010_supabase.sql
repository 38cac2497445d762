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
