-- What is due, whose turn it is, and who works on what.

-- Moments after p_after. Daily and weekly run at the workspace's own local hour, so
-- a change to or from summer time moves the instant, not the hour.
create function app.next_due(p_cadence text, p_every_secs int, p_zone text, p_hour int,
  p_after timestamptz)
returns timestamptz language plpgsql stable set search_path = '' as $$
declare
  earliest constant timestamptz := p_after + case when p_cadence = 'weekly'
    then interval '6 days' else interval '0' end;
  local timestamp := date_trunc('day', earliest at time zone p_zone)
    + make_interval(hours => p_hour);
begin
  if p_cadence = 'interval' then
    return p_after + make_interval(secs => p_every_secs);
  end if;
  if local at time zone p_zone <= earliest then
    local := local + interval '1 day';
  end if;
  return local at time zone p_zone;
end
$$;

-- May this partition be worked on? Every key present, readable, and not switched off.
create function app.is_runnable(p_client uuid, p_service text, p_stream text, p_partition text)
returns boolean language sql stable set search_path = '' as $$
  select coalesce(bool_and(f.enabled) and bool_or(f.stream = '' and f.detection_problem is null
    and f.present_keys <> '{}' and f.missing_keys = '{}'), false)
  from public.service_facts f
  where f.client_id = p_client and f.service = p_service
    and (f.stream, f.partition) in (('', ''), (p_stream, p_partition))
$$;

-- What a lost message or a killed worker left behind.
create function app.is_left_behind(p_run public.sync_runs, p_lease_until timestamptz)
returns boolean language sql stable set search_path = '' as $$
  select case p_run.state
    when 'queued' then p_run.updated_at < now() - interval '2 minutes'
    when 'running' then coalesce(p_lease_until, '-infinity') < now()
    when 'waiting' then p_run.retry_at <= now()
    else false end
$$;

-- Turns by workspace: its first piece of work of a service comes before another's second,
-- and whose turn was longest ago comes first, in this call as in the next ones. So one
-- workspace with hundreds of partitions cannot keep a provider's budget from the others.
create function app.choose_work(p_limit int, p_per_service jsonb)
returns setof public.sync_cursors language sql stable set search_path = '' as $$
  with due as (
    select c as place, coalesce(r.updated_at, c.next_due_at) as since,
      row_number() over (partition by c.client_id, c.service
        order by coalesce(r.updated_at, c.next_due_at), c.stream, c.partition) as turn
    from public.sync_cursors c left join public.sync_runs r on r.run_id = c.run_id
    where (c.run_id is null and c.next_due_at <= now() or app.is_left_behind(r, c.lease_until))
      and app.is_runnable(c.client_id, c.service, c.stream, c.partition)),
  served as (
    select d.*, (select max(r.updated_at) from public.sync_runs r
      where r.client_id = (d.place).client_id and r.service = (d.place).service) as last_turn
    from due d),
  ranked as (
    select s.*, row_number() over (partition by (s.place).service
      order by s.turn, s.last_turn nulls first, s.since, (s.place).client_id) as nth
    from served s)
  select (r.place).* from ranked r
  where r.nth <= coalesce((p_per_service ->> (r.place).service)::int, p_limit)
  order by r.turn, r.last_turn nulls first, r.since, (r.place).stream limit p_limit
$$;

-- A run for a partition that has none, unless another was faster: then null. A schedule
-- that is due moves on to its next moment.
create function app.begin_run(p_place public.sync_cursors, p_cause text)
returns uuid language plpgsql set search_path = '' as $$
declare
  run uuid;
  next_due timestamptz;
begin
  select app.next_due(c.cadence, c.every_secs, w.time_zone, w.sync_hour, now()) into next_due
  from public.sync_cursors c join public.workspaces w using (client_id)
  where c.client_id = p_place.client_id and c.service = p_place.service
    and c.stream = p_place.stream and c.partition = p_place.partition and c.run_id is null
    and (c.next_due_at <= now() or p_cause <> 'schedule')
  for update of c skip locked;
  if not found then return null; end if;
  insert into public.sync_runs (client_id, service, stream, partition, cause)
  values (p_place.client_id, p_place.service, p_place.stream, p_place.partition, p_cause)
  returning run_id into run;
  update public.sync_cursors c set run_id = run,
    next_due_at = case when c.next_due_at <= now() then next_due else c.next_due_at end
  where c.client_id = p_place.client_id and c.service = p_place.service
    and c.stream = p_place.stream and c.partition = p_place.partition;
  return run;
