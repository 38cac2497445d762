-- One busy workspace, and time, use up what is everybody's: budgets of a provider, the database's room and the
-- seconds that a statement may take.

-- The budget of a tick holds for what a person starts, too: the rest is due at once, and the ticks take turns.
create or replace function public.start_run(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  most constant int := coalesce((p ->> 'limit')::int, 1000);
  place public.sync_cursors;
  places public.sync_cursors[];
  started uuid[] := '{}';
begin
  places := array(select c from public.sync_cursors c
    where c.client_id = (p ->> 'client_id')::uuid and c.service = p ->> 'service'
      and c.stream = coalesce(p ->> 'stream', c.stream)
      and c.partition = coalesce(p ->> 'partition', c.partition)
      and app.is_runnable(c.client_id, c.service, c.stream, c.partition)
    order by c.stream, c.partition for update);
  if exists (select from unnest(places) c where c.run_id is not null) then
    return '{"busy": true}';
  end if;
  foreach place in array places loop
    if cardinality(started) < most then
      started := started || app.begin_run(place, coalesce(p ->> 'cause', 'manual'));
    else
      update public.sync_cursors c set next_due_at = least(c.next_due_at, clock_timestamp())
      where c.client_id = place.client_id and c.service = place.service
        and c.stream = place.stream and c.partition = place.partition;
    end if;
  end loop;
  return jsonb_build_object('jobs', app.sync_jobs(started));
end
$$;
comment on function public.start_run is
  '{"client_id","service","stream"?,"partition"?,"cause":"manual","limit"?}: a run now, of all streams and partitions or of those named, of no more than limit; the rest is due with the next tick -> {"jobs":[as of claim_due]} (empty: nothing that could run) or {"busy":true} while one of them has an unfinished run.';

-- The key is the agency's, so its limit is of all workspaces together, by the provider's UTC day. A request
-- without a cost is under way, or nobody knows what became of it.
drop function app.ai_spent_today();
create function app.ai_spent_today(p_client uuid)
returns jsonb language sql stable set search_path = '' as $$
  with spent as (
    select r.client_id, r.cost_micros, r.requested_at >= date_trunc('day', now() at time zone 'utc')
      at time zone 'utc' as today
    from public.ai_requests r where r.requested_at > now() - interval '30 days')
  select jsonb_build_object(
    'spent_micros_today', coalesce(sum(s.cost_micros) filter (where s.today), 0),
    'open_today', count(*) filter (where s.today and s.cost_micros is null),
    'others_spent_micros_today', (select coalesce(jsonb_agg(o.micros order by o.micros), '[]')
      from (select coalesce(sum(t.cost_micros) filter (where t.today), 0) as micros
        from spent t where t.client_id <> p_client group by t.client_id) o))
  from spent s
$$;
revoke all on function app.ai_spent_today from public, anon, authenticated;
grant execute on function app.ai_spent_today to service_role;
-- Thirty days of all workspaces.
create index ai_requests_by_time on public.ai_requests (requested_at);

-- plpgsql, because public.daily_series may be made anew by a later migration.
create or replace function public.ai_facts(p jsonb)
returns jsonb language plpgsql stable set search_path = '' as $$
declare
  client constant uuid := (p ->> 'client_id')::uuid;
  input constant jsonb := coalesce(p -> 'input', '{}');
  place public.workspaces;
  today date;
  facts jsonb;
begin
  select * into strict place from public.workspaces w where w.client_id = client;
  today := (now() at time zone place.time_zone)::date;
  facts := app.ai_spent_today(client) || jsonb_build_object('asked_at', now(),
    'workspace', jsonb_build_object('time_zone', place.time_zone, 'today', today));
  if input ->> 'purpose' <> 'content' then
    return facts || jsonb_build_object('daily',
      public.daily_series(jsonb_build_object('client_id', client, 'days', 90)));
  elsif input ->> 'kind' = 'email_reply' then
    return facts || jsonb_build_object('thread', app.thread_outline(client, input ->> 'thread_id'));
  end if;
  return facts || jsonb_build_object('queries', app.top_queries(client, today - 31, input ->> 'page'),
    'pages', app.top_pages(client, today - 31));
end
$$;
comment on function public.ai_facts is
  '{"client_id","input": what shared/connectors/openai made of the request} -> {"asked_at","workspace":{"time_zone","today"},"spent_micros_today","open_today","others_spent_micros_today":[one for each other workspace that used it in 30 days]} and, by input.purpose and input.kind, "daily": public.daily_series of 90 days, "thread": {"messages","last_direction"} or null, or "queries" and "pages" of the last 31 days.';

-- Asked for at each view of the page: only the days in question are read, by index.
create or replace function public.service_daily(p_client_id uuid, p_days int default 30)
returns table (service text, day date, rows bigint, succeeded int, failed int)
language sql stable set search_path = '' as $$
  with zone as (
    select w.time_zone, (now() at time zone w.time_zone)::date - least(p_days, 400) as since,
      now() - make_interval(days => least(p_days, 400) + 2) as surely_before
    from public.workspaces w where w.client_id = p_client_id),
  done as (
    select r.service, (r.finished_at at time zone z.time_zone)::date as day, r.rows_written as rows,
      r.state = 'succeeded' as good
    from public.sync_runs r, zone z
    where r.client_id = p_client_id and r.state in ('succeeded', 'failed') and r.updated_at >= z.surely_before
    union all
    select r.service, (r.received_at at time zone z.time_zone)::date, 1, r.state = 'applied'
    from public.webhook_receipts r, zone z
    where r.client_id = p_client_id and r.source = 'delivered'
      and r.state in ('applied', 'unreadable', 'failed') and r.received_at >= z.surely_before)
  select d.service, d.day, coalesce(sum(d.rows) filter (where d.good), 0)::bigint,
    count(*) filter (where d.good)::int, count(*) filter (where not d.good)::int
  from done d, zone z where d.day > z.since
  group by 1, 2 order by 1, 2
$$;

-- A statement may take eight seconds on a hosted project. Tables are counted for three, in an order that
-- changes: one that is left out this time has its turn another time.
create or replace function public.count_rows(p jsonb) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  enough constant timestamptz := clock_timestamp() + interval '3 seconds';
  name text;
  found bigint;
  counts jsonb := '{}';
begin
  for name in select t.table_name from app.sync_targets t order by random() loop
    exit when clock_timestamp() > enough;
    execute format('select count(*) from public.%I where client_id = $1', name)
      into found using (p ->> 'client_id')::uuid;
    counts := counts || jsonb_build_object(name, found);
  end loop;
  return jsonb_build_object('counts', counts);
end
$$;

-- The past of a card: how a state came about, not each attempt on the way to it. A run leaves one row.
create or replace function app.record_facts() returns trigger language plpgsql set search_path = '' as $$
declare
  passing constant text[] := array['progress_done', 'progress_total', 'run_rows', 'updated_at',
    'last_attempt_at', 'running_since', 'newest_row_at'];
begin
  if tg_op = 'DELETE' then
    insert into public.facts_history (client_id, service, stream, partition, facts)
    values (old.client_id, old.service, old.stream, old.partition, '{}');
    return null;
  end if;
  if tg_op = 'UPDATE' and to_jsonb(old) - passing = to_jsonb(new) - passing then
    return null;
  end if;
  insert into public.facts_history (client_id, service, stream, partition, facts)
  values (new.client_id, new.service, new.stream, new.partition, to_jsonb(new));
  return null;
end
$$;

-- Append-only, for the ninety days that it is kept.
drop trigger append_only on public.facts_history;
create trigger append_only before update on public.facts_history
  for each row execute function app.refuse_change();
create trigger append_only_kept before delete on public.facts_history
  for each row when (old.recorded_at > now() - interval '90 days') execute function app.refuse_change();
comment on table public.facts_history is
  'Each state that a service_facts row had in the last 90 days, append-only: "what did this card show last Tuesday at 9:00". What only says that a run goes on is not recorded. facts {}: the row was removed.';

-- What nobody looks at any more, a little with each tick: history and probes after 90 days, ended runs after the
-- 400 that the page may ask for. What providers told is kept.
create function app.prune(p_most int) returns void
language sql volatile set search_path = '' as $$
  delete from public.facts_history h
  using (select o.id, o.recorded_at from public.facts_history o order by o.id limit p_most) old
  where h.id = old.id and old.recorded_at < now() - interval '91 days';
  delete from public.probe_results p where p.ctid in (select old.ctid
    from public.workspaces w cross join lateral (select o.ctid from public.probe_results o
      where o.client_id = w.client_id and o.probed_at < now() - interval '90 days' limit p_most) old);
  delete from public.sync_runs r where r.run_id in (select old.run_id
    from public.workspaces w cross join lateral (select o.run_id from public.sync_runs o
      where o.client_id = w.client_id and o.updated_at < now() - interval '402 days'
        and o.state in ('succeeded', 'failed') limit p_most) old)
    and not exists (select from public.sync_cursors c where c.run_id = r.run_id)
$$;
revoke all on function app.prune from public, anon, authenticated;
grant execute on function app.prune to service_role;

create or replace function public.claim_due(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  max_rows constant int := coalesce((p ->> 'limit')::int, 50);
  place public.sync_cursors;
  claimed uuid[] := '{}';
begin
  insert into app.heartbeat (ticked_at) values (clock_timestamp())
  on conflict (only_one) do update set ticked_at = excluded.ticked_at;
  perform app.settle_actions();
  perform app.prune(1000);
  for place in select * from app.choose_work(max_rows, p -> 'per_service') loop
    claimed := claimed || case when place.run_id is null
      then app.begin_run(place, 'schedule') else app.revive_run(place) end;
  end loop;
  return jsonb_build_object('jobs', app.sync_jobs(claimed),
    'deliveries', app.open_deliveries(max_rows));
end
$$;
