-- How much bookkeeping is kept, when a failure is tried again, how long a loss is told, what is switched on again.

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

-- A card that says what failed says also when it is tried again.
alter table public.service_facts add column next_try_at timestamptz;
comment on column public.service_facts.next_try_at is 'When what failed is tried again, as it was planned when it failed.';
create function app.plan_next_try() returns trigger language plpgsql set search_path = '' as $$
begin
  -- A run that waits has a time of its own; one that has failed leaves it to the schedule.
  new.next_try_at := case when new.failed_at is not null then (
    select coalesce(r.retry_at, c.next_due_at)
    from public.sync_cursors c left join public.sync_runs r on r.run_id = c.run_id and r.state = 'waiting'
    where (c.client_id, c.service, c.stream, c.partition)
      = (new.client_id, new.service, new.stream, new.partition)) end;
  return new;
end
$$;
revoke all on function app.plan_next_try() from public, anon, authenticated;
grant execute on function app.plan_next_try() to service_role;
create trigger a_plan_next_try before update of failed_at on public.service_facts
  for each row when (new.failed_at is distinct from old.failed_at) execute function app.plan_next_try();

-- A tick failed where no settings were left to be noted: a bundle that came before its workspace, or outlived it.
select app.exchange_text('app.note_settings', 'select jsonb_object_agg(e.key, e.value) from',
  'select coalesce(jsonb_object_agg(e.key, e.value), ''{}'') from');

-- Three days end before whoever reads the cards is back from a long weekend; refused deliveries are told for a week too.
create or replace view app.lost_deliveries with (security_invoker = true) as
  select * from public.webhook_receipts r
  where (r.state in ('unreadable', 'failed') or (r.state = 'applied' and r.error is not null))
    and r.updated_at > statement_timestamp() - interval '7 days';
comment on function app.tell_of_delivery is
  'The webhook has failed for a week after one of its deliveries became unreadable, failed or was read in part; one of the first two, at most until it is read after all. Told is the last of them, and how many there are.';

-- What is switched on again begins anew: the days for which it was off are no silence of its own.
create function app.begin_again() returns trigger language plpgsql set search_path = '' as $$
begin
  new.detected_at := now();
  return new;
end
$$;
create trigger a_begin_again before update of enabled on public.service_facts
  for each row when (new.enabled and not old.enabled) execute function app.begin_again();
revoke all on function app.begin_again() from public, anon, authenticated;
grant execute on function app.begin_again() to service_role;