end
$$;

-- Its updated_at moves, so the run is not named again before another two minutes have passed.
create function app.revive_run(p_place public.sync_cursors)
returns uuid language sql volatile set search_path = '' as $$
  update public.sync_runs r set state = 'queued', retry_at = null
  where r.run_id in (select o.run_id from public.sync_runs o
    where o.run_id = p_place.run_id and app.is_left_behind(o,
      (select c.lease_until from public.sync_cursors c where c.run_id = o.run_id))
    for update of o skip locked)
  returning r.run_id
$$;

-- Queue messages of the runs, in the order given.
create function app.sync_jobs(p_runs uuid[])
returns jsonb language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('job', 'sync', 'workspace', w.slug,
    'client_id', r.client_id, 'service', r.service, 'stream', r.stream,
    'partition', r.partition, 'run_id', r.run_id) order by array_position(p_runs, r.run_id)), '[]')
  from public.sync_runs r join public.workspaces w using (client_id)
  where r.run_id = any (p_runs)
$$;

create function app.open_deliveries(p_limit int)
returns jsonb language sql volatile set search_path = '' as $$
  with again as (
    update public.webhook_receipts r set state = r.state
    where (r.client_id, r.service, r.delivery_key) in (
      select o.client_id, o.service, o.delivery_key from public.webhook_receipts o
      where o.state = 'received' and o.updated_at < now() - interval '2 minutes'
      order by o.updated_at limit p_limit
      for update skip locked)
    returning r.*)
  select coalesce(jsonb_agg(jsonb_build_object('job', 'delivery', 'workspace', w.slug,
    'client_id', a.client_id, 'service', a.service, 'delivery_key', a.delivery_key,
    'object_key', a.object_key)), '[]')
  from again a join public.workspaces w using (client_id)
$$;

