-- What the bookkeeping of a workspace takes: most of it is of what is asked every few minutes.

-- Most columns of a row are null, which to a reader of JSON is the same as absent, and a third of its text.
select app.exchange_text('app.record_facts', 'new.partition, to_jsonb(new))', 'new.partition, jsonb_strip_nulls(to_jsonb(new)))');

-- A service that is asked every few minutes makes hundreds of runs a day, and the page shows thirty days of them.
select app.exchange_text('app.prune', 'delete from public.sync_runs r', 'delete from public.sync_runs r where r.run_id in (select old.run_id
    from (select distinct c.client_id, c.service from public.sync_cursors c where c.cadence = ''interval'') often
    cross join lateral (select o.run_id from public.sync_runs o
      where o.client_id = often.client_id and o.service = often.service and o.updated_at < now() - interval ''92 days''
        and o.state in (''succeeded'', ''failed'') limit greatest(p_most / 50, 1)) old)
    and not exists (select from public.sync_cursors c where c.run_id = r.run_id);
  delete from public.sync_runs r');
comment on function public.service_daily is
  'Rows written and work finished per service and local day of the workspace: runs, delivered webhooks, and what people asked for (one row each). Days with nothing are absent, and of a service that is synced more often than daily those before the last 90.';
