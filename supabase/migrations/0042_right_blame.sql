-- What is known stays known while something beside it fails, and what fails is laid at the right door.

-- Of three functions some lines; the rest of them stays as it is.
--
-- Daily series: properties of Search Console are never added up, so one that can no longer be read must not make
-- the others' days unknown. Workers are asked for by the hour, and only the last hours are read again: whether a
-- day is over tells the stream, not its last busy hour.
-- Dead letters: a run whose rest has just ended is the tick's to go on with.
-- Health: what was switched off, or has lost its keys, waits for nobody.
do $$
declare
  change text[];
  body text;
begin
  foreach change slice 1 in array array[
    ['daily_series', 'select f.service, f.stream, min(f.last_success_at) as read_at
    from zone z join public.service_facts f using (client_id)
    where f.last_success_at is not null group by 1, 2)',
      'select f.service, f.stream, f.partition, f.last_success_at as read_at
    from zone z join public.service_facts f using (client_id)
    where f.last_success_at is not null)'],
    ['daily_series', 'left join stream r on r.service = s.service and r.stream = s.stream',
      'cross join lateral (select min(p.read_at) as read_at from stream p where p.service = s.service
        and p.stream = s.stream and (f.of is null or p.partition = f.of)) r'],
    ['daily_series', 'sum(m.value), max(h.source_at)', 'sum(m.value), null'],
    ['daily_series', '-- read_at: when the number was asked for; none of what is not asked for by the day.',
      '-- read_at: when the number was asked for; none of what is not asked for by the day, such as hours.'],
    ['daily_series',
      '-- The oldest success of a stream''s parts: a day that one of them was not asked about is not known.',
      '-- When each part of a stream was read. Of a sum a day is not known that one of them was not asked about.'],
    ['record_dead_letter', 'and r.created_at < long_ago',
      'and r.created_at < long_ago and (r.retry_at is null or r.retry_at < long_ago)'],
    ['health', 'app.is_left_behind(r, c.lease_until)',
      'app.is_left_behind(r, c.lease_until)
        and app.is_runnable(r.client_id, r.service, r.stream, r.partition)']]
  loop
    body := pg_get_functiondef(format('public.%I', change[1])::regproc);
    if position(change[2] in body) = 0 then raise exception '% has no: %', change[1], change[2]; end if;
    execute replace(body, change[2], change[3]);
  end loop;
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
