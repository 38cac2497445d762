-- What a busy workspace costs the others, and what a card is told of a delivery that is read again.

-- Its hundreds of expressions were compiled anew with each call as soon as a neighbour's tables were large: 8 s for what
-- takes 0.3 s.
alter function public.daily_series(jsonb) set jit = off;
alter function public.ai_facts(jsonb) set jit = off;

-- A function with settings of its own is not inlined, and these two are asked of each stored row. They name nothing
-- but what pg_catalog has, which comes first on every path.
alter function app.path_of(text) reset search_path;
alter function app.is_impersonal(text) reset search_path;

-- As before, and of a great many deliveries only the quarters of an hour, on which every zone's days begin, are turned
-- into days of the zone.
create or replace function public.service_daily(p_client_id uuid, p_days int default 30)
returns table (service text, day date, rows bigint, succeeded int, failed int)
language sql stable set search_path = '' as $$
  with zone as (
    select w.time_zone, (now() at time zone w.time_zone)::date - least(p_days, 400) as since,
      now() - make_interval(days => least(p_days, 400) + 2) as surely_before
    from public.workspaces w where w.client_id = p_client_id),
  done as (
    select r.service, r.finished_at as at, r.rows_written as rows, r.state = 'succeeded' as good, 1 as times
    from public.sync_runs r, zone z
    where r.client_id = p_client_id and r.state in ('succeeded', 'failed') and r.updated_at >= z.surely_before
    union all
    select r.service, date_bin('15 minutes', r.received_at, '2000-01-01 00:00:00+00'), sum(r.rows_written),
      r.state = 'applied', count(*)
    from public.webhook_receipts r, zone z
    where r.client_id = p_client_id and r.source = 'delivered'
      and r.state in ('applied', 'unreadable', 'failed') and r.received_at >= z.surely_before
    group by 1, 2, 4
    union all
    select r.service, r.requested_at, 1, r.state = 'succeeded', 1
    from public.action_requests r, zone z
    where r.client_id = p_client_id and r.finished_at is not null and r.requested_at >= z.surely_before)
  select d.service, (d.at at time zone z.time_zone)::date, coalesce(sum(d.rows) filter (where d.good), 0)::bigint,
    coalesce(sum(d.times) filter (where d.good), 0)::int, coalesce(sum(d.times) filter (where not d.good), 0)::int
  from done d, zone z where (d.at at time zone z.time_zone)::date > z.since
  group by 1, 2 order by 1, 2
$$;

-- A mailing moves the webhook's clocks with each delivery: once an hour is enough to know what its card showed.
select app.exchange_text('app.record_facts', 'then
    return null;
  end if;
  insert into public.facts_history (client_id, service, stream, partition, facts)
  values (new.', 'then
    return null;
  end if;
  if tg_op = ''UPDATE'' and new.stream = ''webhook''
    and to_jsonb(old) - passing - clocks = to_jsonb(new) - passing - clocks
    and exists (select from public.facts_history h where h.client_id = new.client_id and h.service = new.service
      and h.stream = new.stream and h.partition = new.partition
      and h.recorded_at > clock_timestamp() - interval ''1 hour'')
  then
    return null;
  end if;
  insert into public.facts_history (client_id, service, stream, partition, facts)
  values (new.');
select app.exchange_text('app.record_facts', 'declare
', 'declare
  clocks constant text[] := array[''last_event_at'', ''last_success_at'', ''usual_gap_secs''];
');

comment on table public.facts_history is
  'States that a service_facts row had in the last 90 days, append-only: "what did this card show last Tuesday at 9:00". What only says that a run goes on is not recorded, and of what each delivery moves (the times of a webhook) once an hour the state of then. facts {}: the row was removed. Of older ones the last is kept: it was still in force.';

-- A delivery that another reading still takes in part is told as before, and one that it takes in whole no more.
select app.exchange_text('app.reopen_receipt', 'set state = outcome, error = null',
  'set state = outcome, error = case when outcome = ''applied'' then p ->> ''lost_rows'' end,
    rows_written = r.rows_written + coalesce((result ->> ''written'')::bigint, 0)');
select app.exchange_text('public.apply_replay', 'return jsonb_build_object(''written'', app.replay_tables(p)',
  'update public.webhook_receipts r set error = p ->> ''lost_rows''
  where r.client_id = receipt.client_id and r.service = receipt.service and r.delivery_key = receipt.delivery_key
    and r.state = ''applied'' and r.error is distinct from p ->> ''lost_rows'';
  return jsonb_build_object(''written'', app.replay_tables(p)');
comment on function public.apply_replay is
  'The rows of an archived object, read again: as compare_rows, and of a delivery "state" ("applied", "ignored", or "received" when objects must be asked for), "lost_rows" (why rows of it are missing; null: none are) and "facts" -> {"written","receipt": its state now, null: none is known}. Replaces what an earlier reading of the same bytes gave, never what is newer. An unreadable or failed delivery becomes applied, an ignored one what "state" says; no cursor, lease, run or, otherwise, fact is touched.';

-- Of days in which the webhook had no key nothing could arrive, and it is not missed.
select app.exchange_text('app.email_missed', 'where t.day > c.day',
  'where t.day > c.day
    and t.day > coalesce((select (min(h.recorded_at) at time zone ''UTC'')::date from public.facts_history h
      where h.client_id = p_client and h.service = ''sendgrid'' and h.stream = '''' and h.recorded_at > (
        select max(o.recorded_at) from public.facts_history o
        where o.client_id = p_client and o.service = ''sendgrid'' and o.stream = ''''
          and not coalesce(o.facts -> ''present_keys'' ? ''sendgrid.webhook_public_key'', false))), ''-infinity'')');

-- What the reading of a delivery with ties wrote was never counted: the one that ends it finds these rows there.
select app.exchange_text('app.apply_delivery', '    where r.client_id = receipt.client_id and r.service = receipt.service
      and r.delivery_key = receipt.delivery_key;
  end if;', '    where r.client_id = receipt.client_id and r.service = receipt.service
      and r.delivery_key = receipt.delivery_key;
  else
    update public.webhook_receipts r set rows_written = r.rows_written + (result ->> ''written'')::bigint
    where r.client_id = receipt.client_id and r.service = receipt.service
      and r.delivery_key = receipt.delivery_key;
  end if;');
