-- A property that is no longer configured may have been another client's: it is none of this one's charts, nor of what
-- OpenAI is told. Where none is read any more, what was read stays.
select app.exchange_text('public.daily_series', 'where d.client_id = z.client_id and d.search_type = ''web'' group by 1) s),',
  'where d.client_id = z.client_id and d.search_type = ''web''
        and (d.property in (select f.partition from public.service_facts f
            where f.client_id = z.client_id and f.service = ''search_console'' and f.stream = ''site'')
          or not exists (select from public.service_facts f
            where f.client_id = z.client_id and f.service = ''search_console'' and f.stream = ''site''))
      group by 1) s),');
create or replace function app.search_property(p_client uuid, p_since date) returns text
language sql stable set search_path = '' as $$
  with read as (select f.partition as property from public.service_facts f
    where f.client_id = p_client and f.service = 'search_console' and f.stream = 'site')
  select s.property from public.gsc_site_daily s
  where s.client_id = p_client and s.search_type = 'web' and s.day > p_since
    and (s.property in (select r.property from read r) or not exists (select from read))
  group by 1 order by sum(s.clicks) desc, 1 limit 1
$$;

-- A tick writes the rows of all workspaces: those of one lie a page of the table apart. What its charts read is in the
-- index (scripts/bench charts), which holds for pages that a vacuum has seen.
drop index public.probe_results_recent;
create index probe_results_recent on public.probe_results (client_id, probed_at) include (ok, latency_ms);
drop index public.sync_runs_recent;
create index sync_runs_recent on public.sync_runs (client_id, updated_at)
  include (service, state, finished_at, rows_written, error_message);
alter table public.probe_results
  set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01);
alter table public.sync_runs
  set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01);

-- What is due is one condition of several: each plan reads the whole table.
drop index public.sync_cursors_due;

-- For the marks in the switcher. By pages of the table it was twice the bytes, and a question for each thousand rows.
create function public.facts_of_all(p jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(f)) order by f.client_id, f.service, f.stream, f.partition), '[]')
  from public.service_facts f
$$;
comment on function public.facts_of_all is
  '{} -> the rows of service_facts of every workspace that the user sees, without what is null in them.';
revoke all on function public.facts_of_all(jsonb) from public, anon;
grant execute on function public.facts_of_all(jsonb) to authenticated, service_role;
