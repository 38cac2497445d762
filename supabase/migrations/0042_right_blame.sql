-- What is known stays known while something beside it fails, and what fails is laid at the right door.

-- Daily series. Properties of Search Console are never added up: one that can no longer be read must not make the
-- others' days unknown. Workers are asked for by the hour, and only the last hours are read again: whether a day
-- is over tells the stream, not its last busy hour.
do $$
declare
  body text := pg_get_functiondef('public.daily_series'::regproc);
  change text[];
begin
  foreach change slice 1 in array array[
    ['select f.service, f.stream, min(f.last_success_at) as read_at',
      'select f.service, f.stream, f.partition, f.last_success_at as read_at'],
    ['where f.last_success_at is not null group by 1, 2)', 'where f.last_success_at is not null)'],
    ['left join stream r on r.service = s.service and r.stream = s.stream',
      'cross join lateral (select min(p.read_at) as read_at from stream p where p.service = s.service
        and p.stream = s.stream and (f.of is null or p.partition = f.of)) r'],
    ['sum(m.value), max(h.source_at)', 'sum(m.value), null'],
    ['-- read_at: when the number was asked for; none of what is not asked for by the day.',
      '-- read_at: when the number was asked for; none of what is not asked for by the day, such as hours.'],
    ['-- The oldest success of a stream''s parts: a day that one of them was not asked about is not known.',
      '-- When each part of a stream was read. Of a sum a day is not known that one of them was not asked about.']]
  loop
    if position(change[1] in body) = 0 then raise exception 'daily_series has no: %', change[1]; end if;
    body := replace(body, change[1], change[2]);
  end loop;
  execute body;
end
$$;

-- As of 0036, and the kind of what failed, where the Worker knows it: a refused key is not our fault.
create or replace function public.mark_receipt(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
begin
  update public.webhook_receipts r set state = p ->> 'state', error = p ->> 'error'
  where r.client_id = (p ->> 'client_id')::uuid and r.service = p ->> 'service'
    and r.delivery_key = p ->> 'delivery_key' and (r.state <> 'applied' or p ->> 'state' = 'ignored');
  if not found then return '{"marked": false}'; end if;
  update public.service_facts f set failure_kind = p ->> 'kind'
  where f.client_id = (p ->> 'client_id')::uuid and f.service = p ->> 'service'
    and f.stream = 'webhook' and f.failure_kind is not null and p ->> 'kind' is not null;
  return '{"marked": true}';
end
$$;
comment on function public.mark_receipt is
  '{"client_id","service","delivery_key","state","error","kind"?: of the failure, else it is ours or of the data} -> {"marked":bool}; false: no such receipt, or it is applied (which only "ignored" may follow).';

-- A delivery that is genuine and was refused for its size: nobody else has it, and none of it was kept.
create function public.record_lost_delivery(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  client constant uuid := (select w.client_id from public.workspaces w where w.slug = p ->> 'workspace');
begin
  if client is null then return '{"unknown_workspace": true}'; end if;
  perform app.merge_facts(client, p ->> 'service', 'webhook', '', jsonb_build_object(
    'failure_kind', 'data', 'failure_message', 'a delivery of more than 5 MB was refused',
    'failed_at', clock_timestamp(), 'failures', 1, 'failure_final', true));
  return '{"recorded": true}';
end
$$;
comment on function public.record_lost_delivery is
  '{"workspace":slug,"service"} -> {"recorded":true} or {"unknown_workspace":true}: the webhook has failed, kind data, until the next delivery is applied.';
revoke all on function public.record_lost_delivery(jsonb) from public, anon, authenticated;
grant execute on function public.record_lost_delivery(jsonb) to service_role;

-- As of 0039; a run whose rest has just ended is the tick's to go on with.
create or replace function public.record_dead_letter(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  message constant jsonb := p -> 'message';
  why constant text := 'the queue gave up on this job after its retries';
  long_ago constant timestamptz := clock_timestamp() - interval '6 hours';
  run public.sync_runs;
begin
  if message ->> 'job' = 'delivery' then
    update public.webhook_receipts r set state = 'failed', error = why
    where r.client_id = (message ->> 'client_id')::uuid and r.service = message ->> 'service'
      and r.delivery_key = message ->> 'delivery_key' and r.state = 'received' and r.received_at < long_ago;
    return jsonb_build_object('recorded', found);
  end if;
  select * into run from public.sync_runs r
  where r.run_id = (message ->> 'run_id')::uuid and r.state in ('queued', 'running', 'waiting')
    and r.created_at < long_ago and (r.retry_at is null or r.retry_at < long_ago)
    and not exists (select from public.sync_cursors c where c.run_id = r.run_id and c.leased_at > long_ago)
  for update;
  if not found then return '{"recorded": false}'; end if;
  update public.sync_runs r set error_kind = 'ours', error_message = why
  where r.run_id = run.run_id;
  perform app.end_run(run.run_id, 'failed');
  perform app.record_our_failure(run, why);
  return '{"recorded": true}';
end
$$;

-- As of 0018; what was switched off, or has lost its keys, waits for nobody.
create or replace function public.health(p jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'ticked_secs_ago', (select extract(epoch from now() - h.ticked_at)::int from app.heartbeat h),
    'runs_left_behind', (select count(*) from public.sync_runs r left join public.sync_cursors c using (run_id)
      where r.state in ('queued', 'running', 'waiting') and app.is_left_behind(r, c.lease_until)
        and app.is_runnable(r.client_id, r.service, r.stream, r.partition)),
    'deliveries_waiting', (select count(*) from public.webhook_receipts r where r.state = 'received'
      and r.received_at < now() - interval '2 minutes'))
$$;