create function public.claim_due(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  max_rows constant int := coalesce((p ->> 'limit')::int, 50);
  place public.sync_cursors;
  claimed uuid[] := '{}';
begin
  for place in select * from app.choose_work(max_rows, p -> 'per_service') loop
    claimed := claimed || case when place.run_id is null
      then app.begin_run(place, 'schedule') else app.revive_run(place) end;
  end loop;
  return jsonb_build_object('jobs', app.sync_jobs(claimed),
    'deliveries', app.open_deliveries(max_rows));
end
$$;
comment on function public.claim_due is
  '{"limit":50,"per_service":{"google_ads":4}} -> {"jobs":[{"job":"sync","workspace","client_id","service","stream","partition","run_id"}],"deliveries":[{"job":"delivery","workspace","client_id","service","delivery_key","object_key"}]}: schedules that are due, runs recorded and not finished, receipts not applied. At most limit of each kind and per_service jobs of a service, workspaces taking turns. Safe to call twice at once.';

-- The cursors are locked, so of two calls at once one finds the other's runs.
create function public.start_run(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
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
    started := started || app.begin_run(place, coalesce(p ->> 'cause', 'manual'));
  end loop;
  return jsonb_build_object('jobs', app.sync_jobs(started));
end
$$;
comment on function public.start_run is
  '{"client_id","service","stream"?,"partition"?,"cause":"manual"}: a run now, of all streams and partitions or of those named -> {"jobs":[as of claim_due]} (empty: nothing that could run) or {"busy":true} while one of them has an unfinished run.';

create function public.take_lease(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  run public.sync_runs;
  place public.sync_cursors;
  new_lease constant uuid := gen_random_uuid();
begin
  select * into run from public.sync_runs r where r.run_id = (p ->> 'run_id')::uuid for update;
  if not found then return app.not_granted('unknown'); end if;
  if run.state in ('succeeded', 'failed') then return app.not_granted('finished'); end if;
  select * into place from public.sync_cursors c where c.run_id = run.run_id for update;
  if not found then return app.not_granted('unknown'); end if;
  -- a duplicate message must not cut a provider's Retry-After short; queues round down
  if place.lease_until > clock_timestamp()
    or run.retry_at > clock_timestamp() + interval '10 seconds' then
    return app.not_granted('busy');
  end if;
  if not app.is_runnable(run.client_id, run.service, run.stream, run.partition) then
    return app.not_granted('disabled');
  end if;

  update public.sync_cursors c set lease = new_lease, lease_until = app.lease_end(p)
  where c.run_id = run.run_id;
  update public.sync_runs r
  set state = 'running', retry_at = null, started_at = coalesce(r.started_at, clock_timestamp())
  where r.run_id = run.run_id;
  perform app.merge_facts(run.client_id, run.service, run.stream, run.partition, jsonb_build_object(
    'running_since', clock_timestamp(), 'last_attempt_at', clock_timestamp()));
  return jsonb_build_object('granted', true, 'lease', new_lease, 'client_id', run.client_id,
    'service', run.service, 'stream', run.stream, 'partition', run.partition,
    'cursor', place.cursor, 'pages', run.pages, 'attempt', run.attempt,
    'facts', (select to_jsonb(f) from public.service_facts f where f.client_id = run.client_id
      and f.service = run.service and f.stream = run.stream and f.partition = run.partition));
end
$$;
comment on function public.take_lease is
  '{"run_id","lease_secs"} -> {"granted":true,"lease","client_id","service","stream","partition","cursor":{}|null,"pages","attempt","facts"} or {"granted":false,"why":"busy"|"finished"|"unknown"|"disabled"}. Of many at once exactly one is granted.';

create function app.not_granted(p_why text) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object('granted', false, 'why', p_why)
$$;

-- Gives the lease back: the run is queued (budget used up), or waits for retry_at.
create function app.release_run(p_run_id uuid, p_state text, p_retry_at timestamptz)
returns void language sql volatile set search_path = '' as $$
  update public.sync_cursors c set lease = null, lease_until = null where c.run_id = p_run_id;
  update public.sync_runs r set state = p_state, retry_at = p_retry_at where r.run_id = p_run_id
$$;

create function public.yield_run(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  run public.sync_runs;
begin
  select * into run from public.sync_runs r where r.run_id = (p ->> 'run_id')::uuid for update;
  if app.held_place(run, (p ->> 'lease')::uuid) is null then
    return app.not_applied('lease_lost');
  end if;
  perform app.release_run(run.run_id, 'queued', null);
  return '{"applied": true, "state": "queued"}';
end
$$;
comment on function public.yield_run is
  '{"run_id","lease"}: the continuation is queued. Returns {"applied":true,"state":"queued"} or {"applied":false,"why":"lease_lost"}.';

create function public.fail_run(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  run public.sync_runs;
  is_final constant boolean := coalesce((p ->> 'final')::boolean, false);
begin
  select * into run from public.sync_runs r where r.run_id = (p ->> 'run_id')::uuid for update;
  if app.held_place(run, (p ->> 'lease')::uuid) is null then
    return app.not_applied('lease_lost');
  end if;
  update public.sync_runs r set attempt = r.attempt + 1,
    error_kind = p ->> 'kind', error_message = p ->> 'message'
  where r.run_id = run.run_id;
  if is_final then
    perform app.end_run(run.run_id, 'failed');
  else
    perform app.release_run(run.run_id, 'waiting',
      coalesce((p ->> 'retry_at')::timestamptz, clock_timestamp()));
  end if;
  perform app.merge_facts(run.client_id, run.service, run.stream, run.partition,
    '{"running_since": null}' || coalesce(nullif(p -> 'facts', 'null'), '{}'));
  return jsonb_build_object('applied', true, 'attempt', run.attempt + 1,
    'state', case when is_final then 'failed' else 'waiting' end);
end
$$;
comment on function public.fail_run is
  '{"run_id","lease","kind","message","final","retry_at":iso|null,"facts"}: the run failed for good, or waits until retry_at. Returns {"applied":true,"state":"failed"|"waiting","attempt"} or {"applied":false,"why":"lease_lost"}. A page applied later sets attempt back to 0.';
