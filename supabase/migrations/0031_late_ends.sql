-- What came of a person's request, told late, is written down all the same; and a queue that gave up on a
-- message decides nothing about work that goes on.

create or replace function public.record_dead_letter(p jsonb)
returns jsonb language plpgsql set search_path = '' as $$
declare
  message constant jsonb := p -> 'message';
  why constant text := 'the queue gave up on this job after its retries';
  run public.sync_runs;
begin
  if message ->> 'job' = 'action_end' then
    perform public.end_action(message -> 'p');
    return '{"recorded": true}';
  end if;
  if message ->> 'job' = 'delivery' then
    update public.webhook_receipts r set state = 'failed', error = why
    where r.client_id = (message ->> 'client_id')::uuid and r.service = message ->> 'service'
      and r.delivery_key = message ->> 'delivery_key' and r.state = 'received'
      and r.received_at < now() - interval '6 hours';
    return jsonb_build_object('recorded', found);
  end if;
  select * into run from public.sync_runs r
  where r.run_id = (message ->> 'run_id')::uuid and r.state in ('queued', 'running', 'waiting')
    and r.created_at < now() - interval '6 hours'
    and not exists (select from public.sync_cursors c
      where c.run_id = r.run_id and c.lease_until > clock_timestamp())
  for update;
  if not found then return '{"recorded": false}'; end if;
  update public.sync_runs r set error_kind = 'ours', error_message = why
  where r.run_id = run.run_id;
  perform app.end_run(run.run_id, 'failed');
  perform app.record_our_failure(run, why);
  return '{"recorded": true}';
end
$$;
comment on function public.record_dead_letter is
  '{"message":{a queue message}} -> {"recorded":bool}. A run or a receipt of more than 6 hours ago: failed, kind ours; false when it is finished, being worked on or to be tried again by the tick. An action_end: written as end_action does.';

-- An end may come an hour late: of a service that is judged by its use, the later use counts.
create or replace function public.end_action(p jsonb) returns jsonb
language plpgsql set search_path = '' as $$
begin
  update public.action_requests r set state = p ->> 'state', finished_at = clock_timestamp()
  where r.client_id = (p ->> 'client_id')::uuid and r.id = (p ->> 'id')::uuid;
  perform app.upsert_tables((p ->> 'client_id')::uuid, p -> 'tables');
  if p ->> 'stream' is not null and not exists (select from public.service_facts f
    where f.client_id = (p ->> 'client_id')::uuid and f.service = p ->> 'service'
      and f.stream = p ->> 'stream' and f.partition = ''
      and f.last_attempt_at > (p #>> '{facts,last_attempt_at}')::timestamptz)
  then
    perform app.merge_facts((p ->> 'client_id')::uuid, p ->> 'service', p ->> 'stream', '', p -> 'facts');
  end if;
  return jsonb_build_object('ended', true);
end
$$;
comment on function public.end_action is
  '{"client_id","id","service","state","tables","stream"?,"facts"?} -> {"ended":true}: the rows, the request''s state and, of a service judged by its use, its facts, unless those of a later use are there.';
