-- For the page, as the signed-in user: row level security applies to all of it.

create function public.service_daily(p_client_id uuid, p_days int default 30)
returns table (service text, day date, rows bigint, succeeded int, failed int)
language sql stable set search_path = '' as $$
  with zone as (
    select w.time_zone, (now() at time zone w.time_zone)::date - least(p_days, 400) as since
    from public.workspaces w where w.client_id = p_client_id),
  done as (
    select r.service, (r.finished_at at time zone z.time_zone)::date as day, r.rows_written as rows,
      r.state = 'succeeded' as good
    from public.sync_runs r, zone z
    where r.client_id = p_client_id and r.state in ('succeeded', 'failed')
    union all
    select r.service, (r.received_at at time zone z.time_zone)::date, 1, r.state = 'applied'
    from public.webhook_receipts r, zone z
    where r.client_id = p_client_id and r.source = 'delivered'
      and r.state in ('applied', 'unreadable', 'failed'))
  select d.service, d.day, coalesce(sum(d.rows) filter (where d.good), 0)::bigint,
    count(*) filter (where d.good)::int, count(*) filter (where not d.good)::int
  from done d, zone z where d.day > z.since
  group by 1, 2 order by 1, 2
$$;
comment on function public.service_daily is
  'Rows written and work finished per service and local day of the workspace: runs and delivered webhooks (one row each). Days with nothing are absent.';

-- Postgres, and a hosted project's defaults, let everybody execute a new function: here
-- only those named may.
revoke all on all functions in schema app from public, anon, authenticated;
grant execute on all functions in schema app to service_role;
grant execute on function app.my_workspaces(text[]) to authenticated;

do $$
declare
  name text;
begin
  foreach name in array array['record_detection', 'claim_due', 'take_lease', 'apply_page',
    'fail_run', 'yield_run', 'start_run', 'record_receipt', 'record_bad_signature', 'mark_receipt',
    'record_dead_letter']
  loop
    execute format('revoke all on function public.%I(jsonb) from public, anon, authenticated', name);
    execute format('grant execute on function public.%I(jsonb) to service_role', name);
  end loop;
end
$$;
revoke all on function public.service_daily(uuid, int) from public, anon;
grant execute on function public.service_daily(uuid, int) to authenticated, service_role;
